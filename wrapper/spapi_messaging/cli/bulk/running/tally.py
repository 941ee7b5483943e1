"""How far a run has come: counts by account and state, its pace, and the time that is left. Reads no clock."""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from spapi_messaging.cli.bulk.running.pace import WINDOW, Pace
from spapi_messaging.cli.bulk.running.usage_plans import seconds_by_plans

if TYPE_CHECKING:  # loaded on first use: the command line works without the extra `bulk`
    from spapi_messaging.bulk import Count, Outcome, State

__all__ = ["Line", "Tally"]

#: Seconds for which an estimate for all accounts stands.
ESTIMATE_EVERY = 2.0
#: An outcome does not say which state its message had before: it is taken from the first of these that is not empty.
BEFORE = ("pending", "claimed", "sending", "waiting", "parked")
#: Nothing is sent of these now.
RESTING = frozenset({"waiting", "parked"})


class Line(NamedTuple):
    """How far the messages of an account have come.

    Args:
        account: its name; None without one. For all accounts together, it is empty.
        states: how many there are, by state.
        done: how many are finished.
        total: how many there are.
        pace: messages a minute; None: not known yet.
        seconds: how long the rest takes, as far as anybody can tell; None: nobody can.
        later: how many of the rest may not be sent yet. They take no time.
    """

    account: str | None
    states: Mapping[State, int]
    done: int
    total: int
    pace: float | None
    seconds: float | None
    later: int = 0


class Tally:
    """Counts the outcomes of a run. Any thread may ask. There may be thousands of accounts.

    Args:
        counts: how the messages stand before the run.
        now: seconds, when the run begins.
        check: whether Amazon is asked about each message before it goes.
        later: how many of them may not be sent yet, by account and type.
    """

    def __init__(
        self,
        counts: Iterable[Count],
        now: float,
        *,
        check: bool = False,
        later: Mapping[tuple[str | None, str], int] | None = None,
    ) -> None:
        self._lock = threading.RLock()
        self._began, self._check = now, check
        self._pace = Pace(now)
        self._states: defaultdict[str | None, Counter[State]] = defaultdict(Counter)
        self._left: defaultdict[str | None, Counter[str]] = defaultdict(Counter)  # by account and type
        self._later: defaultdict[str | None, Counter[str]] = defaultdict(Counter)  # likewise
        self._told: dict[tuple[str | None, ...], State] = {}  # of messages that may have another outcome later
        self._estimate: tuple[float, float | None] | None = None  # when, and the seconds for all accounts
        for each in counts:
            self._states[each.account][each.state] += each.count
            if not each.state.is_finished and each.state not in RESTING:
                self._left[each.account][each.message_type] += each.count
        for (account, message_type), count in (later or {}).items():
            self._left[account][message_type] -= count
            self._later[account][message_type] += count

    def note(self, outcome: Outcome, now: float) -> None:
        """Count an outcome."""
        with self._lock:
            if outcome.state == "parked":
                self._park(outcome)
            else:
                self._move(outcome, now)

    def lines(self, now: float, most: int = 1000) -> tuple[list[Line], int]:
        """How far the accounts have come: those with work left first, by their names.

        Args:
            now: seconds.
            most: how many lines there may be.

        Returns:
            The lines, and how many more accounts there are.
        """
        with self._lock:
            accounts = sorted(self._states, key=lambda each: (not +self._left[each], each or ""))
            found = [self._line(account, self._states[account], now) for account in accounts[:most]]
        return found, len(accounts) - len(found)

    def line_of_all(self, now: float) -> Line:
        """How far all accounts have come together. They are served side by side."""
        with self._lock:
            states: Counter[State] = Counter()
            for each in self._states.values():
                states.update(each)
            if self._estimate is None or not 0 <= now - self._estimate[0] < ESTIMATE_EVERY:
                seconds = [self._seconds(account, now) for account in self._states]
                known = [each for each in seconds if each is not None]
                self._estimate = now, max(known, default=0.0) if len(known) == len(seconds) else None
            later = sum(each.total() for each in self._later.values())
            return _line("", states, self._pace.of_all(now), self._estimate[1], later)

    def _park(self, outcome: Outcome) -> None:
        states = self._states[outcome.account]
        for state in [state for state in states if state in ("pending", "claimed")]:
            states[outcome.state] += states.pop(state)
        self._left[outcome.account].clear()
        self._later[outcome.account].clear()

    def _move(self, outcome: Outcome, now: float) -> None:
        job, account, state = outcome.job, outcome.account, outcome.state
        states, key = self._states[account], (account, job.order_id, job.message_type, job.document, job.key)
        before = self._told.pop(key, None) or next((each for each in states if each in BEFORE and states[each]), None)
        if before is not None:
            states[before] -= 1
        states[state] += 1
        if state != "sent":
            self._told[key] = state
        if before is None or before not in RESTING:
            # An outcome does not say whether the message's time came during the run: the others are counted first.
            rest = self._left if self._left[account][job.message_type] > 0 else self._later
            rest[account][job.message_type] = max(0, rest[account][job.message_type] - 1)
        if state.is_finished:
            self._pace.note(account, job.message_type, now)

    def _line(self, account: str | None, states: Counter[State], now: float) -> Line:
        pace, later = self._pace.of_account(account, now), self._later[account].total()
        return _line(account, states, pace, self._seconds(account, now), later)

    def _seconds(self, account: str | None, now: float) -> float | None:
        """As the usage plans allow it; after the first minute, as it went in the last one."""
        left = +self._left[account]
        if now - self._began >= WINDOW:
            recent = self._pace.recent(account, now)
            if all(recent[message_type] for message_type in left):
                return max((count * WINDOW / recent[message_type] for message_type, count in left.items()), default=0.0)
        return seconds_by_plans(left, check=self._check)


def _line(account: str | None, states: Counter[State], pace: float | None, seconds: float | None, later: int) -> Line:
    states = +states
    done = sum(count for state, count in states.items() if state.is_finished)
    total = states.total()
    return Line(account, states, done, total, pace, seconds if done < total else 0.0, later)
