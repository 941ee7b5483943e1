"""Answers that are far too long, or that nobody can decode: no memory goes, no call hangs, and the status counts."""

from __future__ import annotations

import asyncio
import gzip
import itertools
import tracemalloc
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import pytest

from spapi_messaging import (
    AccessDeniedError,
    DeliveryUnknownError,
    MalformedResponseError,
    NetworkError,
    ServerError,
    UploadError,
)
from tests.support.amazon import both
from tests.support.programs import ORDER, Program
from tests.support.servers import PATIENCE, Answer, Certificate, Request, Server, amazon, reply_head
from tests.support.thorough import combined, with_a_client

MIB = 2**20
SPACES = b" " * 65536
NOTE = ("note.txt", b"hello")

#: What a client may keep of an answer at the same time: raw, decoded and copied.
MOST_MEMORY = 64 * MIB
#: What a server can send until it notices that the client has stopped: the limit, and what the sockets hold.
MOST_SENT = 64 * MIB


def bomb() -> bytes:
    """Two gigabytes of spaces in two megabytes of gzip."""
    packer = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    first, again = (packer.compress(b" " * MIB) + packer.flush(zlib.Z_FULL_FLUSH) for _ in range(2))
    return first + 2047 * again


BOMB = bomb()


def chunked(pieces: Iterable[bytes]) -> Iterator[bytes]:
    for piece in pieces:
        yield b"%x\r\n%s\r\n" % (len(piece), piece)


def chunked_head(status: int) -> bytes:
    return reply_head(status, 0, transfer_encoding="chunked").replace(b"content-length: 0\r\n", b"")


#: By name: the answer with a status, in pieces.
TOO_LARGE: dict[str, Callable[[int], Iterator[bytes]]] = {
    "a bomb": lambda status: iter([reply_head(status, len(BOMB), content_encoding="gzip"), BOMB]),
    "200 MiB": lambda status: itertools.chain([reply_head(status, 200 * MIB)], itertools.repeat(SPACES, 3200)),
    "endless": lambda status: itertools.chain([reply_head(status, 10**15)], itertools.repeat(SPACES)),
    "endless chunks": lambda status: itertools.chain([chunked_head(status)], chunked(itertools.repeat(SPACES))),
}
#: Answers without a content and without an end.
ENDLESS: dict[str, Callable[[], Iterator[bytes]]] = {
    "interim responses": lambda: itertools.repeat(b"HTTP/1.1 103 Early\r\nlink: %s\r\n\r\n" % (b"x" * 60_000)),
    "headers": lambda: itertools.chain([b"HTTP/1.1 201 Created\r\n"], itertools.repeat(b"a: b\r\n" * 1000)),
    "a header": lambda: itertools.chain([b"HTTP/1.1 201 Created\r\na: "], itertools.repeat(SPACES)),
    "chunk extensions": lambda: itertools.chain(
        [chunked_head(201)], itertools.repeat(b"1;%s\r\n \r\n" % (b"x" * 60_000))
    ),
    "a chunk header": lambda: itertools.chain([chunked_head(201), b"1;"], itertools.repeat(b"x" * 60_000)),
    "trailers": lambda: itertools.chain([chunked_head(201), b"0\r\n"], itertools.repeat(b"a: b\r\n" * 1000)),
}
UNREADABLE: dict[str, tuple[str, bytes]] = {
    "br": ("br", b"{}"),
    "corrupt gzip": ("gzip", gzip.compress(b"{}")[:-8] + bytes(8)),
    "cut gzip": ("gzip", gzip.compress(b'{"buyer": {"locale": "de-DE"}}')[:-9]),
}

READ, SEND, TOKEN, DESTINATION, STORAGE = "GET /messaging", "POST /messaging", "POST /auth", "POST /uploads", "PUT /"


class Odd(NamedTuple):
    """A client, and a server that answers one kind of request oddly until it is told to stop."""

    program: Program
    server: Server
    sent: list[int]  # bytes of the odd answers

    def fails(self, call: Callable[[], Any], error: type[Exception]) -> str:
        """Makes a call that ends with an error, and returns the error's text."""
        with pytest.raises(error) as raised:
            self.program.run(call)
        assert type(raised.value) is error
        return str(raised.value)

    def say(self) -> Any:
        return self.program.client.send(ORDER, "confirmOrderDetails", text="Hello")

    def read(self) -> Any:
        return self.program.client.get_attributes(ORDER)

    def invoice(self) -> Any:
        return self.program.client.send_invoice(ORDER, attachments=[NOTE])

    def other(self) -> Any:
        """A request that no operation is known for."""
        client = self.program.client.low_level
        if self.program.kind == "threads":
            return client.get_httpx_client().post("/messaging/v1/orders/303-1234567-1234567/new")
        return client.get_async_httpx_client().post("/messaging/v1/orders/303-1234567-1234567/new")


@contextmanager
def odd(
    kind: str, on: str, pieces: Callable[[], Iterable[bytes]], certificate: Certificate | None = None, **options: Any
) -> Iterator[Odd]:
    """The client's other requests are answered as usual, and so is its next one of that kind."""
    sent: list[int] = []
    left = [1]

    def answer(request: Request) -> Answer:
        if left and f"{request.method} {request.target}".startswith(on):
            left.clear()
            return counted()
        return amazon(request)

    def counted() -> Iterator[bytes]:
        for piece in pieces():
            yield piece
            sent.append(len(piece))

    with Server(answer, certificate=certificate) as server:
        verify = True if certificate is None else str(certificate.path)
        with Program(kind, server.url, verify=verify, **options) as program:
            yield Odd(program, server, sent)


