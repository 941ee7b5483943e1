"""A deadline is for the whole call: token, uploads, waiting, retries and an answer that trickles in."""

from __future__ import annotations

import asyncio
import gzip
import threading
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from spapi_messaging import (
    ConfigurationError,
    DeliveryUnknownError,
    NetworkError,
    RetryPolicy,
    ServerError,
    SpApiMessagingError,
    ThrottledError,
    UploadError,
    UsagePlan,
    UsagePlanTimeout,
)
from spapi_messaging._transport.clock import Clock
from spapi_messaging.limiters import InProcessLimiter, Unlimited
from tests.support.amazon import ORDER, Amazon, Shop, Trickle, answer, both, raw, sent, throttled, token, virtual_client
from tests.support.clocks import FakeClock, run_virtually


def taking(clock: FakeClock, seconds: float, response: httpx.Response) -> Callable[[httpx.Request], httpx.Response]:
    """An answer that takes its time."""

    def respond(_: httpx.Request) -> httpx.Response:
        clock.time += seconds
        return response

    return respond


def trickling(clock: FakeClock, status: int, seconds: float, pieces: int) -> httpx.Response:
    """A body that comes in small pieces, each of them in time."""

    def tick() -> None:
        clock.time += seconds

    return httpx.Response(status, stream=Trickle([b" "] * pieces + [b"{}"], tick))


@both
def test_no_phase_of_a_request_may_take_longer_than_what_is_left(kind: str) -> None:
    clock = FakeClock()
    amazon = Amazon(tokens=[taking(clock, 2.0, token("slow"))])
    Shop(kind, amazon, clock, deadline=5).say()

    assert set(amazon.token_calls[0].timeout.values()) == {5.0}
    assert set(amazon.calls[0].timeout.values()) == {3.0}


@both
def test_a_longer_deadline_does_not_lengthen_the_timeout(kind: str) -> None:
    amazon = Amazon()
    Shop(kind, amazon, deadline=3600, timeout=7).say()

    assert set(amazon.calls[0].timeout.values()) == {7.0}


@both
def test_a_body_that_trickles_past_the_deadline_of_a_send_leaves_its_fate_unknown(kind: str) -> None:
    clock = FakeClock()
    amazon = Amazon(trickling(clock, 201, 1.0, 3600))
    with pytest.raises(DeliveryUnknownError):
        Shop(kind, amazon, clock, deadline=10).say()

    assert clock.time <= 1011
    assert len(amazon.calls) == 1


@both
def test_a_body_that_trickles_past_the_deadline_of_a_read_is_an_error(kind: str) -> None:
    clock = FakeClock()
    with pytest.raises(NetworkError):
        Shop(kind, Amazon(trickling(clock, 200, 1.0, 3600)), clock, deadline=10).read()

    assert clock.time <= 1011


@both
def test_a_compressed_body_without_content_does_not_get_past_the_deadline(kind: str) -> None:
    clock = FakeClock()

    def tick() -> None:
        clock.time += 1.0

    # A gzip header with a comment that never ends: every byte decodes to nothing.
    stream = Trickle([b"\x1f\x8b\x08\x10\x00\x00\x00\x00\x00\x03", *[b"x"] * 3600], tick)
    endless = httpx.Response(200, stream=stream, headers={"content-encoding": "gzip"})
    with pytest.raises(NetworkError):
        Shop(kind, Amazon(endless), clock, deadline=10).read()

    assert clock.time <= 1011


@both
def test_a_body_that_comes_in_time_is_read_and_decoded(kind: str) -> None:
    body = gzip.compress(b'{"buyer": {"locale": "de-DE"}}')
    stream = Trickle([body[i : i + 5] for i in range(0, len(body), 5)])
    response = httpx.Response(200, stream=stream, headers={"content-encoding": "gzip"})

    assert Shop(kind, Amazon(response), deadline=10).read().locale == "de-DE"
    assert stream.closed


@both
def test_retries_end_with_the_deadline(kind: str) -> None:
    clock = FakeClock()
    amazon = Amazon(taking(clock, 1.0, raw(503, b"")))
    with pytest.raises(ServerError):
        Shop(kind, amazon, clock, deadline=4, retry=RetryPolicy(attempts=100, base=0.1, cap=0.1)).read()

    assert clock.time <= 1005


@both
def test_429s_end_with_the_deadline(kind: str) -> None:
    amazon = Amazon(throttled(retry_after="5"))
    shop = Shop(kind, amazon, deadline=12, retry=RetryPolicy(attempts=100))
    with pytest.raises(ThrottledError):
        shop.say()

    assert shop.clock.time <= 1012
    assert len(amazon.calls) == 3


