"""The two drivers, for threads and for asyncio, as httpx transports: they wait and use the network for the engine."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import httpx

from spapi_messaging._engine import Engine, Exchange, Invoke, Together, Wait
from spapi_messaging._flow import Flow
from spapi_messaging._judge import with_content

T = TypeVar("T")


class Clock:
    """The machine's monotonic clock, and waiting on it. Tests put one of their own in its place."""

    def now(self) -> float:
        return time.monotonic()

    def wait(self, woken: threading.Event, seconds: float | None) -> None:
        """Blocks until woken, and no longer than so many seconds."""
        woken.wait(seconds)

    async def wait_async(self, woken: asyncio.Event, seconds: float | None) -> None:
        """Suspends until woken, and no longer than so many seconds."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await woken.wait()


class MessagingTransport(httpx.BaseTransport):
    """Authorizes, paces, judges and retries what goes through it, in threads."""

    def __init__(self, engine: Engine, inner: httpx.BaseTransport, clock: Clock) -> None:
        self.engine = engine
        self.inner = inner
        self._clock = clock

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return self.run(self.engine.call(request))

    def run(self, flow: Flow[T]) -> T:
        """Runs a flow to its end, blocking the thread."""
        try:
            effect = next(flow)
            while True:
                try:
                    result = self._perform(effect)
                except BaseException as error:
                    effect = flow.throw(error)
                else:
                    effect = flow.send(result)
        except StopIteration as stop:
            return stop.value  # type: ignore[no-any-return]

    def _perform(self, effect: Any) -> Any:
        if type(effect) is Exchange:
            return self._exchange(effect)
        if type(effect) is Wait:
            return self._wait(effect)
        if type(effect) is Invoke:
            return effect.function()
        assert type(effect) is Together
        return [self.run(flow) for flow in effect.flows]

    def _exchange(self, effect: Exchange) -> httpx.Response:
        _limit_timeout(effect, self.engine.now)
        response = self.inner.handle_request(effect.request)
        try:
            if effect.until is None:
                response.read()
                return response
            chunks = [_in_time(chunk, effect.until, self.engine.now) for chunk in response.iter_bytes()]
            return with_content(response, b"".join(chunks))
        finally:
            response.close()

    def _wait(self, wait: Wait) -> None:
        woken = threading.Event()
        wait.bell.wakes(woken.set)
        self.engine.waiting.add(wait.bell)
        try:
            while True:
                woken.clear()
                self.engine.check_open()
                left = wait.remaining(self.engine.now())
                if left is not None and left <= 0:
                    return
                self._clock.wait(woken, left)
        finally:
            self.engine.waiting.discard(wait.bell)


class AsyncMessagingTransport(httpx.AsyncBaseTransport):
    """The same for asyncio."""

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
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _exchange(self, effect: Exchange) -> httpx.Response:
        _limit_timeout(effect, self.engine.now)
        response = await self.inner.handle_async_request(effect.request)
        try:
            if effect.until is None:
                await response.aread()
                return response
            chunks = [_in_time(chunk, effect.until, self.engine.now) async for chunk in response.aiter_bytes()]
            return with_content(response, b"".join(chunks))
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


def _limit_timeout(effect: Exchange, now: Callable[[], float]) -> None:
    """Lets no phase of a request last beyond the deadline."""
    if effect.until is not None:
        left = max(0.001, effect.until - now())
        timeout = effect.request.extensions.get("timeout") or httpx.Timeout(left).as_dict()
        effect.request.extensions["timeout"] = {k: left if v is None else min(v, left) for k, v in timeout.items()}


def _in_time(chunk: bytes, until: float, now: Callable[[], float]) -> bytes:
    if now() >= until:
        raise httpx.ReadTimeout("the deadline passed while the answer trickled in")
    return chunk
