"""The content of an answer is decoded as httpx does it, and ends at a limit."""

from __future__ import annotations

import asyncio
import gzip
import itertools
import zlib
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import vcr  # type: ignore[import-untyped]
from hypothesis import example, given
from hypothesis import strategies as st

from spapi_messaging._call.effects import MAX_CONTENT, TOO_LARGE
from spapi_messaging._io import answers
from tests.support.amazon import Amazon, Shop, Trickle, both
from tests.support.canned import canned_server
from tests.support.thorough import with_a_client

KINDS = ["threads", "asyncio"]
BODY = b'{"buyer": {"locale": "de-DE"}}'
PIECE = b"x" * 65536


def raw_deflate(data: bytes) -> bytes:
    return zlib.compress(data, wbits=-zlib.MAX_WBITS)


#: Names in a header, and what encodes so.
ENCODERS: list[tuple[str, Callable[[bytes], bytes]]] = [
    ("gzip", gzip.compress),
    ("GZIP", gzip.compress),
    ("deflate", zlib.compress),
    ("Deflate", raw_deflate),
    ("identity", bytes),
    ("", bytes),
]


def read(kind: str, response: httpx.Response) -> httpx.Response:
    if kind == "threads":
        return answers.read(response)
    return asyncio.run(answers.aread(response))


def streamed(raw: bytes, encoding: str | None = None, size: int = 65536, status: int = 200) -> httpx.Response:
    """An answer that arrives in chunks of ``size`` bytes."""
    stream = Trickle([raw[start : start + size] for start in range(0, len(raw), size)])
    return httpx.Response(status, stream=stream, headers=named(encoding))


def named(encoding: str | None) -> dict[str, str]:
    return {} if encoding is None else {"content-encoding": encoding}


def is_too_large(found: httpx.Response) -> bool:
    return TOO_LARGE in found.extensions and found.content == b""


# As httpx does it


@given(data=st.binary(max_size=300), applied=st.lists(st.sampled_from(ENCODERS), max_size=3), size=st.integers(1, 50))
def test_the_content_is_what_httpx_finds_in_one_piece(
    data: bytes, applied: list[tuple[str, Callable[[bytes], bytes]]], size: int
) -> None:
    raw, encoding = data, ", ".join(name for name, _ in applied)
    for _, encode in applied:
        raw = encode(raw)
    assert httpx.Response(200, content=raw, headers=named(encoding)).content == data
    for kind in KINDS:
        found = read(kind, streamed(raw, encoding, size))
        assert (found.content, found.is_closed, found.extensions) == (data, True, {})
    assert read("threads", streamed(raw, None, size)).content == raw


@given(
    raw=st.one_of(st.binary(max_size=60), st.binary(max_size=60).map(gzip.compress), st.binary().map(raw_deflate)),
    end=st.integers(0, 80),
    more=st.binary(max_size=3),
    encoding=st.sampled_from(["gzip", "deflate", "deflate, gzip"]),
)
@example(gzip.compress(BODY), 80, gzip.compress(BODY), "gzip")
@example(b"", 0, b"", "gzip")
def test_what_cannot_be_decoded_is_an_error_and_never_another_content(
    raw: bytes, end: int, more: bytes, encoding: str
) -> None:
    raw = raw[:end] + more
    try:
        found = read("threads", streamed(raw, encoding)).content
    except httpx.DecodingError:
        return
    assert found == httpx.Response(200, content=raw, headers=named(encoding)).content


BROKEN: dict[str, tuple[str, bytes]] = {
    "not gzip": ("gzip", BODY),
    "cut gzip": ("gzip", gzip.compress(BODY)[:-1]),
    "corrupt gzip": ("gzip", gzip.compress(BODY)[:-8] + bytes(8)),
    "cut deflate": ("deflate", zlib.compress(BODY)[:-1]),
    "cut raw deflate": ("deflate", raw_deflate(BODY)[:-1]),
    "br": ("br", BODY),
    "zstd below gzip": ("zstd, gzip", gzip.compress(BODY)),
    "a word": ("utf-8", BODY),
    "too many": (", ".join(["gzip"] * 6), gzip.compress(BODY)),
}


@both
@pytest.mark.parametrize("name", BROKEN)
def test_a_success_that_cannot_be_decoded_is_an_error_of_httpx(kind: str, name: str) -> None:
    encoding, raw = BROKEN[name]
    with pytest.raises(httpx.DecodingError):
        read(kind, streamed(raw, encoding))


@both
@pytest.mark.parametrize("name", BROKEN)
@pytest.mark.parametrize("status", [307, 403, 429, 503])
def test_the_status_of_a_refusal_counts_although_its_content_cannot_be_decoded(
    kind: str, name: str, status: int
) -> None:
    encoding, raw = BROKEN[name]
    assert read(kind, streamed(raw, encoding, status=status)).status_code == status


