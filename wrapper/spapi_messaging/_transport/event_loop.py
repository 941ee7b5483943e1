"""The driver for asyncio, as an httpx transport: it suspends tasks, and uses the network, for the engine."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import httpx

from spapi_messaging._effects import Exchange, Invoke, Together, Wait
from spapi_messaging._engine import Engine
from spapi_messaging._flow import Flow
from spapi_messaging._transport.clock import Clock, in_time, limit_timeout

T = TypeVar("T")


class AsyncMessagingTransport(httpx.AsyncBaseTransport):
    """Authorizes, paces, judges and retries what goes through it, on an event loop."""

    def __init__(self, engine: Engine, inner: httpx.AsyncBaseTransport, clock: Clock) -> None:
        self.engine = engine
        self.inner = inner
        self._clock = clock

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return await self.run(self.engine.call(request))

    async def run(self, flow: Flow[T]) -> T:
        """Runs a flow to its end, suspending the task."""
        try:
            effect = next(flow)
            while True:
                try:
                    result = await self._perform(effect)
                except BaseException as error:
                    effect = flow.throw(error)
                else:
                    effect = flow.send(result)
        except StopIteration as stop:
            return stop.value  # type: ignore[no-any-return]

    async def _perform(self, effect: Any) -> Any:
        if type(effect) is Exchange:
            return await self._exchange(effect)
        if type(effect) is Wait:
            return await self._wait(effect)
        if type(effect) is Invoke:
            return await effect.coroutine()
        assert type(effect) is Together
        return await self._together(effect.flows)

    async def _together(self, flows: Sequence[Flow[Any]]) -> list[Any]:
        tasks = [asyncio.create_task(self.run(flow)) for flow in flows]
        try:
            return await asyncio.gather(*tasks)
        except BaseException as error:
            for task in tasks:
                task.cancel()
            if not isinstance(error, GeneratorExit):  # of a loop that is gone, where nothing can be awaited
                await asyncio.gather(*tasks, return_exceptions=True)
            raise

    async def _exchange(self, effect: Exchange) -> httpx.Response:
        limit_timeout(effect, self.engine.now)
        response = await self.inner.handle_async_request(effect.request)
        try:
            if effect.until is None or response.is_stream_consumed:
                await response.aread()
                return response
            # Before they are decoded: a body may trickle in for ever without a byte of content.
            chunks = [in_time(chunk, effect.until, self.engine.now) async for chunk in response.aiter_raw()]
            return httpx.Response(
                response.status_code,
                headers=response.headers,
                content=b"".join(chunks),
                extensions=response.extensions,
            )
        finally:
            await response.aclose()

    async def _wait(self, wait: Wait) -> None:
        woken = asyncio.Event()
        wait.bell.wakes(_from_any_thread(woken.set))
        self.engine.waiting.add(wait.bell)
        try:
            while True:
                woken.clear()
                self.engine.check_open()
                left = wait.remaining(self.engine.now())
                if left is not None and left <= 0:
                    return
                await self._clock.wait_async(woken, left)
        finally:
            self.engine.waiting.discard(wait.bell)


def _from_any_thread(function: Callable[[], None]) -> Callable[[], None]:
    loop = asyncio.get_running_loop()

    def call() -> None:
        with contextlib.suppress(RuntimeError):  # of a closed loop, where nobody waits any more
            loop.call_soon_threadsafe(function)

    return call
