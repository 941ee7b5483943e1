"""How far a run has come: counts by account and state, its pace, and the time that is left. Reads no clock."""

from __future__ import annotations

import threading
from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from spapi_messaging.cli.bulk.usage_plans import seconds_by_plans

if TYPE_CHECKING:  # loaded on first use: the command line works without the extra `bulk`
    from spapi_messaging.bulk import Outcome, State
    from spapi_messaging.bulk.people.status import Count

__all__ = ["Line", "Tally"]

#: Seconds over which the pace is measured.
WINDOW = 60.0
#: Seconds before a pace is told: the first messages leave at once.
EARLIEST = 5.0
#: A message that is finished was the first that there is of these.
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
    """

    account: str | None
    states: Mapping[State, int]
    done: int
    total: int
    pace: float | None
    seconds: float | None


class Tally:
    """Counts the outcomes of a run. Any thread may ask.

    Args:
        counts: how the messages stand before the run.
        now: seconds, when the run begins.
        check: whether Amazon is asked about each message before it goes.
    """

    def __init__(self, counts: Iterable[Count], now: float, *, check: bool = False) -> None:
        self._lock = threading.RLock()
        self._began, self._check = now, check
        self._states: defaultdict[str | None, Counter[State]] = defaultdict(Counter)
        self._left: defaultdict[str | None, Counter[str]] = defaultdict(Counter)  # by account and type
        self._recent: deque[tuple[float, str | None, str]] = deque()  # when, account and type
        self._told: dict[tuple[str | None, ...], State] = {}  # of messages that may have another outcome later
        for each in counts:
            self._states[each.account][each.state] += each.count
            if not each.state.is_finished and each.state not in RESTING:
                self._left[each.account][each.message_type] += each.count

    def note(self, outcome: Outcome, now: float) -> None:
        """Count an outcome."""
        with self._lock:
            if outcome.state == "parked":
                self._park(outcome)
            else:
                self._move(outcome, now)

    def lines(self, now: float) -> list[Line]:
        """How far each account has come: those with work left first, by their names."""
        with self._lock:
            self._forget_before(now - WINDOW)
            found = [self._line(account, [account], now) for account in self._states]
        return sorted(found, key=lambda line: (line.done == line.total, line.account or ""))

    def line_of_all(self, now: float) -> Line:
        """How far all accounts have come together. They are served side by side."""
        with self._lock:
            self._forget_before(now - WINDOW)
            return self._line("", list(self._states), now)

    def _park(self, outcome: Outcome) -> None:
        states = self._states[outcome.account]
        for state in [state for state in states if state in ("pending", "claimed")]:
            states[outcome.state] += states.pop(state)
        self._left[outcome.account].clear()

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
            left = self._left[account]
            left[job.message_type] = max(0, left[job.message_type] - 1)
        if state.is_finished:
            self._recent.append((now, account, job.message_type))

    def _line(self, account: str | None, accounts: list[str | None], now: float) -> Line:
        states: Counter[State] = sum((self._states[each] for each in accounts), Counter())
        done = sum(count for state, count in states.items() if state.is_finished)
        seconds = [self._seconds(each, now) for each in accounts]
        known = [each for each in seconds if each is not None]
        pace = self._pace(accounts, now)
        return Line(account, states, done, states.total(), pace, max(known) if len(known) == len(seconds) else None)

    def _pace(self, accounts: list[str | None], now: float) -> float | None:
        passed = min(WINDOW, now - self._began)
        if passed < EARLIEST:
            return None
        return sum(account in accounts for _, account, _ in self._recent) * 60 / passed

    def _seconds(self, account: str | None, now: float) -> float | None:
        """As the usage plans allow it; after the first minute, as it went in the last one."""
        left = +self._left[account]
        recent = Counter(message_type for _, whose, message_type in self._recent if whose == account)
        if now - self._began >= WINDOW and all(recent[message_type] for message_type in left):
            return max((count * WINDOW / recent[message_type] for message_type, count in left.items()), default=0.0)
        return seconds_by_plans(left, check=self._check)

    def _forget_before(self, begin: float) -> None:
        while self._recent and self._recent[0][0] < begin:
            self._recent.popleft()
