"""What a server answers that a limiter takes for Redis: it may be another one, or a proxy."""

from __future__ import annotations

import asyncio
import socket
import threading
from contextlib import suppress
from functools import cache

from spapi_messaging import SpApiMessagingError
from spapi_messaging.limiters import BucketKey, RedisLimiter, UsagePlan
from tests.fuzz.target import Target

_KEY = BucketKey("https://api.example", "application", "seller", "sendInvoice")
_PLAN = UsagePlan(1.0, 5)
_HELLO = b"%1\r\n$5\r\nproto\r\n:3\r\n"


def redis(content: bytes) -> None:
    """The reply to the limiter's script, and before "|" that to the greeting, if it is not Redis's own."""
    server = _server()
    greeting, _, server.reply = content.rpartition(b"|")
    server.greeting = greeting or _HELLO
    limiter = RedisLimiter(f"redis://127.0.0.1:{server.port}", timeout=0.2)
    try:
        with suppress(SpApiMessagingError):
            ticket = limiter.reserve(_KEY, _PLAN, 1000.0)
            assert ticket.remaining(1000.0) >= 0
            ticket.answered(1000.0, announced_rate=0.5, pause=1.0)
        with suppress(SpApiMessagingError):
            asyncio.run(_on_a_loop(limiter))
    finally:
        limiter.close()


async def _on_a_loop(limiter: RedisLimiter) -> None:
    ticket = await limiter.reserve_async(_KEY, _PLAN, 1000.0)
    assert ticket.remaining(1000.0) >= 0
    await limiter.aclose()


class _Server:
    """Answers scripts with the input, and everything else with OK. Then it closes the connection."""

    def __init__(self) -> None:
        self.greeting = self.reply = b""
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            connection, _ = self._socket.accept()
            with connection, suppress(OSError):
                while asked := connection.recv(65536):
                    if b"EVALSHA" in asked:
                        connection.sendall(self.reply)
                        break
                    greeting = self.greeting if b"HELLO" in asked else b"+OK\r\n"
                    connection.sendall(greeting + b"+OK\r\n" * (asked.count(b"*") - 1))


@cache
def _server() -> _Server:
    return _Server()


def _numbers(*numbers: int) -> bytes:
    return b"*%d\r\n" % len(numbers) + b"".join(b":%d\r\n" % number for number in numbers)


TARGETS = (
    Target(
        "redis",
        redis,
        (_numbers(1, 0, 1_000_000, 5, 1), _numbers(1, 5_000_000, 1_000_000, 5, 1), _numbers(0, 9, 1_000_000, 5, 1)),
        (
            b"$-1\r\n",
            b"*-1\r\n",
            b"-ERR no\r\n",
            b":9" * 30,
            b"*999999999\r\n",
            b"$5\r\nabcde\r\n",
            b"+OK\r\n",
            b":0\r\n",
        ),
    ),
)
