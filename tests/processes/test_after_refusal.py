"""The hook after an attempt that was refused: a ledger takes back there what it wrote down before the first byte."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from spapi_messaging import ConfigurationError, NetworkError, RetryPolicy, ThrottledError, UsagePlan
from spapi_messaging.limiters import InProcessLimiter
from tests.support.amazon import EXPIRED, Amazon, Shop, both, refused, sent, throttled
from tests.support.clocks import FakeClock
from tests.support.programs import ORDER, TEXT, Program, client_for
from tests.support.servers import Answer, Request, Server, amazon, reply

AGAIN = RetryPolicy(attempts=3, base=0, cap=0)


class Steps(list[str]):
    """What happened, in order."""

    def note(self, step: str) -> Callable[[], None]:
        return lambda: self.append(step)

    @property
    def hooks(self) -> dict[str, Any]:
        return {"before_first_byte": self.note("leaves"), "after_refusal": self.note("refused")}


def say(shop: Shop, **hooks: Any) -> Any:
    return shop.send(ORDER, "confirmOrderDetails", text=TEXT, **hooks)


@both
@pytest.mark.parametrize(
    ("status", "message"), [(429, "QuotaExceeded"), (403, EXPIRED), (401, EXPIRED)], ids=["429", "403", "401"]
)
def test_a_refusal_is_told_between_two_attempts(kind: str, status: int, message: str) -> None:
    def answer(request: Request) -> Answer:
        steps.append("arrives")
        if steps.count("arrives") == 1:
            return reply(status, {"errors": [{"code": "Code", "message": message}]})
        return amazon(request)

    steps = Steps()
    with Server(answer) as server, Program(kind, server.url, retry=AGAIN) as program:
        assert program.say(**steps.hooks).status_code == 201

    assert steps == ["leaves", "arrives", "refused", "leaves", "arrives"]


@both
@pytest.mark.parametrize("hooks", [("before_first_byte", "after_refusal"), ("after_refusal",)])
def test_a_refusal_is_told_before_the_pause(kind: str, hooks: tuple[str, ...]) -> None:
    clock = FakeClock()
    times: list[float] = []
    shop = Shop(kind, Amazon(throttled(retry_after="7"), sent()), clock)
    began = clock.now()
    say(shop, **{hook: lambda: times.append(clock.now() - began) for hook in hooks})

    assert times == pytest.approx([0.0, 0.0, 7.0] if len(hooks) == 2 else [0.0])


@both
def test_the_last_refusal_is_told_by_the_exception_alone(kind: str) -> None:
    steps = Steps()
    shop = Shop(kind, Amazon(throttled()), retry=RetryPolicy(attempts=3))
    with pytest.raises(ThrottledError):
        say(shop, **steps.hooks)

    assert steps == ["leaves", "refused", "leaves", "refused", "leaves"]


@both
@pytest.mark.parametrize("answer", [refused(400), refused(503), httpx.ReadTimeout("slow")], ids=["400", "503", "lost"])
def test_what_is_not_tried_again_is_told_by_the_exception_alone(kind: str, answer: Any) -> None:
    steps = Steps()
    with pytest.raises(Exception, match=ORDER):
        say(Shop(kind, Amazon(answer)), **steps.hooks)

    assert steps == ["leaves"]


@both
def test_a_connection_that_fails_after_the_first_hook_is_a_refusal(kind: str) -> None:
    steps = Steps()
    say(Shop(kind, Amazon(httpx.ConnectError("no route"), sent())), **steps.hooks)

    assert steps == ["leaves", "refused", "leaves"]


@both
def test_a_connection_that_fails_before_the_first_hook_is_none(kind: str) -> None:
    steps = Steps()
    with Server() as server:
        pass
    with Program(kind, server.url, retry=AGAIN) as program, pytest.raises(NetworkError):
        program.say(**steps.hooks)

    assert steps == []


@both
def test_the_refusals_of_tokens_and_uploads_are_not_told(kind: str) -> None:
    destination = {"uploadDestinationId": "d-1", "url": "https://s3.example/key?X-Amz-Expires=900"}
    place = httpx.Response(201, json={"payload": destination})
    steps = Steps()
    answers = [throttled(), refused(403, EXPIRED), place, httpx.Response(200), sent()]
    Shop(kind, Amazon(*answers)).send(ORDER, "invoice", attachments=[("note.txt", b"hello")], **steps.hooks)

    assert steps == ["leaves"]


@both
@pytest.mark.parametrize("answer", [throttled(), refused(403, EXPIRED)], ids=["429", "expired token"])
def test_what_the_hook_raises_reaches_the_caller_and_nothing_more_is_sent(kind: str, answer: httpx.Response) -> None:
    def fail() -> None:
        raise error

    error = RuntimeError("the ledger is full")
    shop = Shop(kind, Amazon(answer, sent()))
    with pytest.raises(RuntimeError) as raised:
        say(shop, after_refusal=fail)

    assert raised.value is error
    assert raised.value.__context__ is None
    assert len(shop.amazon.calls) == 1


@both
def test_a_hook_that_raises_occupies_neither_a_turn_nor_a_place(kind: str) -> None:
    def fail() -> None:
        raise RuntimeError("the ledger is full")

    plans = {"*": UsagePlan(1.0, 1)}
    shop = Shop(kind, Amazon(httpx.ConnectError("no route"), sent()), usage_plans=plans, max_connections=1)
    with pytest.raises(RuntimeError):
        say(shop, after_refusal=fail)
    shop.amazon.answers[:] = [sent()]
    say(shop)
    shop.read()

    assert shop.clock.waits == []


def test_a_coroutine_hook_is_awaited_before_the_next_attempt() -> None:
    async def hook() -> None:
        await asyncio.sleep(0)
        steps.append("refused")

    steps = Steps()
    say(Shop("asyncio", Amazon(throttled(), sent())), **{**steps.hooks, "after_refusal": hook})

    assert steps == ["leaves", "refused", "leaves"]


def test_a_plain_hook_that_blocks_does_not_block_the_event_loop() -> None:
    called, went_on = threading.Event(), threading.Event()
    results: list[bool] = []

    def hook() -> None:
        called.set()
        results.append(went_on.wait(10))

    async def main() -> None:
        shop = Shop("asyncio", Amazon(throttled(), sent()))
        task = asyncio.create_task(shop.client.send(ORDER, "confirmOrderDetails", text=TEXT, after_refusal=hook))
        while not called.is_set() and not task.done():
            await asyncio.sleep(0)
        went_on.set()
        await task

    asyncio.run(main())
    assert results == [True]


async def _late() -> None:
    """Is never awaited."""


@pytest.mark.parametrize(
    ("hook", "calls"), [(_late, 0), (lambda: _late(), 1)], ids=["a coroutine function", "one that returns a coroutine"]
)
def test_a_coroutine_hook_is_refused_by_the_client_for_threads(hook: Any, calls: int) -> None:
    shop = Shop("threads", Amazon(throttled(), sent()))
    with pytest.raises(ConfigurationError, match="after_refusal needs AsyncMessagingClient"):
        say(shop, after_refusal=hook)

    assert len(shop.amazon.calls) == calls


@both
def test_a_hook_that_is_no_function_is_refused(kind: str) -> None:
    shop = Shop(kind, Amazon())
    with pytest.raises(ConfigurationError, match="after_refusal must be a function"):
        say(shop, after_refusal="refused")

    assert shop.amazon.calls == []


# Calls that end while the hook runs


@both
def test_a_deadline_does_not_wait_for_the_hook(kind: str) -> None:
    released = threading.Event()
    with (
        Server(lambda _: reply(429, {})) as server,
        Program(kind, server.url, deadline=1.0, retry=AGAIN, max_connections=1) as program,
    ):
        ended = program.end_of(program.saying(after_refusal=lambda: released.wait(10)))
        assert len(server.begun) == 1
        server.answer = amazon
        assert program.end_of(program.saying()).result.status_code == 201  # the place is free
        released.set()
        program.linger()
        assert len(server.begun) == 2

    assert isinstance(ended.result, ThrottledError)


def test_a_call_that_is_cancelled_while_the_hook_runs_sends_nothing_more_and_occupies_nothing() -> None:
    async def main() -> None:
        async def hook() -> None:
            called.set()
            await asyncio.Event().wait()

        called = asyncio.Event()
        limiter = InProcessLimiter()
        plans = {"*": UsagePlan(1000.0, 1000)}
        options: dict[str, Any] = {"retry": AGAIN, "limiter": limiter, "usage_plans": plans, "max_connections": 1}
        async with client_for("asyncio", server.url, **options) as client:
            send = client.send(ORDER, "confirmOrderDetails", text=TEXT, after_refusal=hook)
            task = asyncio.create_task(send)
            await asyncio.wait_for(called.wait(), 10)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            server.answer = amazon
            async with asyncio.timeout(10):
                await client.send(ORDER, "confirmOrderDetails", text=TEXT)
        assert len(server.begun) == 2

    with Server(lambda _: reply(429, {})) as server:
        asyncio.run(main())


@both
def test_a_client_that_is_closed_by_the_hook_sends_nothing_more(kind: str) -> None:
    shop = Shop(kind, Amazon(throttled(), sent()))
    with pytest.raises(Exception, match="The client was closed"):
        say(shop, after_refusal=shop.client._context.close)

    assert len(shop.amazon.calls) == 1
