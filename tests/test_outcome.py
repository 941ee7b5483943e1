"""Whatever Amazon, or something in between, answers: it is judged, and no message goes out twice."""

from __future__ import annotations

import gzip
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spapi_messaging import (
    ApiError,
    DeliveryUnknownError,
    MalformedResponseError,
    NetworkError,
    RetryPolicy,
    ServerError,
    SpApiMessagingError,
    UploadError,
)
from tests.support.amazon import (
    EXPIRED,
    ORDER,
    TEMPLATE,
    Amazon,
    Answer,
    Shop,
    Trickle,
    answer,
    both,
    raw,
    refused,
    sent,
    throttled,
)
from tests.support.canned import canned_server

CUT = httpx.RemoteProtocolError("peer closed connection without sending complete message body")


def streamed(status: int, *chunks: bytes | Exception, **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(status, stream=Trickle(list(chunks)), headers=named)


ODD: dict[str, httpx.Response] = {
    "not JSON": raw(201, b"Created!"),
    "HTML": raw(200, b"<html>Sign in</html>", content_type="text/html"),
    "errors inside": answer(201, {"errors": [{"code": "InternalFailure", "message": "sorry"}]}),
    "list": answer(201, []),
    "number": answer(200, 7),
    "null": raw(200, b"null"),
    "cut JSON": raw(201, b'{"a": '),
    "cut on the way": streamed(201, b'{"a"', CUT),
    "broken gzip": streamed(201, b"not gzip at all", content_encoding="gzip"),
    "cut gzip": streamed(201, gzip.compress(b'{"a": "' + b"x" * 500 + b'"}')[:20], content_encoding="gzip"),
    "500": refused(500, "InternalFailure"),
    "503 HTML": raw(503, b"<html>", content_type="text/html"),
    "599": raw(599, b""),
    "600": raw(600, b"{}"),
    "777": raw(777, b"{}"),
    "199": raw(199, b"{}"),
}
odd = pytest.mark.parametrize("name", ODD)

FINE: dict[str, httpx.Response] = {
    "{}": sent(),
    "200": sent(200),
    "204": raw(204, b""),
    "299": raw(299, b""),
    "empty 201": raw(201, b""),
    "errors null": answer(201, {"errors": None}),
    "errors []": answer(201, {"errors": []}),
    "wrong content type": raw(201, b"{}", content_type="text/html"),
    "gzip": streamed(201, gzip.compress(b"{}"), content_encoding="gzip"),
    "something new": answer(202, {"messageId": 1}),
}


@both
@odd
def test_an_odd_answer_to_a_send_leaves_its_fate_unknown_and_it_goes_out_once(kind: str, name: str) -> None:
    shop = Shop(kind, Amazon(ODD[name]))

    with pytest.raises(DeliveryUnknownError, match="was not repeated") as raised:
        shop.say()
    assert len(shop.amazon.calls) == 1
    assert raised.value.__cause__ is not None


@both
@odd
def test_an_odd_answer_to_a_read_is_retried_and_then_an_error_of_ours(kind: str, name: str) -> None:
    shop = Shop(kind, Amazon(ODD[name]), retry=RetryPolicy(attempts=3))

    with pytest.raises((MalformedResponseError, NetworkError, ServerError)) as raised:
        shop.read()
    assert type(raised.value) in (MalformedResponseError, NetworkError, ServerError)
    assert len(shop.amazon.calls) == 3


@both
@odd
def test_a_read_gets_over_an_odd_answer(kind: str, name: str) -> None:
    shop = Shop(kind, Amazon(ODD[name], answer(200, {"buyer": {"locale": "de-DE"}})))

    assert shop.read().locale == "de-DE"


@both
@odd
def test_an_odd_answer_to_a_request_for_an_upload_destination_is_retried_and_then_an_error_of_ours(
    kind: str, name: str
) -> None:
    shop = Shop(kind, Amazon(ODD[name]), retry=RetryPolicy(attempts=2))

    with pytest.raises(SpApiMessagingError) as raised:
        shop.upload(ORDER, "invoice", ("note.txt", b"hello"))
    assert not isinstance(raised.value, DeliveryUnknownError)
    assert len(shop.amazon.calls) == 2


@both
@pytest.mark.parametrize("payload", [None, {}, {"uploadDestinationId": "d"}, {"url": "https://s3.example/"}, [], "x"])
def test_a_destination_without_id_or_url_is_none(kind: str, payload: Any) -> None:
    shop = Shop(kind, Amazon(answer(201, {"payload": payload})), retry=RetryPolicy(attempts=2))

    with pytest.raises((MalformedResponseError, UploadError)):
        shop.upload(ORDER, "invoice", ("note.txt", b"hello"))
    assert all(seen.url.path.startswith("/uploads/") for seen in shop.amazon.calls)


@both
@pytest.mark.parametrize("name", FINE)
def test_any_other_2xx_to_a_send_is_a_receipt(kind: str, name: str) -> None:
    shop = Shop(kind, Amazon(FINE[name]))
    receipt = shop.say()

    assert receipt.status_code == FINE[name].status_code
    assert receipt.amazon_order_id == ORDER
    assert len(shop.amazon.calls) == 1


@both
@pytest.mark.parametrize("body", [b"", b"{}", b'{"errors": null}', b'{"errors": []}', b'{"buyer": null}'])
def test_a_read_of_attributes_without_attributes_has_none_or_is_malformed(kind: str, body: bytes) -> None:
    shop = Shop(kind, Amazon(raw(200, body)), retry=RetryPolicy(attempts=2))

    if body:
        assert shop.read().locale is None
    else:
        with pytest.raises(MalformedResponseError, match="an empty body"):
            shop.read()
        assert len(shop.amazon.calls) == 2


@both
@pytest.mark.parametrize("status", [204, 299])
def test_a_read_takes_any_2xx_with_content(kind: str, status: int) -> None:
    shop = Shop(kind, Amazon(answer(status, {"buyer": {"locale": "fr-FR"}})))

    assert shop.read().locale == "fr-FR"


@both
@pytest.mark.parametrize("action", ["say", "read"])
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_not_followed(kind: str, action: str, status: int) -> None:
    shop = Shop(kind, Amazon(raw(status, b"", location="https://elsewhere.example/")))

    with pytest.raises(NetworkError, match=r"elsewhere\.example.*nothing was sent"):
        getattr(shop, action)()
    assert len(shop.amazon.calls) == 1


@both
@pytest.mark.parametrize("status", [402, 405, 408, 409, 418, 451, 499])
def test_a_4xx_that_nobody_documents_is_final(kind: str, status: int) -> None:
    shop = Shop(kind, Amazon(raw(status, b"<html>", content_type="text/html")))

    with pytest.raises(ApiError, match="no error list, but text/html") as raised:
        shop.say()
    assert raised.value.status_code == status
    assert len(shop.amazon.calls) == 1


@both
@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b'{"errors": {}}', b'{"errors": [null, 1, "x"]}', b'{"errors": [{"code": 7}]}']
)
def test_a_4xx_with_an_odd_body_is_judged_by_its_status(kind: str, body: bytes) -> None:
    shop = Shop(kind, Amazon(raw(400, body)))

    with pytest.raises(ApiError) as raised:
        shop.say()
    assert (raised.value.status_code, raised.value.code) == (400, None)


