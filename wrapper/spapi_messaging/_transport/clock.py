"""The machine's clock, and what a deadline means for a request."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import httpx

from spapi_messaging._effects import Exchange

if TYPE_CHECKING:
    import asyncio


class Clock:
    """The machine's monotonic clock, and waiting on it. Tests put one of their own in its place."""

    def now(self) -> float:
        return time.monotonic()

    def wait(self, woken: threading.Event, seconds: float | None) -> None:
        """Blocks until woken, and no longer than so many seconds."""
        woken.wait(None if seconds is None else min(seconds, threading.TIMEOUT_MAX))

    async def wait_async(self, woken: asyncio.Event, seconds: float | None) -> None:
        """Suspends until woken, and no longer than so many seconds."""
        import asyncio  # a program without an event loop does without it

        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await woken.wait()


def limit_timeout(effect: Exchange, now: Callable[[], float]) -> None:
    """Lets no phase of a request last beyond the deadline."""
    if effect.until is not None:
        left = max(0.001, effect.until - now())
        timeout = effect.request.extensions.get("timeout") or httpx.Timeout(left).as_dict()
        effect.request.extensions["timeout"] = {k: left if v is None else min(v, left) for k, v in timeout.items()}


def in_time(chunk: bytes, until: float, now: Callable[[], float]) -> bytes:
    if now() >= until:
        raise httpx.ReadTimeout("the deadline passed while the answer trickled in")
    return chunk
