"""Reads the bodies of requests, up to a limit. Nothing beyond it is kept."""

from __future__ import annotations

from contextlib import aclosing

from starlette.requests import Request

MAX_BODY_BYTES = 1024 * 1024


async def read_body(request: Request, limit: int = MAX_BODY_BYTES) -> tuple[bytes, int]:
    """The body and its size. A body that is larger than the limit is not read to its end, and not kept.

    Args:
        request: The request.
        limit: How many bytes are read.

    Returns:
        The body, and how many bytes it has. If it is too large: no bytes, and how many were announced or read.
    """
    announced = content_length(request.headers.get("content-length"))
    if announced is not None and announced > limit:
        return b"", announced
    body = bytearray()
    async with aclosing(request.stream()) as chunks:
        async for chunk in chunks:
            body += chunk
            if len(body) > limit:
                return b"", len(body)
    return bytes(body), len(body)


def content_length(header: str | None) -> int | None:
    """The value of `Content-Length`. None: it is missing, or not a number."""
    return int(header) if header and header.isascii() and header.isdigit() and len(header) <= 20 else None