@both
def test_every_answer_is_read_to_its_end_and_closed(kind: str) -> None:
    stream = Trickle([b'{"a":', b" 1}"])
    shop = Shop(kind, Amazon(httpx.Response(201, stream=stream)))
    shop.say()

    assert stream.closed


@both
def test_a_broken_answer_is_closed_as_well(kind: str) -> None:
    stream = Trickle([b'{"a":', CUT])
    shop = Shop(kind, Amazon(httpx.Response(201, stream=stream)))
    with pytest.raises(DeliveryUnknownError):
        shop.say()

    assert stream.closed


# Whatever comes after what

HARMLESS: list[Answer] = [
    throttled(),
    throttled(retry_after="2"),
    refused(403, EXPIRED),
    refused(401, EXPIRED),
    httpx.ConnectError("no"),
    httpx.PoolTimeout("no"),
]
LOST: list[Answer] = [httpx.ReadTimeout("no"), httpx.ReadError("no"), httpx.WriteError("no"), CUT, OSError("no")]


@given(
    before=st.lists(st.sampled_from(HARMLESS), max_size=6),
    then=st.sampled_from([*ODD.values(), *LOST, *FINE.values(), raw(302, b""), refused(400), refused(403, TEMPLATE)]),
    attempts=st.integers(1, 8),
)
def test_after_an_answer_that_may_follow_a_delivery_no_request_goes_out(
    before: list[Answer], then: Answer, attempts: int
) -> None:
    amazon = Amazon(*before, then, AssertionError("sent again"))
    shop = Shop("threads", amazon, retry=RetryPolicy(attempts))
    try:
        receipt = shop.say()
    except SpApiMessagingError as error:
        assert not isinstance(error.__cause__, AssertionError)
        assert not isinstance(error, DeliveryUnknownError) or then in [*ODD.values(), *LOST]
    else:
        assert receipt.status_code < 300
    assert len(amazon.calls) <= len(before) + 1


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
    "502 HTML": b"HTTP/1.1 502 Bad Gateway\r\nConnection: close\r\nContent-Type: text/html\r\n\r\n<html>",
}


def wired(kind: str, url: str) -> Shop:
    return Shop(
        kind,
        Amazon(),
        endpoint=url,
        transport=None,
        token_provider=lambda: "a-token",
        retry=RetryPolicy(attempts=2, base=0.0),
    )


@both
@pytest.mark.parametrize("name", WIRE)
def test_a_broken_connection_leaves_a_sends_fate_unknown_and_it_goes_out_once(kind: str, name: str) -> None:
    with canned_server(WIRE[name]) as server:
        shop = wired(kind, server.url)
        with pytest.raises(DeliveryUnknownError):
            shop.say()
        shop.close()

    assert len(server.requests) == 1


@both
@pytest.mark.parametrize("name", WIRE)
def test_a_broken_connection_of_a_read_is_retried(kind: str, name: str) -> None:
    with canned_server(WIRE[name]) as server:
        shop = wired(kind, server.url)
        with pytest.raises((NetworkError, ServerError, MalformedResponseError)):
            shop.read()
        shop.close()

    assert len(server.requests) == 2


@both
def test_gzip_works(kind: str) -> None:
    body = gzip.compress(b'{"buyer": {"locale": "de-DE"}}')
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    with canned_server(head + body) as server:
        shop = wired(kind, server.url)
        assert shop.read().locale == "de-DE"
        shop.close()


@both
def test_where_nobody_listens_nothing_was_sent(kind: str) -> None:
    with canned_server(b"") as server:
        pass
    shop = wired(kind, server.url)

    with pytest.raises(NetworkError, match="Nothing was sent"):
        shop.say()
    shop.close()
