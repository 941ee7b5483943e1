"""What callers get for an odd answer or a broken connection: a few cases end to end. tests/call has all of them."""

from __future__ import annotations

import gzip
from typing import Any

import httpx
import pytest

from spapi_messaging import (
    DeliveryUnknownError,
    MalformedResponseError,
    NetworkError,
    RetryPolicy,
    ServerError,
    SpApiMessagingError,
)
from tests.support.amazon import ORDER, Amazon, Shop, Trickle, answer, both, raw, sent
from tests.support.canned import canned_server
from tests.support.outcomes import IN_TROUBLE, LOST, NONSENSE

CUT = httpx.RemoteProtocolError("peer closed connection without sending complete message body")
ATTRIBUTES = answer(200, {"buyer": {"locale": "de-DE"}})


def streamed(status: int, *chunks: bytes | Exception, **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(status, stream=Trickle(list(chunks)), headers=named)


ODD: dict[str, httpx.Response] = {
    "HTML": raw(200, b"<html>Sign in</html>", content_type="text/html"),
    "cut on the way": streamed(201, b'{"a"', CUT),
    "broken gzip": streamed(201, b"not gzip at all", content_encoding="gzip"),
    "cut gzip": streamed(201, gzip.compress(b'{"a": "' + b"x" * 500 + b'"}')[:20], content_encoding="gzip"),
    "503": raw(503, b"<html>", content_type="text/html"),
}
odd = pytest.mark.parametrize("name", ODD)


@both
@odd
def test_a_message_with_an_odd_answer_goes_out_once_and_its_outcome_is_unknown(kind: str, name: str) -> None:
    shop = Shop(kind, Amazon(ODD[name]))

    with pytest.raises(DeliveryUnknownError, match="was not repeated") as raised:
        shop.say()
    assert len(shop.amazon.calls) == 1
    assert raised.value.__cause__ is not None


@both
@odd
def test_a_read_with_an_odd_answer_is_tried_again(kind: str, name: str) -> None:
    shop = Shop(kind, Amazon(ODD[name], ATTRIBUTES))
    assert shop.read().locale == "de-DE"

    shop = Shop(kind, Amazon(ODD[name]), retry=RetryPolicy(attempts=3))
    with pytest.raises((MalformedResponseError, NetworkError, ServerError)):
        shop.read()
    assert len(shop.amazon.calls) == 3


@both
@odd
def test_an_upload_with_an_odd_answer_is_tried_again_and_sends_no_message(kind: str, name: str) -> None:
    shop = Shop(kind, Amazon(ODD[name]), retry=RetryPolicy(attempts=2))

    with pytest.raises(SpApiMessagingError) as raised:
        shop.send_invoice(ORDER, attachments=[("note.txt", b"hello")])
    assert not isinstance(raised.value, DeliveryUnknownError)
    assert [seen.url.path.split("/")[1] for seen in shop.amazon.calls] == ["uploads", "uploads"]


@both
@pytest.mark.parametrize(
    ("accepted", "status"),
    [(raw(204, b""), 204), (streamed(201, gzip.compress(b"{}"), content_encoding="gzip"), 201), (sent(202), 202)],
)
def test_a_receipt_has_the_status_with_which_amazon_took_the_message(
    kind: str, accepted: httpx.Response, status: int
) -> None:
    assert Shop(kind, Amazon(accepted)).say().status_code == status


@both
@pytest.mark.parametrize("action", ["say", "read"])
def test_no_redirect_is_followed(kind: str, action: str) -> None:
    shop = Shop(kind, Amazon(raw(307, b"", location="https://elsewhere.example/")))

    with pytest.raises(NetworkError, match=r"elsewhere\.example.*Nothing was sent"):
        getattr(shop, action)()
    assert len(shop.amazon.calls) == 1


@both
@pytest.mark.parametrize("status", [300, 303, 304, 305, 399])
def test_a_redirect_after_which_a_message_may_have_been_sent_is_an_unknown_delivery(kind: str, status: int) -> None:
    shop = Shop(kind, Amazon(raw(status, b"", location="https://elsewhere.example/")))

    with pytest.raises(DeliveryUnknownError) as raised:
        shop.say()
    assert raised.value.status_code == status
    assert "othing was sent" not in f"{raised.value} {raised.value.__cause__}"
    with pytest.raises(NetworkError, match="redirected to elsewhere"):
        shop.read()
    assert len(shop.amazon.calls) == 2


class Odd(httpx.ConnectError):
    """An exception of the user's own, which wants more than a message."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__(f"{host}:{port}")


REQUEST = httpx.Request("POST", "https://api.example")
ODD_ERRORS = [
    (httpx.HTTPStatusError("no", request=REQUEST, response=httpx.Response(500)), DeliveryUnknownError),
    (httpx.StreamConsumed(), DeliveryUnknownError),
    (Odd("api.example", 443), NetworkError),
]


@both
@pytest.mark.parametrize(("error", "expected"), ODD_ERRORS, ids=lambda given: getattr(given, "__name__", ""))
def test_an_exception_that_wants_more_than_a_message_is_judged_like_any_other(
    kind: str, error: Exception, expected: type[Exception]
) -> None:
    with pytest.raises(expected) as raised:
        Shop(kind, Amazon(error), retry=RetryPolicy(attempts=1)).say()
    assert isinstance(raised.value.__cause__, httpx.HTTPError | httpx.StreamError)


@both
@pytest.mark.parametrize(
    "location", ["https://xn--a/", "https://[", "//", "https://a..b/", "https://" + "a" * 64, "\x7f"]
)
def test_a_redirect_to_nowhere_is_judged_like_any_other(kind: str, location: str) -> None:
    with pytest.raises(DeliveryUnknownError):
        Shop(kind, Amazon(raw(303, b"", location=location))).say()
    with pytest.raises(NetworkError, match="was redirected"):
        Shop(kind, Amazon(raw(307, b"", location=location))).say()


@both
@pytest.mark.parametrize("outcome", [*IN_TROUBLE.values(), *NONSENSE.values(), *LOST.values()], ids=repr)
def test_nobody_is_told_to_send_an_unknown_message_again(kind: str, outcome: Any) -> None:
    with pytest.raises(DeliveryUnknownError) as raised:
        Shop(kind, Amazon(outcome)).say()
    told = f"{raised.value} {raised.value.__cause__}".lower()

    assert "try again" not in told
    assert "as often as the policy" not in told
    assert "was not sent" not in told
    assert "nothing was sent" not in told


# Over a real connection

# The server closes after each answer, and where an answer is whole it says so: the next request must not race that.
WIRE: dict[str, bytes] = {
    "closed without an answer": b"",
    "no HTTP": b"220 smtp.example ready\r\n",
    "cut headers": b"HTTP/1.1 201 Created\r\nContent-Le",
    "cut body": b'HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\n{"a"',
    "cut chunk": b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n64\r\n{",
    "broken gzip": b"HTTP/1.1 201 Created\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\nnope",
    "600": b"HTTP/1.1 600 Odd\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}",
}


def wired(kind: str, url: str) -> Shop:
    arguments: dict[str, Any] = {"endpoint": url, "transport": None, "token_provider": lambda: "a-token"}
    return Shop(kind, Amazon(), retry=RetryPolicy(attempts=2, base=0.0), **arguments)


@both
@pytest.mark.parametrize("name", WIRE)
def test_over_a_broken_connection_a_message_goes_out_once_and_a_read_is_tried_again(kind: str, name: str) -> None:
    for action, errors, requests in (
        ("say", DeliveryUnknownError, 1),
        ("read", (NetworkError, ServerError, MalformedResponseError), 2),
    ):
        with canned_server(WIRE[name]) as server:
            shop = wired(kind, server.url)
            with pytest.raises(errors):
                getattr(shop, action)()
            shop.close()
        assert len(server.requests) == requests


@both
def test_a_compressed_answer_is_read(kind: str) -> None:
    body = gzip.compress(ATTRIBUTES.content)
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    with canned_server(head + body) as server:
        shop = wired(kind, server.url)
        assert shop.read().locale == "de-DE"
        shop.close()


@both
def test_if_nobody_listens_nothing_was_sent(kind: str) -> None:
    with canned_server(b"") as server:
        pass
    shop = wired(kind, server.url)

    with pytest.raises(NetworkError, match="Nothing was sent"):
        shop.say()
    shop.close()
