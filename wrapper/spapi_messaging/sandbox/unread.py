"""What happens to the part of a request that nobody reads, and to a request whose client goes away."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from spapi_messaging.sandbox.connection import close

MAX_BYTES = 16 * 1024 * 1024
MAX_SECONDS = 2.0


class DiscardUnread:
    """ASGI middleware that sends an answer at once, and then discards what its request still brings.

    A connection that is closed while its client still sends can lose the answer. A client that sends much more, or that
    stops sending, is cut off.

    Args:
        app: The application.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        ended = not _has_body(scope)

        async def received() -> Message:
            nonlocal ended
            message = await receive()
            ended = not message.get("more_body", False)
            return message

        async def discard() -> None:
            discarded = 0
            while not ended and discarded <= MAX_BYTES:
                discarded += len((await received()).get("body", b""))

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.body" and not message.get("more_body") and not ended:
                await send({**message, "more_body": True})
                with suppress(TimeoutError):
                    await asyncio.wait_for(discard(), MAX_SECONDS)
                if not ended:
                    close(scope)
                message = {"type": "http.response.body"}
            await send(message)

        with suppress(ClientDisconnect):
            await self._app(scope, received, sent)


def _has_body(scope: Scope) -> bool:
    headers = dict(scope["headers"])
    return b"transfer-encoding" in headers or headers.get(b"content-length", b"0").strip(b"0") != b""
