"""A small program around a client of either kind, with real connections to a server of the test's own."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, NamedTuple, Self

from spapi_messaging import AsyncMessagingClient, Credentials, MessagingClient, RetryPolicy
from spapi_messaging.limiters import Unlimited
from tests.support.servers import PATIENCE

ORDER = "303-1234567-1234567"
TEXT = "Your parcel waits with the neighbour"
CREDENTIALS = Credentials("amzn1.application-oa2-client.test", "the-client-secret", "Atzr|the-refresh-token")
OTHER_SELLER = Credentials("amzn1.application-oa2-client.test", "the-client-secret", "Atzr|another-seller")

#: So that a machine under load does not look like a connection that was idle for too long.
LASTING = 120.0

#: Makes a call; with the client for asyncio, what it returns is awaited.
Call = Callable[[], Any]


class Ended(NamedTuple):
    """How a call ended."""

    result: Any  # or the exception
    seconds: float


def client_for(kind: str, url: str, **arguments: Any) -> Any:
    """A client of either kind that talks to a server, without pacing. A call is tried once."""
    given = {
        "credentials": CREDENTIALS,
        "marketplace": "DE",
        "endpoint": url,
        "lwa_endpoint": f"{url}/auth/o2/token",
        "token_provider": _token if kind == "threads" else _token_async,
        "limiter": Unlimited(),
        "retry": RetryPolicy(attempts=1),
        "timeout": PATIENCE,
        "order_id_pattern": r"[\w-]+",  # orders whose ids say what the test does with them
        **arguments,
    }
    return (MessagingClient if kind == "threads" else AsyncMessagingClient)(**given)


def _token() -> str:
    return "a-token"


async def _token_async() -> str:
    return "a-token"


class Program:
    """A client of either kind. The one for asyncio has one event loop for all its calls.

    Args:
        kind: "threads" or "asyncio".
        url: the server's.
        **arguments: the client's, where they differ from those of ``client_for``.
    """

    def __init__(self, kind: str, url: str, **arguments: Any) -> None:
        self.kind = kind
        self.client = client_for(kind, url, **arguments)
        self._runner = asyncio.Runner() if kind == "asyncio" else None

    def at_once(self, calls: Sequence[Call]) -> list[Ended]:
        """Makes calls at the same time, each in a thread or a task of its own."""
        if self._runner is not None:
            return self._runner.run(_in_tasks(calls))
        return _in_threads(calls)

    def end_of(self, call: Call) -> Ended:
        """Makes a call and tells how it ended."""
        (ended,) = self.at_once([call])
        return ended

    def run(self, call: Call) -> Any:
        """Makes a call."""
        ended = self.end_of(call)
        if isinstance(ended.result, BaseException):
            raise ended.result
        return ended.result

    def linger(self, seconds: float = 0.1) -> None:
        """Gives a call that was given up the time to do what it must not do any more."""
        self.run(partial(time.sleep if self._runner is None else asyncio.sleep, seconds))

    def read(self, order: str = ORDER) -> Any:
        return self.run(lambda: self.client.get_attributes(order))

    def say(self, order: str = ORDER, **options: Any) -> Any:
        """Sends a text."""
        return self.run(self.saying(order, **options))

    def saying(self, order: str = ORDER, **options: Any) -> Call:
        """A call that sends a text."""
        return lambda: self.client.send(order, "confirmOrderDetails", text=TEXT, **options)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self.run(self.client.close if self._runner is None else self.client.aclose)
        finally:
            if self._runner is not None:
                self._runner.close()


def _in_threads(calls: Sequence[Call]) -> list[Ended]:
    ends: dict[int, Ended] = {}

    def work(index: int, call: Call) -> None:
        began = time.perf_counter()
        result: Any
        try:
            result = call()
        except BaseException as error:
            result = error
        ends[index] = Ended(result, time.perf_counter() - began)

    threads = [threading.Thread(target=work, args=each, daemon=True) for each in enumerate(calls)]
    for thread in threads:
        thread.start()
    last = time.perf_counter() + 2 * PATIENCE
    for thread in threads:
        thread.join(max(0.0, last - time.perf_counter()))
    assert len(ends) == len(calls), f"{len(calls) - len(ends)} of {len(calls)} calls did not end"
    return [ends[index] for index in range(len(calls))]


async def _in_tasks(calls: Sequence[Call]) -> list[Ended]:
    async def work(call: Call) -> Ended:
        began = time.perf_counter()
        result: Any
        try:
            made = call()
            result = await made if isinstance(made, Awaitable) else made
        except Exception as error:
            result = error
        return Ended(result, time.perf_counter() - began)

    tasks = [asyncio.create_task(work(call)) for call in calls]
    _, late = await asyncio.wait(tasks, timeout=2 * PATIENCE)
    for task in late:
        task.cancel()
    assert not late, f"{len(late)} of {len(calls)} calls did not end"
    return [task.result() for task in tasks]
