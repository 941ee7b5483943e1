"""The driver for threads, as an httpx transport: it blocks, and uses the network, for the engine."""

from __future__ import annotations

import threading
from typing import Any, TypeVar

import httpx

from spapi_messaging._effects import Exchange, Invoke, Together, Wait
from spapi_messaging._engine import Engine
from spapi_messaging._flow import Flow
from spapi_messaging._transport.clock import Clock, in_time, limit_timeout

T = TypeVar("T")


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
        limit_timeout(effect, self.engine.now)
        response = self.inner.handle_request(effect.request)
        try:
            if effect.until is None or response.is_stream_consumed:
                response.read()
                return response
            # Before they are decoded: a body may trickle in for ever without a byte of content.
            chunks = [in_time(chunk, effect.until, self.engine.now) for chunk in response.iter_raw()]
            return httpx.Response(
                response.status_code,
                headers=response.headers,
                content=b"".join(chunks),
                extensions=response.extensions,
            )
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
