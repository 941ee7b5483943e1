"""A deadline is for the whole call: token, uploads, waiting and retries. A time-out is for each phase of a request."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from spapi_messaging import (
    ConfigurationError,
    DeliveryUnknownError,
    NetworkError,
    RetryPolicy,
    ThrottledError,
    UploadError,
)
from spapi_messaging_client.api.messaging import get_attributes
from tests.support.amazon import ORDER, Amazon, Shop, Trickle, answer, both, sent, throttled, token, virtual_client
from tests.support.clocks import FakeClock, run_virtually

DESTINATION = answer(201, {"payload": {"uploadDestinationId": "d", "url": "https://s3.example/k?X-Amz-Expires=900"}})
NOTE = [("note.txt", b"hello")]


def taking(clock: FakeClock, seconds: float, response: httpx.Response) -> Callable[[httpx.Request], httpx.Response]:
    """An answer that takes its time."""

    def respond(_: httpx.Request) -> httpx.Response:
        clock.time += seconds
        return response

    return respond


@both
def test_the_token_request_and_the_call_share_one_deadline(kind: str) -> None:
    clock = FakeClock()
    amazon = Amazon(tokens=[taking(clock, 2.0, token("slow"))])
    Shop(kind, amazon, clock, deadline=5).say()

    assert set(amazon.token_calls[0].timeout.values()) == {5.0}
    assert set(amazon.calls[0].timeout.values()) == {3.0}


@both
def test_uploads_and_the_message_share_one_deadline(kind: str) -> None:
    clock = FakeClock()
    amazon = Amazon(
        taking(clock, 3.0, DESTINATION), taking(clock, 3.0, httpx.Response(200)), taking(clock, 1.0, sent())
    )
    Shop(kind, amazon, clock, deadline=10).send_invoice(ORDER, attachments=NOTE)

    assert [max(seen.timeout.values()) for seen in amazon.calls] == pytest.approx([10.0, 7.0, 4.0])


@both
def test_a_message_whose_uploads_took_all_the_time_is_not_sent(kind: str) -> None:
    clock = FakeClock()
    amazon = Amazon(taking(clock, 3.0, DESTINATION), taking(clock, 9.0, httpx.Response(200)), sent())
    with pytest.raises((NetworkError, UploadError), match=r"[Nn]o(thing| message) was sent"):
        Shop(kind, amazon, clock, deadline=10).send_invoice(ORDER, attachments=NOTE)

    assert [seen.url.path.split("/")[1] for seen in amazon.calls] == ["uploads", "k"]


@both
def test_each_call_has_a_deadline_of_its_own(kind: str) -> None:
    clock = FakeClock()
    shop = Shop(kind, Amazon(taking(clock, 6.0, sent())), clock, deadline=10)
    for _ in range(3):
        shop.say()


def test_calls_of_several_tasks_have_deadlines_of_their_own() -> None:
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


# What ends with the deadline


@both
def test_429s_end_with_the_deadline(kind: str) -> None:
    amazon = Amazon(throttled(retry_after="5"))
    shop = Shop(kind, amazon, deadline=12, retry=RetryPolicy(attempts=100))
    with pytest.raises(ThrottledError):
        shop.say()

    assert shop.clock.time <= 1012
    assert len(amazon.calls) == 3


# Answers that come slowly. How a real connection is ended in time is tested over sockets.


def trickling(seconds: float) -> httpx.AsyncBaseTransport:
    """Answers whose bodies come in small pieces, each of them in time."""

    class Pieces(httpx.AsyncByteStream):
        async def __aiter__(self) -> Any:
            for _ in range(int(seconds)):
                await asyncio.sleep(1.0)
                yield b" "
            yield b"{}"

    class Transport(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            return httpx.Response(201 if request.method == "POST" else 200, stream=Pieces())

    return Transport()


@pytest.mark.parametrize("action", ["send", "read", "low_level"])
def test_a_body_that_trickles_past_the_deadline_ends_the_call(action: str) -> None:
    async def main() -> float:
        client = virtual_client(trickling(3600), deadline=10)
        with pytest.raises(DeliveryUnknownError if action == "send" else NetworkError):
            if action == "send":
                await client.create_confirm_order_details(ORDER, text="one")
            elif action == "read":
                await client.get_attributes(ORDER)
            else:
                await get_attributes.asyncio_detailed(
                    ORDER, client=client.low_level, marketplace_ids=["A1PA6795UKMFR9"]
                )
        return asyncio.get_running_loop().time()

    assert run_virtually(main()) == pytest.approx(10.0)


def test_a_body_that_trickles_to_its_end_in_time_is_taken() -> None:
    async def main() -> int:
        receipt = await virtual_client(trickling(9), deadline=10).create_confirm_order_details(ORDER, text="one")
        return receipt.status_code

    assert run_virtually(main()) == 201


@both
def test_a_compressed_body_in_small_pieces_is_decoded(kind: str) -> None:
    body = gzip.compress(b'{"buyer": {"locale": "de-DE"}}')
    stream = Trickle([body[i : i + 5] for i in range(0, len(body), 5)])
    response = httpx.Response(200, stream=stream, headers={"content-encoding": "gzip"})

    assert Shop(kind, Amazon(response), deadline=10).read().locale == "de-DE"


# The arguments


@both
@pytest.mark.parametrize("name", ["deadline", "max_wait"])
@pytest.mark.parametrize("seconds", [-1, "10", float("nan")])
def test_an_invalid_span_of_time_is_refused(kind: str, name: str, seconds: Any) -> None:
    with pytest.raises(ConfigurationError, match=f"{name} is a number of seconds"):
        Shop(kind, Amazon(), **{name: seconds})


# Time-outs


@both
def test_every_request_has_a_timeout(kind: str) -> None:
    amazon = Amazon(DESTINATION, httpx.Response(200), sent())
    Shop(kind, amazon).send_invoice(ORDER, attachments=NOTE)

    for seen in (*amazon.calls, *amazon.token_calls):
        assert seen.timeout == {"connect": 10.0, "read": 30.0, "write": 30.0, "pool": 30.0}


@both
@pytest.mark.parametrize("timeout", [None, httpx.Timeout(5, read=None), "soon", 0, -1, float("inf")])
def test_no_timeout_can_be_switched_off(kind: str, timeout: Any) -> None:
    with pytest.raises(ConfigurationError, match="limits each phase"):
        Shop(kind, Amazon(), timeout=timeout)
