"""The few effects that need the outside world, which a driver of ``_transport`` carries out.

It does so by blocking a thread or by suspending a task; everything above is written once for both.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NamedTuple, TypeVar

import httpx

from spapi_messaging._flow import Flow

T = TypeVar("T")


class Bell:
    """Wakes whoever waits; before anyone does, ringing it is harmless."""

    __slots__ = ("_wake",)

    def __init__(self) -> None:
        self._wake: Callable[[], None] | None = None

    def ring(self) -> None:
        if self._wake is not None:
            self._wake()

    def wakes(self, wake: Callable[[], None]) -> None:
        self._wake = wake


class Exchange(NamedTuple):
    """Wants a request sent just as it is. The result is an httpx.Response, read."""

    request: httpx.Request
    until: float | None = None


class Wait(NamedTuple):
    """Wants to go on when ``remaining(now)`` is 0 or less; it is asked again when the bell rings. None is for ever."""

    remaining: Callable[[float], float | None]
    bell: Bell


class Invoke(NamedTuple):
    """Wants a function called: in threads the first one, on an event loop the second one."""

    function: Callable[[], Any]
    coroutine: Callable[[], Awaitable[Any]]


def blocking(function: Callable[[], Any]) -> Invoke:
    """Wants a function called that may take its time: on an event loop, in a thread."""

    async def coroutine() -> Any:
        import asyncio  # a program without an event loop does without it

        return await asyncio.to_thread(function)

    return Invoke(function, coroutine)


class Together(NamedTuple):
    """Wants these flows run, side by side where that is possible. The result is the list of their results."""

    flows: Sequence[Flow[Any]]


def sleep(seconds: float, now: Callable[[], float]) -> Flow[None]:
    """Lets so many seconds pass."""
    end = now() + seconds
    yield Wait(lambda now: end - now, Bell())


def interpret(flow: Flow[T], carry_out: Callable[[Any], Flow[Any]]) -> Flow[T]:
    """Runs a flow each of whose effects is carried out by a flow of simpler ones."""
    try:
        effect = next(flow)
        while True:
            try:
                result = yield from carry_out(effect)
            except BaseException as error:
                effect = flow.throw(error)
            else:
                effect = flow.send(result)
    except StopIteration as stop:
        return stop.value  # type: ignore[no-any-return]