@contextmanager
def little_memory() -> Iterator[None]:
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < MOST_MEMORY
    finally:
        tracemalloc.stop()


#: What a call makes of an answer that is too large.
VERDICTS = [
    ("read", 200, MalformedResponseError, "with more than 16 MiB"),
    ("say", 201, DeliveryUnknownError, "with more than 16 MiB"),
    ("other", 201, DeliveryUnknownError, "with more than 16 MiB"),
    ("say", 403, AccessDeniedError, "The message was not sent"),
    ("say", 503, DeliveryUnknownError, "Amazon answered 503"),
    ("read", 503, ServerError, "more than 16 MiB"),
]


@with_a_client(("name", "action", "status", "error", "said"), combined(TOO_LARGE, VERDICTS))
def test_an_answer_that_is_too_large_is_judged_by_its_status_and_the_next_call_works(
    kind: str, name: str, action: str, status: int, error: type[Exception], said: str
) -> None:
    with odd(kind, READ if action == "read" else SEND, lambda: TOO_LARGE[name](status)) as case:
        with little_memory():
            assert said in case.fails(getattr(case, action), error)
        assert case.program.read().locale == ORDER
        assert case.program.say().status_code == 201
    assert sum(case.sent) < MOST_SENT


@with_a_client(("name", "status"), combined(TOO_LARGE, [(200,), (401,)]))
def test_a_token_in_an_answer_that_is_too_large_is_an_outage(kind: str, name: str, status: int) -> None:
    with odd(kind, TOKEN, lambda: TOO_LARGE[name](status), token_provider=None) as case:
        with little_memory():
            said = case.fails(case.read, NetworkError)
        assert f"answered {status} (an answer that cannot be read)" in said
        assert case.program.read().locale == ORDER
    assert sum(case.sent) < MOST_SENT


@with_a_client("name", TOO_LARGE)
def test_a_file_arrived_if_the_storage_says_so_however_much_it_answers(kind: str, name: str) -> None:
    with odd(kind, STORAGE, lambda: TOO_LARGE[name](200)) as case, little_memory():
        assert case.program.run(case.invoice).status_code == 201
    assert sum(case.sent) < MOST_SENT


@with_a_client("name", TOO_LARGE)
def test_a_file_did_not_arrive_if_the_storage_says_so_however_much_it_answers(kind: str, name: str) -> None:
    with odd(kind, STORAGE, lambda: TOO_LARGE[name](403)) as case, little_memory():
        assert "the storage answered 403" in case.fails(case.invoice, UploadError)
    assert sum(case.sent) < MOST_SENT


@both
def test_an_upload_destination_in_an_answer_that_is_too_large_is_none(kind: str) -> None:
    with odd(kind, DESTINATION, lambda: TOO_LARGE["a bomb"](201)) as case:
        assert "with more than 16 MiB" in case.fails(case.invoice, MalformedResponseError)


@with_a_client("name", TOO_LARGE)
def test_it_ends_over_tls_too(kind: str, name: str, certificate: Certificate) -> None:
    with odd(kind, SEND, lambda: TOO_LARGE[name](201), certificate) as case, little_memory():
        case.fails(case.say, DeliveryUnknownError)
        assert case.program.say().status_code == 201
    assert sum(case.sent) < MOST_SENT


@both
def test_it_ends_before_a_deadline_too(kind: str) -> None:
    with odd(kind, SEND, lambda: TOO_LARGE["endless"](201), deadline=PATIENCE) as case:
        assert "with more than 16 MiB" in case.fails(case.say, DeliveryUnknownError)


@pytest.mark.parametrize("name", TOO_LARGE)
def test_an_event_loop_that_read_too_much_has_nothing_left_to_do(name: str) -> None:
    async def main() -> None:
        before = asyncio.all_tasks()
        with pytest.raises(DeliveryUnknownError):
            await case.say()
        assert asyncio.all_tasks() == before

    with odd("asyncio", SEND, lambda: TOO_LARGE[name](201)) as case:
        case.program.run(main)


@with_a_client(("name", "action", "error"), combined(ENDLESS, [("read", NetworkError), ("say", DeliveryUnknownError)]))
def test_an_answer_that_goes_on_for_ever_without_content_ends_as_a_broken_connection(
    kind: str, name: str, action: str, error: type[Exception]
) -> None:
    with odd(kind, READ if action == "read" else SEND, ENDLESS[name]) as case:
        with little_memory():
            assert "RemoteProtocolError" in case.fails(getattr(case, action), error)
        assert case.program.read().locale == ORDER
    assert sum(case.sent) < MOST_SENT


@both
@pytest.mark.parametrize("name", UNREADABLE)
@pytest.mark.parametrize(
    ("action", "status", "error"),
    [
        ("read", 200, NetworkError),
        ("say", 201, DeliveryUnknownError),
        ("other", 201, DeliveryUnknownError),
        ("say", 403, AccessDeniedError),
    ],
)
def test_what_cannot_be_decoded_is_a_broken_answer_unless_the_status_says_no(
    kind: str, name: str, action: str, status: int, error: type[Exception]
) -> None:
    encoding, body = UNREADABLE[name]
    answered = reply_head(status, len(body), content_encoding=encoding) + body
    with odd(kind, READ if action == "read" else SEND, lambda: [answered]) as case:
        case.fails(getattr(case, action), error)
        assert case.program.read().locale == ORDER
