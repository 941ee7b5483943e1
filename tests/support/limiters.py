"""Limiters for tests: one that remembers what it was asked for, and one on a server that takes its time."""

from __future__ import annotations

import threading
from typing import Any

from spapi_messaging.limiters import BucketKey, InProcessLimiter, Ticket, UsagePlan


class RecordingLimiter(InProcessLimiter):
    """Remembers the bucket of each call."""

    def __init__(self) -> None:
        super().__init__()
        self.keys: list[BucketKey] = []

    def reserve(self, key: BucketKey, plan: UsagePlan, now: float, **options: Any) -> Ticket:
        self.keys.append(key)
        return super().reserve(key, plan, now, **options)


class ServerLimiter:
    """A limiter whose buckets are on a server: each request to it blocks its thread for a round trip."""

    blocking = True

    def __init__(self) -> None:
        self._server = RecordingLimiter()
        self.keys = self._server.keys

    def round_trip(self) -> None:
        """What a request to the server takes."""

    def reserve(self, key: BucketKey, plan: UsagePlan, now: float, **options: Any) -> Ticket:
        self.round_trip()
        return _ServerTicket(self, self._server.reserve(key, plan, now, **options))


class _ServerTicket:
    def __init__(self, limiter: ServerLimiter, ticket: Ticket) -> None:
        self._limiter = limiter
        self._ticket = ticket

    def remaining(self, now: float) -> float:
        return self._ticket.remaining(now)

    def cancel(self, now: float) -> None:
        self._limiter.round_trip()
        self._ticket.cancel(now)

    def answered(self, now: float, *, announced_rate: float | None = None, pause: float | None = None) -> None:
        self._limiter.round_trip()
        self._ticket.answered(now, announced_rate=announced_rate, pause=pause)


class HeldLimiter(ServerLimiter):
    """A limiter on a server that answers when the test says."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = threading.Semaphore(0)
        self.release = threading.Semaphore(0)

    def round_trip(self) -> None:
        self.asked.release()
        assert self.release.acquire(timeout=10), "nobody released the limiter: is the event loop held?"
