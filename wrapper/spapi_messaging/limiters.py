"""Limiters keep calls within their usage plans; all clients that share a limiter share its buckets."""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Callable
from typing import NamedTuple, Protocol

from spapi_messaging._usage_plan import Reservation, TokenBucket, UsagePlan
from spapi_messaging.errors import UsagePlanTimeout

__all__ = ["BucketKey", "InProcessLimiter", "Limiter", "Ticket", "Unlimited", "UsagePlan"]


class BucketKey(NamedTuple):
    """Whose calls of what share a token bucket."""

    endpoint: str
    application: str
    seller: str
    operation: str


class Ticket(Protocol):
    """A place in line. Times are seconds of the caller's monotonic clock."""

    def remaining(self, now: float) -> float:
        """Seconds until it may be looked at again; 0 or less when it is this call's turn."""

    def cancel(self, now: float) -> None:
        """Gives the place back, because nothing was sent."""

    def answered(self, now: float, *, announced_rate: float | None = None, pause: float | None = None) -> None:
        """Says that the call is over.

        Args:
            now: the time.
            announced_rate: calls a second that Amazon announced with the answer.
            pause: seconds that it asked for with a 429, 0 when it named none; None when it was no 429.
        """


class Limiter(Protocol):
    """What a client wants of a limiter."""

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
        """Gets in line.

        Args:
            key: the bucket.
            plan: the usage plan to begin with.
            now: the time.
            explicit: whether the user set the plan; it beats the published one, and an announced rate only lowers it.
            within: seconds that the caller is prepared to wait; None for ever.
            push_back: after a 429: nobody goes through for so many seconds, and this call goes first.
            wake: called, from any thread, when ``remaining`` should be asked again.

        Raises:
            UsagePlanTimeout: when it would take longer than ``within``; then nothing is booked.
        """


class _Pace:
    """A bucket and what is known of its plan."""

    __slots__ = ("announced", "bucket", "explicit", "published")

    def __init__(self, plan: UsagePlan, now: float) -> None:
        self.bucket = TokenBucket(plan, now)
        self.published = plan
        self.explicit: UsagePlan | None = None
        self.announced: float | None = None

    def agree(self, plan: UsagePlan, explicit: bool, now: float) -> None:
        """Takes a client's plan into account: of two explicit plans the smaller applies."""
        if explicit:
            if plan is self.explicit:
                return
            self.explicit = plan if self.explicit is None else self.explicit.smaller(plan)
        elif plan is self.published:
            return
        else:
            self.published = plan
        self._adjust(now)

    def announce(self, rate: float, now: float) -> None:
        """Takes into account what Amazon says of the rate."""
        if rate != self.announced:
            self.announced = rate
            self._adjust(now)

    def _adjust(self, now: float) -> None:
        plan = self.explicit or self.published
        rate = plan.rate if self.announced is None else self.announced
        if self.explicit is not None:
            rate = min(rate, self.explicit.rate)
        self.bucket.change_rate(rate, now)
        self.bucket.change_burst(plan.burst, now)


_limiters: weakref.WeakSet[InProcessLimiter] = weakref.WeakSet()


def _after_fork() -> None:
    for limiter in _limiters:
        limiter.forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


class InProcessLimiter:
    """Token buckets in the memory of this process, for any number of threads, event loops, clients and sellers."""

    def __init__(self) -> None:
        self.forget()
        _limiters.add(self)

    def forget(self) -> None:
        """Begins anew, with full buckets: after a fork, those who wait or hold the lock are in the other process."""
        # Re-entrant: the garbage collector may close an abandoned call, which gives its place back, at any time.
        self._lock = threading.RLock()
        self._paces: dict[BucketKey, _Pace] = {}

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
        """Gets in line; see Limiter.reserve."""
        with self._lock:
            pace = self._paces.get(key)
            if pace is None:
                pace = self._paces[key] = _Pace(plan, now)
            pace.agree(plan, explicit, now)
            bucket = pace.bucket
            ahead = push_back is not None
            if push_back is not None:
                bucket.push_back(now, push_back)
            if within is None:
                reservation = bucket.reserve(now, wake=wake, ahead=ahead)
            else:
                reservation = bucket.reserve(now, wake=wake, within=within, ahead=ahead)
            if reservation is None:
                raise _refused(key, bucket, bucket.wait_for(now, ahead=ahead), within or 0.0)
            return _Place(self._lock, pace, reservation)


class _Place:
    """A ticket of the in-process limiter."""

    __slots__ = ("_lock", "_pace", "_reservation")

    def __init__(self, lock: threading.RLock, pace: _Pace, reservation: Reservation) -> None:
        self._lock = lock
        self._pace = pace
        self._reservation = reservation

    def remaining(self, now: float) -> float:
        reservation = self._reservation
        if reservation.granted:
            return 0.0
        with self._lock:
            self._pace.bucket.settle(now)
            return 0.0 if reservation.granted else reservation.ready_at - now

    def cancel(self, now: float) -> None:
        with self._lock:
            self._reservation.cancel(now)

    def answered(self, now: float, *, announced_rate: float | None = None, pause: float | None = None) -> None:
        with self._lock:
            if announced_rate is not None:
                self._pace.announce(announced_rate, now)
            self._reservation.answered(now)
            if pause is not None:
                self._pace.bucket.push_back(now, pause)


class Unlimited:
    """Paces nothing: for tests, and for programs that keep to the usage plans in some other way."""

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
        """Lets everyone through, after the pause that follows a 429."""
        pause = push_back or 0.0
        if within is not None and pause > within:
            raise UsagePlanTimeout(
                f"After a 429 {key.operation} has to pause {pause:.1f} s, longer than it may wait. Nothing was sent.",
                retry_after=pause,
            )
        return _Pause(now + pause) if pause else _THROUGH


class _Pause:
    """A ticket that is good from a moment on."""

    __slots__ = ("_until",)

    def __init__(self, until: float) -> None:
        self._until = until

    def remaining(self, now: float) -> float:
        return self._until - now

    def cancel(self, now: float) -> None:
        """Nothing was booked."""

    def answered(self, now: float, *, announced_rate: float | None = None, pause: float | None = None) -> None:
        """Nothing is learned."""


_THROUGH = _Pause(float("-inf"))

#: One for the whole process: all clients of one application and seller share their buckets.
SHARED = InProcessLimiter()


def _refused(key: BucketKey, bucket: TokenBucket, wait: float, within: float) -> UsagePlanTimeout:
    return UsagePlanTimeout(
        f"The usage plan of {key.operation} ({bucket.rate:g} calls a second, burst {bucket.burst}) has no room for "
        f"another {wait:.1f} s, and the call may wait {within:.1f} s. Nothing was sent. "
        "Try again after that time, or allow a longer max_wait or deadline.",
        retry_after=wait,
    )
