"""A call's turn in a bucket on a Redis server, as this process was told of it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, NamedTuple, Protocol

from spapi_messaging._call.limiting import BucketKey
from spapi_messaging._call.usage_plan import UsagePlan

# Seconds. The time of a round trip differs from one to the next; who waits need not hear of that.
_SAME_TURN = 0.001


class Booking(NamedTuple):
    """What a ticket was booked for."""

    key: BucketKey
    plan: UsagePlan
    explicit: bool


class Issuer(Protocol):
    """Where a ticket says that it is over."""

    lock: AbstractContextManager[object]

    def used(self, ticket: RedisTicket) -> None: ...

    def end(self, ticket: RedisTicket, *told: Any) -> None: ...

    async def end_async(self, ticket: RedisTicket, *told: Any) -> None: ...


class RedisTicket:
    """Goes by the time that the server told last. Its turn, once it has come, is never taken back.

    Args:
        issuer: where it says that it is over. Its lock guards the ticket.
        name: its name on the server.
        booking: what it was booked for.
        offset: by how many seconds the client's clock is ahead of the limiter's.
        wake: called when its time has changed.

    Attributes:
        bucket_began: when its bucket began, as the server said last.
    """

    __slots__ = ("__weakref__", "_issuer", "_ready_at", "_wake", "booking", "bucket_began", "name", "offset", "over")

    def __init__(
        self, issuer: Issuer, name: str, booking: Booking, offset: float, wake: Callable[[], None] | None
    ) -> None:
        self._issuer = issuer
        self._wake = wake
        self._ready_at: float | None = None  # None: its turn has come
        self.name = name
        self.booking = booking
        self.offset = offset
        self.bucket_began = 0
        self.over = False

    def remaining(self, now: float) -> float:
        """Seconds until the call has its turn; 0: now."""
        ready_at = self._ready_at
        if ready_at is None:
            return 0.0
        if ready_at > now:
            return ready_at - now
        with self._issuer.lock:
            self._ready_at = None
            self._issuer.used(self)
        return 0.0

    def cancel(self, now: float) -> None:
        """Gives the turn back. Call it only if nothing was sent."""
        self._issuer.end(self, "cancel")

    def answered(self, now: float, *, announced_rate: float | None = None, pause: float | None = None) -> None:
        """Tells the server that the call is over: answered or lost."""
        self._issuer.end(self, "answered", announced_rate, pause)

    async def cancel_async(self, now: float) -> None:
        """The same as ``cancel`` on an event loop."""
        await self._issuer.end_async(self, "cancel")

    async def answered_async(
        self, now: float, *, announced_rate: float | None = None, pause: float | None = None
    ) -> None:
        """The same as ``answered`` on an event loop."""
        await self._issuer.end_async(self, "answered", announced_rate, pause)

    def ready(self, at: float) -> None:
        """The time of its turn, on the limiter's clock, before anyone waits for it."""
        self._ready_at = at + self.offset

    def move(self, at: float) -> None:
        """The server tells another time, or about the same."""
        with self._issuer.lock:
            before, after = self._ready_at, at + self.offset
            if before is None:
                return
            self._ready_at = after
        if abs(after - before) > _SAME_TURN and self._wake is not None:
            self._wake()
