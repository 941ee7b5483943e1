"""Limiters keep calls within their usage plans. All clients that share a limiter share its buckets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from spapi_messaging._call.limiting import BucketKey, Limiter, Ticket
from spapi_messaging._call.usage_plan import UsagePlan, limit_pause
from spapi_messaging._io.in_process_limiter import InProcessLimiter
from spapi_messaging.errors import UsagePlanTimeout

if TYPE_CHECKING:
    from spapi_messaging._redis.limiter import RedisLimiter

__all__ = ["BucketKey", "InProcessLimiter", "Limiter", "RedisLimiter", "Ticket", "Unlimited", "UsagePlan"]


def __getattr__(name: str) -> Any:
    """Loads RedisLimiter on first use: most programs do without it."""
    if name != "RedisLimiter":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from spapi_messaging._redis.limiter import RedisLimiter

    globals()[name] = RedisLimiter
    return RedisLimiter


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
