"""Broken answers: the connection is reset, or closed in the middle of an answer.

ASGI has no message for this, so an extension of uvicorn's protocol gives the application access to the transport.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from contextlib import suppress
from typing import Any

import h11
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from spapi_messaging.sandbox.answers import Answer

EXTENSION = "spapi_messaging.sandbox.transport"


class BreakableProtocol(H11Protocol):
    """Gives the application access to the transport of its connection."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Adds the transport to the scope of every request."""
        super().connection_made(transport)
        application = self.app

        async def with_transport(scope: Any, receive: Any, send: Any) -> None:
            scope["extensions"] = {**scope.get("extensions", {}), EXTENSION: transport}
            with suppress(asyncio.CancelledError):  # the server stops
                await application(scope, receive, send)

        self.app = with_transport

    def send_400_response(self, msg: str) -> None:
        """Answers what is not HTTP. If it is in the body of a request, that request gets no other answer."""
        if self.cycle and not self.cycle.response_complete:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        try:
            super().send_400_response(msg)
        except h11.LocalProtocolError:  # an answer has begun already
            self.transport.close()


def close(scope: Scope) -> None:
    """Closes the connection of a request, if it has one."""
    transport = scope.get("extensions", {}).get(EXTENSION)
    if transport is not None:
        transport.close()


def _transport(scope: Scope) -> asyncio.Transport:
    transport = scope.get("extensions", {}).get(EXTENSION)
    if transport is None:
        # There is no connection, for example under httpx.ASGITransport: the application can only raise.
        raise ConnectionResetError("the sandbox reset the connection, because a fault is switched on")
    return transport  # type: ignore[no-any-return]


class ResetResponse(Response):
    """No answer: the client gets a TCP reset."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Resets the connection."""
        transport = _transport(scope)
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
        # In the next turn of the event loop, uvicorn notices that the connection is gone.
        await asyncio.sleep(0)


class CutResponse(Response):
    """Half of an answer, then the connection is closed."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.body, answer.status, answer.headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Sends the headers of the whole answer, but half of its body."""
        transport = _transport(scope)
        half = self.body[: len(self.body) // 2]
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": half, "more_body": True})
        transport.close()
        await asyncio.sleep(0)
