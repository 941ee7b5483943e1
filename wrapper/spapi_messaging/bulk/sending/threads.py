"""Threads for what blocks: they never keep the process from ending, however long they take."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TypeVar

__all__ = ["Threads"]

T = TypeVar("T")

# How many threads there may be for each one that somebody waits for. The others hang, and were given up.
_MOST_ALIVE = 8


class Threads:
    """Runs functions in threads of their own. Those of an executor would be waited for when the process ends.

    Args:
        most: how many run at once.
    """

    def __init__(self, most: int) -> None:
        self._free = asyncio.Semaphore(most)
        self._alive = asyncio.Semaphore(_MOST_ALIVE * most)

    async def run(self, function: Callable[[], T]) -> T:
        """Calls a function in a thread, and returns its result. Whoever is cancelled does not wait for it."""
        async with self._free:
            await self._alive.acquire()
            loop = asyncio.get_running_loop()
            done: asyncio.Future[T] = loop.create_future()

            def work() -> None:
                try:
                    tell = partial(done.set_result, function())
                except BaseException as error:
                    tell = partial(done.set_exception, error)
                with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                    loop.call_soon_threadsafe(self._ended, done, tell)

            try:
                threading.Thread(target=work, name="spapi-messaging-bulk", daemon=True).start()
            except BaseException:  # the process may have no more
                self._alive.release()
                raise
            return await done

    def _ended(self, done: asyncio.Future[T], tell: Callable[[], None]) -> None:
        self._alive.release()
        if not done.done():
            tell()
