"""The machine's clock, and waiting on it."""

from __future__ import annotations

import contextlib
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio


class Clock:
    """The machine's monotonic clock. Tests give the client one of their own, derived from this class."""

    def now(self) -> float:
        return time.monotonic()

    def wait(self, woken: threading.Event, seconds: float | None) -> None:
        """Blocks until woken, for ``seconds`` at the longest."""
        woken.wait(None if seconds is None else min(seconds, threading.TIMEOUT_MAX))

    async def wait_async(self, woken: asyncio.Event, seconds: float | None) -> None:
        """Suspends until woken, for ``seconds`` at the longest."""
        import asyncio  # a program without an event loop does without it

        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await woken.wait()
