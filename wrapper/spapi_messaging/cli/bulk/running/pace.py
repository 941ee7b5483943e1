"""How many messages were finished in the last minute. Reads no clock."""

from __future__ import annotations

from collections import Counter, defaultdict, deque

__all__ = ["WINDOW", "Pace"]

#: Seconds over which the pace is measured.
WINDOW = 60.0
#: Seconds before a pace is told: the first messages leave at once.
EARLIEST = 5.0


class Pace:
    """Counts messages of the last minute, by account and type.

    Args:
        now: seconds, when the run begins.
    """

    def __init__(self, now: float) -> None:
        self._began = now
        self._finished: deque[tuple[float, str | None, str]] = deque()
        self._counts: defaultdict[str | None, Counter[str]] = defaultdict(Counter)

    def note(self, account: str | None, message_type: str, now: float) -> None:
        """One more message is finished."""
        self._finished.append((now, account, message_type))
        self._counts[account][message_type] += 1

    def recent(self, account: str | None, now: float) -> Counter[str]:
        """How many messages of an account were finished in the last minute, by type."""
        self._forget_before(now - WINDOW)
        return self._counts[account]

    def of_account(self, account: str | None, now: float) -> float | None:
        """Messages of an account a minute; None: nobody knows yet."""
        return self._a_minute(self.recent(account, now).total(), now)

    def of_all(self, now: float) -> float | None:
        """Messages a minute; None: nobody knows yet."""
        self._forget_before(now - WINDOW)
        return self._a_minute(len(self._finished), now)

    def _a_minute(self, count: int, now: float) -> float | None:
        passed = min(WINDOW, now - self._began)
        return None if passed < EARLIEST else count * 60 / passed

    def _forget_before(self, begin: float) -> None:
        while self._finished and self._finished[0][0] < begin:
            _, account, message_type = self._finished.popleft()
            self._counts[account][message_type] -= 1
