"""What a limiter on Redis does while Redis is gone: each process keeps to a share of the usage plans on its own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, NamedTuple

from spapi_messaging._call.limiting import BucketKey, Ticket
from spapi_messaging._call.usage_plan import TokenBucket, UsagePlan
from spapi_messaging._io.in_process_limiter import InProcessLimiter

#: Seconds between two attempts to reach Redis again. One call makes the attempt; the others go on meanwhile.
LOOK_SECONDS = 5.0


class Fallback:
    """The change to buckets of this process, and back.

    Args:
        share: of each usage plan, above 0 and 1 at most.
        promised: seconds until the last turn that Redis had promised to this process in a bucket.
    """

    def __init__(self, share: float, promised: Callable[[BucketKey], float]) -> None:
        self._share, self._promised = share, promised
        self.in_child()

    def in_child(self) -> None:
        """Begins anew: those who wait are in the parent process."""
        self._lock = threading.Lock()
        self._look_at: float | None = None  # None: Redis is there
        self._limiter: _ShareLimiter | None = None

    def applies(self, now: float) -> bool:
        """Whether to do without Redis. From time to time the answer is no for one call, which then looks for Redis."""
        with self._lock:
            if self._look_at is None:
                return False
            if now < self._look_at:
                return True
            self._look_at = now + LOOK_SECONDS
            return False

    def is_active(self) -> bool:
        """Whether Redis was gone when it was looked for last."""
        return self._look_at is not None

    def begin(self, now: float) -> None:
        """Redis is gone."""
        with self._lock:
            if self._look_at is None:
                self._limiter = _ShareLimiter(self._promised)
            self._look_at = now + LOOK_SECONDS

    def end(self) -> None:
        """Redis is back."""
        with self._lock:
            self._look_at = None

    def reserve(self, key: BucketKey, plan: UsagePlan, now: float, **options: Any) -> Ticket:
        """Puts a call into the queue of this process."""
        limiter = self._limiter
        assert limiter is not None
        smaller = UsagePlan(plan.rate * self._share, max(1, int(plan.burst * self._share)))
        return _ShareTicket(limiter.reserve(key, smaller, now, **options), self._share)

    def owed(self, key: BucketKey) -> int | None:
        """The calls that Redis does not know of, and that have not arrived yet. None: this bucket had no such calls."""
        return None if self._limiter is None else self._limiter.owed(key)

    def forget(self, key: BucketKey) -> None:
        """Redis knows them now."""
        if self._limiter is not None:
            self._limiter.told.add(key)


class _ShareLimiter(InProcessLimiter):
    """Begins with empty buckets: what was sent through Redis counts."""

    def __init__(self, promised: Callable[[BucketKey], float]) -> None:
        super().__init__()
        self._promised = promised
        self.told: set[BucketKey] = set()  # buckets whose calls Redis knows

    def owed(self, key: BucketKey) -> int | None:
        with self._lock:
            bucket = self._buckets.get(key)
            if bucket is None or key in self.told:
                return None
            return bucket.outstanding

    def _make(self, key: BucketKey, plan: UsagePlan, explicit: bool, now: float) -> TokenBucket:
        bucket = super()._make(key, plan, explicit, now)
        bucket.push_back(now, self._promised(key))
        return bucket


class _ShareTicket(NamedTuple):
    """A ticket whose announced rate is shared as well."""

    ticket: Ticket
    share: float

    def remaining(self, now: float) -> float:
        return self.ticket.remaining(now)

    def cancel(self, now: float) -> None:
        self.ticket.cancel(now)

    def answered(self, now: float, *, announced_rate: float | None = None, pause: float | None = None) -> None:
        rate = None if announced_rate is None else announced_rate * self.share
        self.ticket.answered(now, announced_rate=rate, pause=pause)
