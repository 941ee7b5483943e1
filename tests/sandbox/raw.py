"""Requests as bytes, for what no HTTP client would send."""

from __future__ import annotations

import socket
from contextlib import suppress

from spapi_messaging.sandbox import Sandbox
from tests.sandbox.conftest import ORDER, Caller

MESSAGE_PATH = f"/messaging/v1/orders/{ORDER}/messages/confirmOrderDetails?marketplaceIds=A1PA6795UKMFR9"
FORM = "application/x-www-form-urlencoded"


def request(caller: Caller, method: str, path: str, body: bytes = b"", /, **headers: str) -> bytes:
    """A request. A header that is "" is left out."""
    given = {
        "host": f"127.0.0.1:{caller.sandbox.port}",
        "x-amz-access-token": caller.token,
        "content-type": "application/json",
        "content-length": str(len(body)),
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in given.items() if value)]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def connect(sandbox: Sandbox) -> socket.socket:
    return socket.create_connection((sandbox.host, sandbox.port), timeout=30)


def exchange(sandbox: Sandbox, *parts: bytes) -> bytes:
    """Sends bytes and no more, and returns all that comes back until the sandbox closes the connection."""
    answer = b""
    with connect(sandbox) as connection:
        with suppress(OSError):
            for part in parts:
                connection.sendall(part)
            connection.shutdown(socket.SHUT_WR)
        with suppress(OSError):
            while received := connection.recv(65536):
                answer += received
    return answer


def status(answer: bytes) -> int:
    """The status of the first answer."""
    return int(answer.split(b" ", 2)[1])
