"""Limiters keep calls within their usage plans. All clients that share a limiter share its buckets."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from typing import Any, NamedTuple

from spapi_messaging._call.limiting import BucketKey, Limiter, Ticket
from spapi_messaging._call.usage_plan import TokenBucket, UsagePlan, limit_pause
from spapi_messaging._io.fork import reset_in_child
from spapi_messaging.errors import UsagePlanTimeout

__all__ = ["BucketKey", "InProcessLimiter", "Limiter", "Ticket", "Unlimited", "UsagePlan"]


class InProcessLimiter:
    """Token buckets in the memory of this process, for any number of threads, event loops, clients and sellers.

    A forked child process begins with full buckets of its own.
    """

    blocking = False

    def __init__(self) -> None:
        self.in_child()
        reset_in_child(self)

    def in_child(self) -> None:
        """Begins anew: after a fork, those who wait or hold the lock are in the parent process."""
        # Re-entrant: the garbage collector may close an abandoned call, which gives its turn back, at any time.
        self._lock = threading.RLock()
        self._buckets: dict[BucketKey, TokenBucket] = {}

    def reserve(
        self,
        key: BucketKey,
        plan: UsagePlan,
        now: float,
        *,
        explicit: bool = False,
        within: float | None = None,
        push_back: float | None = None,
        wake: Callable[[], None] | None = None,
    ) -> Ticket:
        """Puts a call into the queue; see Limiter.reserve."""
        with self._lock:
            bucket = self._buckets.get(key)
            if bucket is None:
                bucket = self._buckets[key] = TokenBucket(plan, now, self._lock)
            bucket.agree(plan, explicit, now)
            ahead = push_back is not None
            if push_back is not None:
                bucket.push_back(now, push_back)
            patience = math.inf if within is None else within
            ticket = bucket.reserve(now, wake=wake, within=patience, ahead=ahead)
            if ticket is not None:
                return ticket
            wait = bucket.wait_for(now, ahead=ahead)
            raise UsagePlanTimeout(
                f"The usage plan of {key.operation} ({bucket.rate:g} calls a second, burst {bucket.burst}) has no room "
                f"for another {wait:.1f} s, and the call may wait {patience:.1f} s. Nothing was sent. "
                "Try again after that time, or allow a longer max_wait or deadline.",
                retry_after=wait,
            )


class Unlimited:
    """Paces nothing: for tests, and for programs that keep to the usage plans in some other way."""

    blocking = False

    def reserve(self, key: BucketKey, plan: UsagePlan, now: float, **asked: Any) -> Ticket:
        """Lets everyone through, after the pause that follows a 429."""
        pause, within = limit_pause(asked.get("push_back") or 0.0), asked.get("within")
        if within is not None and pause > within:
            raise UsagePlanTimeout(
                f"After a 429 {key.operation} has to pause {pause:.1f} s, longer than it may wait. Nothing was sent.",
                retry_after=pause,
            )
        return _Pause(now + pause)


class _Pause(NamedTuple):
    """A ticket whose turn comes at a fixed time."""

    end: float

    def remaining(self, now: float) -> float:
        return self.end - now

    def cancel(self, now: float) -> None:
        """Nothing was booked."""

    def answered(self, now: float, *, announced_rate: float | None = None, pause: float | None = None) -> None:
        """Nothing is learned."""


#: One for the whole process: all clients of one application and seller share their buckets.
SHARED = InProcessLimiter()
