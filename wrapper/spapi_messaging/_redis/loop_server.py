"""Runs the script on the Redis server, from event loops: each has connections of its own, which end with it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from spapi_messaging._io.fork import reset_in_child
from spapi_messaging._redis.address import MAX_CONNECTIONS, Address, script_text
from spapi_messaging._redis.server import UNREADABLE, Reply, Request, checked
from spapi_messaging.errors import SpApiMessagingError

if TYPE_CHECKING:
    from redis.commands.core import AsyncScript


class _OfLoop(NamedTuple):
    """The script on one event loop's connections, and the generator that ends with the loop.

    Args:
        places: one for each connection. Requests get them in order. The pool of redis-py does not keep the order: with
            many callers, some of them wait too long.
    """

    script: AsyncScript
    keeper: AsyncGenerator[None]
    places: asyncio.Semaphore


class LoopServer:
    """Connections for event loops. They are opened on first use, and anew in a forked process."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._loops: dict[asyncio.AbstractEventLoop, _OfLoop] = {}
        self._inherited: list[Any] = []
        self._beside: set[asyncio.Task[None]] = set()  # event loops themselves do not keep their tasks
        self._lock = threading.Lock()
        reset_in_child(self)

    def in_child(self) -> None:
        """The connections belong to the parent process. They are kept: their end would wake its event loop."""
        self._inherited.append(self._loops)
        self._loops = {}
        self._lock = threading.Lock()

    async def run(self, request: Request) -> Reply:
        """Runs the script; see Server.run."""
        import redis

        here = await self._here()
        async with here.places:
            self._address.check_answering()
            try:
                return checked(await here.script(keys=request.keys, args=request.arguments), request)
            except (redis.RedisError, *UNREADABLE) as error:
                raise self._address.meaning(error) from None

    def run_later(self, request: Request) -> None:
        """Runs the script beside the caller, who was cancelled. If that fails, nobody hears of it."""

        async def run() -> None:
            with suppress(SpApiMessagingError):
                await self.run(request)

        task = asyncio.create_task(run())
        self._beside.add(task)
        task.add_done_callback(self._beside.discard)

    async def aclose(self) -> None:
        """Closes the connections of the running loop. The next request opens them again."""
        with self._lock:
            found = self._loops.get(asyncio.get_running_loop())
        if found is not None:
            await found.keeper.aclose()

    async def _here(self) -> _OfLoop:
        loop = asyncio.get_running_loop()
        with self._lock:
            if (found := self._loops.get(loop)) is not None:
                return found
            for other in [other for other in self._loops if other.is_closed()]:
                del self._loops[other]
            script = self._connect()
            keeper = self._keep(loop, script.registered_client)
            made = self._loops[loop] = _OfLoop(script, keeper, asyncio.Semaphore(MAX_CONNECTIONS))
        await anext(made.keeper)
        return made

    def _connect(self) -> AsyncScript:
        import redis.asyncio
        from redis.asyncio.retry import Retry

        pool = self._address.pool(redis.asyncio.BlockingConnectionPool, Retry)
        return redis.asyncio.Redis.from_pool(pool).register_script(script_text())

    async def _keep(self, loop: asyncio.AbstractEventLoop, client: Any) -> AsyncGenerator[None]:
        """Closes the connections when the loop ends: ``asyncio.run`` ends all asynchronous generators before."""
        try:
            yield
        finally:
            with self._lock:
                self._loops.pop(loop, None)
            await client.aclose()