@both
def test_an_empty_answer_has_no_encoding_whatever_its_header_says(kind: str) -> None:
    for encoding in ("gzip", "br", "deflate, gzip"):
        assert read(kind, streamed(b"", encoding)).content == b""


# The limit


@with_a_client("encode", [encode for name, encode in ENCODERS if name])
def test_an_answer_has_at_most_16_mebibytes_of_content(kind: str, encode: Callable[[bytes], bytes]) -> None:
    encoding = next(name for name, other in ENCODERS if other is encode)
    full = bytes(MAX_CONTENT)
    assert read(kind, streamed(encode(full), encoding)).content == full
    assert is_too_large(read(kind, streamed(encode(full + b"x"), encoding)))


@both
def test_a_layer_between_two_encodings_is_limited_too(kind: str) -> None:
    raw = gzip.compress(gzip.compress(bytes(2 * MAX_CONTENT), compresslevel=0))
    assert is_too_large(read(kind, streamed(raw, "gzip, gzip")))


@both
@pytest.mark.parametrize("encoding", [None, "gzip"])
@pytest.mark.parametrize("status", [200, 403])
def test_nothing_is_read_beyond_the_limit_and_the_answer_is_closed(
    kind: str, encoding: str | None, status: int
) -> None:
    asked: list[int] = []
    stream = Trickle([PIECE] * 2000, lambda: asked.append(1))
    found = read(kind, httpx.Response(status, stream=stream, headers=named(encoding)))

    assert is_too_large(found)
    assert found.status_code == status
    assert stream.closed
    assert len(asked) * len(PIECE) <= 2 * MAX_CONTENT + len(PIECE)


class Endless(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body that goes on although it was closed, or fails then."""

    def __init__(self, *, fails: bool) -> None:
        self._fails = fails
        self._closed = False

    def __iter__(self) -> Iterator[bytes]:
        for _ in itertools.count():
            if self._closed and self._fails:
                raise RuntimeError("closed")
            yield PIECE

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self:
            yield piece

    def close(self) -> None:
        self._closed = True

    async def aclose(self) -> None:
        self.close()


@both
@pytest.mark.parametrize("fails", [True, False])
def test_an_endless_answer_ends_whatever_its_transport_does_when_it_is_closed(kind: str, fails: bool) -> None:
    assert is_too_large(read(kind, httpx.Response(200, stream=Endless(fails=fails))))


@both
def test_an_answer_that_breaks_off_below_the_limit_is_an_error(kind: str) -> None:
    for error in (httpx.ReadError("cut"), RuntimeError("cut")):
        with pytest.raises(type(error)):
            read(kind, httpx.Response(200, stream=Trickle([BODY, error])))


# Answers that others have read


@both
def test_of_an_answer_that_its_transport_has_read_only_the_length_counts(kind: str) -> None:
    small = httpx.Response(200, content=gzip.compress(BODY), headers=named("gzip"))
    assert read(kind, small).content == BODY
    assert is_too_large(read(kind, httpx.Response(200, content=bytes(MAX_CONTENT + 1))))


@both
def test_an_answer_whose_content_was_taken_by_its_transport_is_an_error(kind: str) -> None:
    class Transport(Amazon):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            response = super().handle_request(request)
            list(response.iter_raw())
            return response

        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            response = await super().handle_async_request(request)
            _ = [chunk async for chunk in response.aiter_raw()]
            return response

    taken: Any = Transport(streamed(BODY))
    with pytest.raises(httpx.StreamError):
        read(kind, take(kind, taken))


def take(kind: str, transport: Any) -> httpx.Response:
    request = httpx.Request("GET", "https://api.example")
    response: httpx.Response = (
        transport.handle_request(request) if kind == "threads" else asyncio.run(transport.handle_async_request(request))
    )
    return response


@both
@pytest.mark.parametrize("encoding", [None, "gzip"])
def test_another_release_of_httpx_may_keep_the_content_elsewhere(
    kind: str, encoding: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "_KEEPS_CONTENT", False)
    raw = gzip.compress(BODY) if encoding else BODY
    found = read(kind, streamed(raw, encoding))
    assert (found.status_code, found.content) == (200, BODY)
    assert is_too_large(read(kind, streamed(bytes(MAX_CONTENT + 1))))


@both
def test_a_recorded_answer_is_decoded_when_it_is_recorded_and_when_it_is_played(kind: str, tmp_path: Path) -> None:
    compressed = gzip.compress(BODY)
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(compressed)}\r\n\r\n"
    with canned_server(head.encode() + compressed) as server:
        given: dict[str, Any] = {"endpoint": server.url, "transport": None, "token_provider": lambda: "a-token"}
        for _ in range(2):
            shop = Shop(kind, Amazon(), **given)
            with vcr.use_cassette(str(tmp_path / "cassette.yaml")):
                assert shop.read().locale == "de-DE"
            shop.close()

    assert len(server.requests) == 1
