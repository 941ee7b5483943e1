"""What Amazon, Login with Amazon and the storage answer, read by a client with a transport of the test's own."""

from __future__ import annotations

import gzip
import itertools
import json
import pickle
import zlib
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import httpx

from spapi_messaging import MessagingClient, RetryPolicy, SpApiMessagingError
from spapi_messaging.limiters import InProcessLimiter, UsagePlan
from spapi_messaging.messages import MESSAGE_TYPES
from tests.fuzz.target import Target
from tests.preflight.actions import action_of
from tests.support.amazon import CREDENTIALS, ORDER, TEXT
from tests.support.clocks import FakeClock

_Answer = Callable[[httpx.Request], httpx.Response]
_numbers = itertools.count()
_PDF = ("invoice.pdf", b"%PDF-1.7")
_STATUSES = (400, 401, 403, 404, 407, 408, 413, 415, 429, 500, 503, 200, 201, 204, 302, 308, 600, 999)
_MEDIA_TYPES = (
    "application/json",
    "text/html; charset=utf-16",
    "text/xml",
    "",
    "a" * 9000,
    "x/y; charset=\udc80",
    "\0",
)

ACTIONS = json.dumps(
    {
        "_links": {"self": {"href": f"/messaging/v1/orders/{ORDER}"}, "actions": [{"href": "x/messages/warranty"}]},
        "_embedded": {"actions": [action_of(operation) for operation in list(MESSAGE_TYPES.values())[:3]]},
    }
).encode()
ATTRIBUTES = b'{"buyer": {"locale": "de-DE"}}'
ERRORS = json.dumps({"errors": [{"code": "Unauthorized", "message": "No.", "details": ""}]}).encode()
TOKEN = b'{"access_token": "Atza|token", "token_type": "bearer", "expires_in": 3600, "refresh_token": "Atzr|x"}'
DESTINATION = json.dumps(
    {
        "payload": {
            "uploadDestinationId": "sc/1",
            "url": "https://bucket.s3.amazonaws.com/a/b?X-Amz-Expires=900&X-Amz-Signature=0123456789abcdef",
            "headers": {"Content-Type": "application/pdf", "Content-MD5": "abc", "x-amz-meta-a": 5},
        }
    }
).encode()
STORAGE = b"<?xml version='1.0'?><Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>"


def answer_of_read(content: bytes) -> None:
    """A success. Whatever can be read of it can be shown, kept and checked against."""
    with _client(_api(lambda _: httpx.Response(200, content=content))) as client:
        with suppress(SpApiMessagingError):
            attributes = client.get_attributes(ORDER)
            json.dumps(attributes.to_dict())
            repr(attributes)
        with suppress(SpApiMessagingError):
            actions = client.get_messaging_actions_for_order(ORDER)
            json.dumps(actions.to_dict())
            repr(actions)
            assert repr(pickle.loads(pickle.dumps(actions))) == repr(actions)  # NaN is not equal to itself
            "invoice" in actions and actions.allows("invoice")
            with suppress(KeyError):
                actions["warranty"]
        for problem in _unless_refused(lambda: client.preflight(ORDER, "confirmOrderDetails", text=TEXT)) or ():
            problem.to_dict()


def refusal(content: bytes) -> None:
    """An answer of any status, to a read, a message and an upload. Its error can be shown and kept."""
    status, media_type = _STATUSES[_at(content, 0) % len(_STATUSES)], _MEDIA_TYPES[_at(content, 1) % len(_MEDIA_TYPES)]
    headers = [(b"content-type", media_type.encode("utf-8", "surrogateescape"))]
    with _client(_api(lambda _: httpx.Response(status, headers=headers, content=content[2:]))) as client:
        _keep(lambda: client.get_attributes(ORDER))
        _keep(lambda: client.create_confirm_order_details(ORDER, text=TEXT))
        _keep(lambda: client.upload(ORDER, "invoice", _PDF))


def token(content: bytes) -> None:
    """What Login with Amazon answers."""
    status = (200, 400, 401, 500, 302, 429)[_at(content, 0) % 6]
    other = httpx.Response(200, content=ATTRIBUTES)
    answer = _api(lambda request: other, lambda: httpx.Response(status, content=content[1:]))
    # An endpoint of its own each time: the process keeps its tokens by endpoint.
    with _client(answer, token_provider=None, lwa_endpoint=f"https://lwa-{next(_numbers)}.example/token") as client:
        _keep(client.authorize)
        _keep(lambda: client.get_attributes(ORDER))


def destination(content: bytes) -> None:
    """Where Amazon wants a file. The storage takes whatever comes."""

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=b"" if request.method == "PUT" else content)

    with _client(_api(answer)) as client:
        _keep(lambda: client.upload(ORDER, "invoice", _PDF))


