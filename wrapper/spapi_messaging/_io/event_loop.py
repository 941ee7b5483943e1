"""The driver for asyncio: it carries out a flow's effects by suspending the task."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import weakref
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, ClassVar, TypeVar

import httpx

from spapi_messaging._call.effects import Exchange, Flow, Invoke, Together, Wait
from spapi_messaging._call.first_byte import DeadlinePassed, FirstByte, HookFailed
from spapi_messaging._io.clock import Clock
from spapi_messaging._io.deadline import given_up, limit_timeout
from spapi_messaging._io.helper import in_helper_thread
from spapi_messaging._io.loop_connections import GivenLoopTransport, OwnLoopConnections

T = TypeVar("T")

# At most this many functions run beside one event loop; further ones wait.
MAX_HELPER_THREADS = 32


class LoopDriver:
    """Runs flows on event loops."""

    def __init__(self, connections: OwnLoopConnections | GivenLoopTransport, clock: Clock) -> None:
        self.connections = connections
        self._clock = clock
        self._helpers: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore]
        self._helpers = weakref.WeakKeyDictionary()

    async def run(self, flow: Flow[T]) -> T:
        """Runs a flow to its end."""
        try:
            effect = next(flow)
            while True:
                try:
                    result, resume = [await self._PERFORM[type(effect)](self, effect)], flow.send
                except BaseException as error:
                    result, resume = [error], flow.throw
                # Out here, so that what the flow raises has no context. The result is not kept: it may be a token, and
                # a traceback shows what is in this frame.
                effect = resume(result.pop())
        except StopIteration as stop:
            return stop.value  # type: ignore[no-any-return]

    async def _invoke(self, effect: Invoke) -> Any:
        left = None if effect.until is None else effect.until - self._clock.now()
        return await self._within(left, self._call(effect.on_loop or effect.function))

    async def _exchange(self, effect: Exchange) -> httpx.Response:
        request, until, first_byte = effect
        if until is None:
            leave = None if first_byte is None else partial(self._leave, first_byte)
            return await self.connections.exchange(request, leave)
        left, first_byte = until - self._clock.now(), first_byte or FirstByte(None, until)
        limit_timeout(request, left)
        try:
            return await self._within(left, self.connections.exchange(request, partial(self._leave, first_byte)))
        except DeadlinePassed:
            raise given_up(first_byte) from None

    async def _leave(self, first_byte: FirstByte) -> None:
        if first_byte.left:
            return
        first_byte.check(self._clock.now())
        if first_byte.hook is not None:
            try:
                await self._call(first_byte.hook)
            except Exception as error:
                first_byte.refusal = error
                raise HookFailed from None
        first_byte.leave(self._clock.now())

    async def _wait(self, wait: Wait) -> None:
        woken = asyncio.Event()
        loop = asyncio.get_running_loop()

        def wake() -> None:
            with contextlib.suppress(RuntimeError):  # of a closed loop, where nobody waits any more
                loop.call_soon_threadsafe(woken.set)

        wait.bell.wake = wake
        while True:
            woken.clear()
            left = wait.remaining(self._clock.now())
            if left is not None and not left > 0:
                return
            await self._clock.wait_async(woken, left)

    async def _within(self, seconds: float | None, work: Awaitable[T]) -> T:
        limit = asyncio.timeout(seconds)
        try:
            async with limit:
                return await work
        except TimeoutError:
            if not limit.expired():
                raise
        raise DeadlinePassed

    async def _call(self, function: Callable[[], Any]) -> Any:
        """Calls a function beside the event loop, or a coroutine function on it."""
        if _is_async(function):
            return await function()
        helpers = self._helpers.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(MAX_HELPER_THREADS))
        async with helpers:
            result = (await asyncio.wrap_future(in_helper_thread(function)))()
        return await result if inspect.isawaitable(result) else result

    async def _together(self, effect: Together) -> list[Any]:
        tasks = [asyncio.create_task(self.run(flow)) for flow in effect.flows]
        try:
            return await asyncio.gather(*tasks)
        except BaseException as error:
            for task in tasks:
                task.cancel()
            if not isinstance(error, GeneratorExit):  # of a loop that is gone, where nothing can be awaited
                await asyncio.gather(*tasks, return_exceptions=True)
            raise

    _PERFORM: ClassVar[dict[type, Any]] = {Exchange: _exchange, Wait: _wait, Invoke: _invoke, Together: _together}


def _is_async(function: Any) -> bool:
    """Whether this gives a coroutine: a coroutine function, or an object that is called like one."""
    while isinstance(function, partial):
        function = function.func
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(type(function).__call__)
