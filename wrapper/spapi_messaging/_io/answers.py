"""The content of an answer: decoded, and no more of it than MAX_CONTENT. A small answer may unpack to gigabytes."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Any

import httpx

from spapi_messaging._call.effects import MAX_CONTENT, TOO_LARGE

# What requests ask for, and how zlib calls it. "deflate" may come without zlib's frame, as httpx takes it too.
_GZIP = [zlib.MAX_WBITS | 16]
_WINDOWS = {"gzip": _GZIP, "x-gzip": _GZIP, "deflate": [zlib.MAX_WBITS, -zlib.MAX_WBITS]}
# Each may cost the time to decode MAX_CONTENT, and a header has room for thousands.
_MAX_ENCODINGS = 5

_KEEPS_CONTENT = hasattr(httpx.Response(200, content=b""), "_content")


def read(response: httpx.Response) -> httpx.Response:
    """Reads an answer and closes it. One that is too large has no content, and the mark TOO_LARGE.

    The decoders of httpx are not used: they cost more than the rest of the reading, and have no limit.
    """
    if response.is_closed or response.is_stream_consumed:  # a transport has read it
        return _with_content(response, response.read())
    content: bytes | bytearray = b""
    stream: Any = response.stream
    try:
        for chunk in stream:
            # Most answers are one chunk. A list of many small chunks would take far more memory.
            content = bytearray(content) if content.__class__ is bytes and content else content
            content += chunk
            if len(content) > MAX_CONTENT:
                break
        stream.close()
    except Exception:
        if not _is_refusal(response):
            raise
    return _with_content(response, _decoded(response, content))


async def aread(response: httpx.Response) -> httpx.Response:
    """The same for an event loop."""
    if response.is_closed or response.is_stream_consumed:
        return _with_content(response, await response.aread())
    content, stream = bytearray(), response.stream
    assert isinstance(stream, httpx.AsyncByteStream)
    try:
        async for chunk in stream:
            content += chunk
            if len(content) > MAX_CONTENT:
                # A connection ends with an error then. To break at once would leave its generators to the event loop.
                await stream.aclose()
            if len(content) > 2 * MAX_CONTENT:
                break
        await stream.aclose()
    except Exception:
        if len(content) <= MAX_CONTENT and not _is_refusal(response):
            raise
    return _with_content(response, _decoded(response, content))


def _is_refusal(response: httpx.Response) -> bool:
    """Whether the status says enough, even if the rest of the answer is lost."""
    return 400 <= response.status_code < 500


def _with_content(response: httpx.Response, content: bytes | bytearray) -> httpx.Response:
    if len(content) > MAX_CONTENT:
        response.extensions[TOO_LARGE] = True
        content = b""
    if _KEEPS_CONTENT:
        response._content = bytes(content)
        response.is_closed = True
        return response
    headers = response.headers.copy()
    headers.pop("content-encoding", None)
    return httpx.Response(response.status_code, headers=headers, content=bytes(content), extensions=response.extensions)


def _decoded(response: httpx.Response, content: bytes | bytearray) -> bytes | bytearray:
    """The decoded content. If that is too large, a little more than MAX_CONTENT of it."""
    if "content-encoding" not in response.headers:
        return content
    named = (name.strip().lower() for name in response.headers["content-encoding"].split(","))
    encodings = [name for name in named if name not in ("", "identity")]
    try:
        if len(encodings) > _MAX_ENCODINGS:
            raise ValueError(f"it is encoded {len(encodings)} times")
        for encoding in reversed(encodings):
            if not 0 < len(content) <= MAX_CONTENT:
                break
            content = _inflated(content, _WINDOWS.get(encoding, ()))
    except (ValueError, zlib.error) as wrong:
        if response.is_success:  # of any other answer, the status says what matters
            raise httpx.DecodingError(f"the answer cannot be decoded: {wrong}") from wrong
    return content


def _inflated(content: bytes | bytearray, windows: Sequence[int]) -> bytes:
    if not windows:
        raise ValueError("it has an encoding that was not asked for")
    decoder = zlib.decompressobj(windows[0])
    try:
        found = decoder.decompress(content, MAX_CONTENT + 1)
    except zlib.error:
        if len(windows) == 1:
            raise
        return _inflated(content, windows[1:])
    if len(found) <= MAX_CONTENT and not decoder.eof:
        raise ValueError("it ends too early")
    return found
