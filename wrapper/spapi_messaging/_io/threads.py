"""The driver for threads: it carries out a flow's effects by blocking the thread."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from functools import partial
from typing import Any, ClassVar, TypeVar

import httpx

from spapi_messaging._call.effects import Exchange, Flow, Invoke, Together, Wait
from spapi_messaging._call.first_byte import DeadlinePassed, FirstByte, HookFailed
from spapi_messaging._io.answers import read
from spapi_messaging._io.clock import Clock
from spapi_messaging._io.deadline import begins_to_leave, given_up, limit_timeout
from spapi_messaging._io.fork import reset_in_child
from spapi_messaging._io.pool import Connector, Pool, VerifyTypes, check_sent
from spapi_messaging.errors import ConfigurationError
from spapi_messaging.proxies import Proxies

T = TypeVar("T")
_Leave = Callable[[], None]


class ThreadDriver:
    """Runs flows in threads."""

    def __init__(self, connections: OwnConnections | GivenTransport, clock: Clock) -> None:
        self.connections = connections
        self._clock = clock

    def run(self, flow: Flow[T]) -> T:
        """Runs a flow to its end."""
        try:
            effect = next(flow)
            while True:
                try:
                    result, resume = [self._PERFORM[type(effect)](self, effect)], flow.send
                except BaseException as error:
                    result, resume = [error], flow.throw
                # Out here, so that what the flow raises has no context. The result is not kept: it may be a token, and
                # a traceback shows what is in this frame.
                effect = resume(result.pop())
        except StopIteration as stop:
            return stop.value  # type: ignore[no-any-return]

    def _invoke(self, effect: Invoke) -> Any:
        if effect.until is None:
            return effect.function()
        from spapi_messaging._io.helper import within

        return within(effect.until - self._clock.now(), effect.function)

    def _together(self, effect: Together) -> list[Any]:
        return [self.run(flow) for flow in effect.flows]

    def _exchange(self, effect: Exchange) -> httpx.Response:
        request, until, first_byte = effect
        if until is None:
            leave = None if first_byte is None else partial(self._leave, first_byte)
            return self.connections.exchange(request, leave)
        from spapi_messaging._io.helper import within

        left, first_byte = until - self._clock.now(), first_byte or FirstByte(None, until)
        limit_timeout(request, left)
        giving_up: list[Callable[[], None]] = []
        work = partial(self.connections.exchange, request, partial(self._leave, first_byte), giving_up)
        try:
            return within(left, work)
        except BaseException as error:  # an interruption, say, after which the helper thread must not send it either
            late = given_up(first_byte)
            with suppress(IndexError):  # the exchange was over just now
                giving_up.pop()()
            if isinstance(error, DeadlinePassed):
                raise late from None
            raise

    def _leave(self, first_byte: FirstByte) -> None:
        if first_byte.left:
            return
        first_byte.check(self._clock.now())
        if first_byte.hook is not None:
            try:
                if inspect.iscoroutine(result := first_byte.hook()):
                    result.close()
                    raise ConfigurationError("An async before_first_byte needs AsyncMessagingClient.")
            except BaseException as error:
                first_byte.refusal = error
                raise HookFailed from None
        first_byte.leave(self._clock.now())

    def _wait(self, wait: Wait) -> None:
        from spapi_messaging._io.signal import Signal

        woken = Signal()
        wait.bell.wake = woken.set
        while True:
            woken.clear()
            left = wait.remaining(self._clock.now())
            if left is not None and not left > 0:  # of a limiter, it may be NaN
                return
            self._clock.wait(woken, left)

    _PERFORM: ClassVar[dict[type, Any]] = {Exchange: _exchange, Wait: _wait, Invoke: _invoke, Together: _together}


class OwnConnections:
    """Connections of this process. A forked child makes its own."""

    def __init__(self, verify: VerifyTypes, proxies: Proxies, keepalive_expiry: float | None) -> None:
        from spapi_messaging._io.network import ThreadNetwork

        self._connector = Connector(httpx.HTTPTransport, ThreadNetwork, verify, proxies, keepalive_expiry)
        self._pool = Pool(self._connector)
        reset_in_child(self)

    def exchange(
        self, request: httpx.Request, leave: _Leave | None, giving_up: list[_Leave] | None = None
    ) -> httpx.Response:
        """Sends the request, with ``leave`` called just before its first byte, and reads the answer.

        While it lasts, ``giving_up`` holds a function that ends it. Whoever takes it out has the connection.
        """
        pool = self._pool
        if leave is not None:
            _trace(request, leave)
        channel, surplus = pool.borrow(request.url)
        for old in surplus:
            old.network.drop()
        if giving_up is not None:
            giving_up.append(channel.network.interrupt)
        streams = tuple(channel.network.streams)  # httpcore closes one that has trouble, and then it is no longer there
        try:
            response = read(channel.transport.handle_request(request))
            check_sent(streams)
            if leave is not None:
                leave()  # a recorded answer causes no event to trace
            if giving_up is not None:
                giving_up.pop()  # fails if the caller has given up just now
        except BaseException as error:
            channel.network.drop()
            if isinstance(error, httpx.ProtocolError):
                check_sent(streams)
            raise
        if not pool.give_back(channel):
            channel.network.drop()
        return response

    def close(self) -> None:
        for channel in self._pool.close():
            channel.network.drop()

    def in_child(self) -> None:
        """Leaves the parent's connections to the parent: its answers must not be read here."""
        inherited, self._pool = self._pool, Pool(self._connector)
        inherited.drop()


class GivenTransport:
    """A transport of the user's own, which looks after its connections itself."""

    def __init__(self, transport: httpx.BaseTransport) -> None:
        self._transport = transport

    def exchange(
        self, request: httpx.Request, leave: _Leave | None, giving_up: list[_Leave] | None = None
    ) -> httpx.Response:
        if leave is not None:
            leave()
        with closing(self._transport.handle_request(request)) as response:
            return read(response)

    def close(self) -> None:
        """Leaves it open: whoever made it closes it."""


def _trace(request: httpx.Request, leave: _Leave) -> None:
    """Has ``leave`` called at the right moment."""

    def trace(event: str, info: Mapping[str, Any]) -> None:
        if begins_to_leave(event, info):
            leave()

    request.extensions["trace"] = trace