def storage(content: bytes) -> None:
    """What the storage says of a file."""
    status = (403, 400, 500, 503, 200, 307, 407)[_at(content, 0) % 7]

    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "PUT":
            return httpx.Response(status, content=content[1:])
        return httpx.Response(201, content=DESTINATION)

    with _client(_api(answer)) as client:
        _keep(lambda: client.upload(ORDER, "invoice", _PDF))


def headers(content: bytes) -> None:
    """The headers of an answer: a line of the input for each of those that are read."""
    names = (b"retry-after", b"date", b"x-amzn-ratelimit-limit", b"x-amzn-requestid", b"x-amzn-errortype", b"location")
    lines = content[1:].split(b"\n")
    given = [(name, line) for name, line in zip(names, lines, strict=False) if line]
    status = (429, 200, 403, 302, 503)[_at(content, 0) % 5]
    with _client(_api(lambda _: httpx.Response(status, headers=given, content=ERRORS))) as client:
        _keep(lambda: client.get_attributes(ORDER))
        _keep(lambda: client.create_confirm_order_details(ORDER, text=TEXT))


def encodings(content: bytes) -> None:
    """The content encodings of an answer, in the first line, and the encoded content."""
    names, _, body = content.partition(b"\n")

    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers=[(b"content-encoding", names)], stream=httpx.ByteStream(body))

    with _client(_api(answer)) as client:
        _keep(lambda: client.get_attributes(ORDER))


def _client(answer: _Answer, **given: Any) -> MessagingClient:
    arguments: dict[str, Any] = {"token_provider": lambda: "Atza|token", **given}
    return MessagingClient(
        credentials=CREDENTIALS if arguments["token_provider"] is None else None,
        marketplace="DE",
        transport=httpx.MockTransport(answer),
        limiter=InProcessLimiter(),
        usage_plans={"*": UsagePlan(10.0, 10)},
        retry=RetryPolicy(attempts=2),
        clock=FakeClock(),
        **arguments,
    )


def _api(answer: _Answer, token_answer: Callable[[], httpx.Response] | None = None) -> _Answer:
    def handle(request: httpx.Request) -> httpx.Response:
        if token_answer is not None and request.url.host.startswith("lwa-"):
            return token_answer()
        return answer(request)

    return handle


def _keep(call: Callable[[], object]) -> None:
    """Calls, and does with an error what programs do with it."""
    try:
        call()
    except SpApiMessagingError as error:
        json.dumps(error.to_dict())
        str(error).encode()  # half a character could not be printed
        repr(error)
        assert str(pickle.loads(pickle.dumps(error))) == str(error)


def _unless_refused(call: Callable[[], Any]) -> Any:
    with suppress(SpApiMessagingError):
        return call()


def _at(content: bytes, place: int) -> int:
    return content[place] if place < len(content) else 0


_WORDS = (b"errors", b"_embedded", b"_links", b"actions", b"schema", b"payload", b"$ref", b"allOf", b"pattern", b"name")

TARGETS = (
    Target("answer-of-read", answer_of_read, (ACTIONS, ATTRIBUTES), (*_WORDS, b"#/a/b", b"(a+)+$", b"href"), "json"),
    Target("refusal", refusal, tuple(bytes([n, n]) + ERRORS for n in range(12)), (*_WORDS, b"<html>", b"\xff\xfe")),
    Target(
        "token",
        token,
        (b"\0" + TOKEN, b'\1{"error": "invalid_grant", "error_description": "No."}', b"\2<html></html>"),
        (b"expires_in", b"error", b"1e999", b"-1", b"Atzr|the-refresh-token"),
    ),
    Target("destination", destination, (DESTINATION,), (b"http://", b":99999", b"@", b"xn--", b"[::1]", b"#"), "json"),
    Target("storage", storage, (b"\0" + STORAGE, b"\1<Error><Code>BadDigest</Code></Error>", b"\4"), (b"<Code>",)),
    Target(
        "headers",
        headers,
        (
            b"\0" + b"5\nSun, 06 Nov 1994 08:49:37 GMT\n2.0\nrequest-1\nAccessDenied\nhttps://a.example/",
            b"\0" + b"Sun, 06 Nov 1994 08:49:37 GMT\nSun, 06 Nov 1994 08:49:00 +0100\n1e5",
            b"\3" + b"\n\n\n\n\nhttps://[::1]:99/",
        ),
        (b"1e400", b"-0", b"+9999999", b"Feb", b"99:99", b"inf", b"nan", b"1" * 400),
    ),
    Target(
        "encodings",
        encodings,
        (
            b"gzip\n" + gzip.compress(ATTRIBUTES),
            b"gzip, gzip\n" + gzip.compress(gzip.compress(ATTRIBUTES)),
            b"deflate\n" + zlib.compress(ATTRIBUTES),
            b"br\n" + ATTRIBUTES,
        ),
        (b"gzip", b"deflate", b"zstd", b"identity", b","),
    ),
)
