"""Connections for event loops: each loop has its own, and they end with it."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from typing import Any, NamedTuple

import anyio
import httpx

from spapi_messaging._io.answers import aread
from spapi_messaging._io.deadline import begins_to_leave
from spapi_messaging._io.fork import reset_in_child
from spapi_messaging._io.network import LoopNetwork
from spapi_messaging._io.pool import Connector, Pool, VerifyTypes, check_sent
from spapi_messaging.proxies import Proxies

Leave = Callable[[], Awaitable[None]]


class _OfLoop(NamedTuple):
    """The connections of one event loop, and the generator that ends with the loop."""

    loop: asyncio.AbstractEventLoop
    pool: Pool
    keeper: AsyncGenerator[None]


class OwnLoopConnections:
    """Connections of this process and of the running event loop. A forked child and another loop make their own."""

    def __init__(self, verify: VerifyTypes, proxies: Proxies, keepalive_expiry: float | None) -> None:
        self._connector = Connector(httpx.AsyncHTTPTransport, LoopNetwork, verify, proxies, keepalive_expiry)
        self._loops: dict[asyncio.AbstractEventLoop, _OfLoop] = {}
        self._last: _OfLoop | None = None
        self._inherited: list[Any] = []
        self._closing: set[asyncio.Future[None]] = set()
        self._closed = False
        self._lock = threading.RLock()
        reset_in_child(self)

    async def exchange(self, request: httpx.Request, leave: Leave | None) -> httpx.Response:
        last = self._last
        pool = last.pool if last is not None and last.loop is asyncio.get_running_loop() else await self._pool_here()
        if leave is not None:
            _trace(request, leave)
        channel, surplus = pool.borrow(request.url)
        for old in surplus:  # without waiting for it: whoever cancels this call must not stop it
            closing = asyncio.ensure_future(old.network.aclose())
            self._closing.add(closing)
            closing.add_done_callback(self._closing.discard)
        streams = tuple(channel.network.streams)  # httpcore closes one that has trouble, and then it is no longer there
        try:
            response = await aread(await channel.transport.handle_async_request(request))
            check_sent(streams)
            if leave is not None:
                await leave()  # a recorded answer causes no event to trace
        except GeneratorExit:  # of a loop that is gone, where nothing can be awaited
            raise
        except BaseException as error:
            # httpcore may leave a connection of a cancelled exchange occupied, so none of them is used again.
            await channel.network.aclose()
            if isinstance(error, httpx.ProtocolError):
                check_sent(streams)
            raise
        if not pool.give_back(channel):
            await channel.network.aclose()
        return response

    async def aclose(self) -> None:
        with self._lock:
            self._closed = True
            found = list(self._loops.values())
        for of_loop in found:
            if of_loop.loop is asyncio.get_running_loop():
                await of_loop.keeper.aclose()
            elif of_loop.loop.is_closed():
                self._forget(of_loop.loop)
                of_loop.pool.drop()
            else:  # it runs in another thread, and only there its connections can be closed
                with contextlib.suppress(RuntimeError):
                    asyncio.run_coroutine_threadsafe(of_loop.keeper.aclose(), of_loop.loop)

    def in_child(self) -> None:
        """Leaves the parent's connections to the parent: its answers must not be read here."""
        self._lock = threading.RLock()
        for of_loop in self._loops.values():
            of_loop.pool.drop()
        self._inherited.append(self._loops)  # its end would wake the parent's event loop
        self._loops, self._last = {}, None

    async def _pool_here(self) -> Pool:
        loop = asyncio.get_running_loop()
        with self._lock:
            closed = [other for other in self._loops.values() if other.loop.is_closed()]
            is_new = loop not in self._loops
            if is_new:
                pool = Pool(self._connector)
                self._loops[loop] = _OfLoop(loop, pool, self._keep(loop, pool))
            here = self._last = self._loops[loop]
        for other in closed:
            self._forget(other.loop)
            other.pool.drop()
        if is_new:
            await anext(here.keeper)
            if self._closed:  # by someone else, while this call waited
                here.pool.close()
        return here.pool

    async def _keep(self, loop: asyncio.AbstractEventLoop, pool: Pool) -> AsyncGenerator[None]:
        """Closes the connections when the loop ends: ``asyncio.run`` ends all asynchronous generators before."""
        try:
            yield
        finally:
            self._forget(loop)
            for channel in pool.close():
                await channel.network.aclose()

    def _forget(self, loop: asyncio.AbstractEventLoop) -> None:
        with self._lock:
            self._loops.pop(loop, None)
            if self._last is not None and self._last.loop is loop:
                self._last = None


class GivenLoopTransport:
    """A transport of the user's own, which looks after its connections itself."""

    def __init__(self, transport: httpx.AsyncBaseTransport) -> None:
        self._transport = transport

    async def exchange(self, request: httpx.Request, leave: Leave | None) -> httpx.Response:
        if leave is not None:
            await leave()
        # httpx loses connections when a task is cancelled at certain moments, but not when a scope of anyio's is.
        scope = anyio.CancelScope()
        work = asyncio.create_task(self._exchange(request, scope))
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            scope.cancel()
            await asyncio.wait([work])
            raise

    async def _exchange(self, request: httpx.Request, scope: anyio.CancelScope) -> httpx.Response:
        with scope:
            async with contextlib.aclosing(await self._transport.handle_async_request(request)) as response:
                return await aread(response)
        raise asyncio.CancelledError

    async def aclose(self) -> None:
        """Leaves it open: whoever made it closes it."""


def _trace(request: httpx.Request, leave: Leave) -> None:
    """Has ``leave`` called at the right moment."""

    async def trace(event: str, info: Mapping[str, Any]) -> None:
        if begins_to_leave(event, info):
            await leave()

    request.extensions["trace"] = trace