@both
@pytest.mark.parametrize("limiter", [InProcessLimiter, Unlimited])
def test_a_429_that_asks_for_more_than_is_left_is_raised_at_once(kind: str, limiter: Any) -> None:
    shop = Shop(kind, Amazon(throttled(retry_after="60")), deadline=12, limiter=limiter())
    with pytest.raises(ThrottledError) as raised:
        shop.say()

    assert raised.value.retry_after == 60.0
    assert shop.clock.waits == []


@both
def test_a_turn_that_comes_after_the_deadline_is_refused_at_once(kind: str) -> None:
    shop = Shop(kind, Amazon(), deadline=12, usage_plans={"*": UsagePlan(rate=0.05, burst=1)})
    shop.say()
    with pytest.raises(UsagePlanTimeout):
        shop.say()

    assert shop.clock.waits == []


@both
def test_uploads_and_the_message_share_one_deadline(kind: str) -> None:
    clock = FakeClock()
    destination = answer(
        201, {"payload": {"uploadDestinationId": "d", "url": "https://s3.example/k?X-Amz-Expires=900"}}
    )
    amazon = Amazon(
        taking(clock, 3.0, destination), taking(clock, 3.0, httpx.Response(200)), taking(clock, 1.0, sent())
    )
    Shop(kind, amazon, clock, deadline=10).send_invoice(ORDER, attachments=[("note.txt", b"hello")])

    assert [max(seen.timeout.values()) for seen in amazon.calls] == pytest.approx([10.0, 7.0, 4.0])


@both
def test_a_message_whose_uploads_took_all_the_time_is_not_sent(kind: str) -> None:
    clock = FakeClock()
    destination = answer(
        201, {"payload": {"uploadDestinationId": "d", "url": "https://s3.example/k?X-Amz-Expires=900"}}
    )
    amazon = Amazon(taking(clock, 3.0, destination), taking(clock, 9.0, httpx.Response(200)), sent())
    with pytest.raises((NetworkError, UploadError), match=r"[Nn]o(thing| message) was sent"):
        Shop(kind, amazon, clock, deadline=10).send_invoice(ORDER, attachments=[("note.txt", b"hello")])

    assert all("/messages/" not in seen.url.path or seen.url.path.startswith("/uploads") for seen in amazon.calls)


@both
def test_each_call_has_a_deadline_of_its_own(kind: str) -> None:
    clock = FakeClock()
    shop = Shop(kind, Amazon(taking(clock, 6.0, sent())), clock, deadline=10)
    for _ in range(3):
        shop.say()


def test_calls_of_one_task_group_have_deadlines_of_their_own() -> None:
    class Transport(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            await asyncio.sleep(6)
            return sent()

    async def main() -> None:
        client = virtual_client(Transport(), deadline=10)
        first = asyncio.create_task(client.create_confirm_order_details(ORDER, text="one"))
        await asyncio.sleep(5)
        await client.create_confirm_order_details(ORDER, text="two")
        await first

    run_virtually(main())


@both
@pytest.mark.parametrize("name", ["deadline", "max_wait"])
@pytest.mark.parametrize("seconds", [-1, "10", float("nan")])
def test_what_is_no_span_of_time_is_refused(kind: str, name: str, seconds: Any) -> None:
    with pytest.raises(ConfigurationError, match=name):
        Shop(kind, Amazon(), **{name: seconds})


@both
def test_low_level_calls_keep_to_the_deadline_too(kind: str) -> None:
    from spapi_messaging_client.api.messaging import get_attributes

    clock = FakeClock()
    shop = Shop(kind, Amazon(trickling(clock, 200, 1.0, 3600)), clock, deadline=10)
    function = get_attributes.sync_detailed if kind == "threads" else get_attributes.asyncio_detailed
    with pytest.raises(SpApiMessagingError):
        result: Any = function(ORDER, client=shop.client.low_level, marketplace_ids=["A1PA6795UKMFR9"])
        if kind == "asyncio":
            asyncio.run(result)

    assert clock.time <= 1011


def test_the_machines_clock_takes_any_span_of_time() -> None:
    woken = threading.Event()
    woken.set()
    for seconds in (None, 0.0, 1e300, float("inf")):
        Clock().wait(woken, seconds)

    async def main() -> None:
        woken = asyncio.Event()
        woken.set()
        for seconds in (None, 0.0, 1e300, float("inf")):
            await Clock().wait_async(woken, seconds)

    asyncio.run(main())


def test_the_machines_clock_ends_a_wait_in_time() -> None:
    clock = Clock()
    clock.wait(threading.Event(), 0.001)
    asyncio.run(wait_on(clock))


async def wait_on(clock: Clock) -> None:
    await clock.wait_async(asyncio.Event(), 0.001)
