"""A server as fast and as dumb as possible, in a process of its own, so that only the client's cost is measured.

Speaks just enough HTTP: a token endpoint, reads and sends. Started as ``python server.py [--strict RATE BURST]
[--faults]``; prints its port, answers ``GET /counters`` with what it has seen, ``POST /revoke`` ends all tokens.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from typing import Any

ACTIONS = json.dumps(
    {
        "_links": {
            "actions": [{"href": "/messaging/v1/orders/1/messages/invoice?marketplaceIds=A1", "name": "sendInvoice"}],
            "self": {"href": "/messaging/v1/orders/1?marketplaceIds=A1"},
        },
        "_embedded": {"actions": []},
    }
).encode()
FAULTS = ("reset", "error", "html")  # after recording, after recording, before


class Bucket:
    """The plan as the server sees it."""

    def __init__(self, rate: float, burst: int) -> None:
        self.rate, self.burst, self.level, self.stamp = rate, burst, float(burst), time.monotonic()

    def take(self) -> bool:
        now = time.monotonic()
        self.level = min(self.burst, self.level + (now - self.stamp) * self.rate)
        self.stamp = now
        if self.level < 1:
            return False
        self.level -= 1
        return True


class Server:
    """Counts, and answers."""

    def __init__(self, strict: tuple[float, int] | None, faults: bool) -> None:
        self.bucket = Bucket(*strict) if strict else None
        self.faults = faults
        self.generation = 0
        self.counters: dict[str, Any] = {"tokens": 0, "calls": 0, "throttled": 0, "sends": 0, "received": []}

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = 0
                for line in head.split(b"\r\n"):
                    if line[:15].lower() == b"content-length:":
                        length = int(line[15:])
                body = await reader.readexactly(length) if length else b""
                answer = self.answer(head, body)
                if answer is None:
                    writer.transport.abort()
                    return
                writer.write(answer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def answer(self, head: bytes, body: bytes) -> bytes | None:
        method, target, _ = head.split(b" ", 2)
        if target == b"/auth/o2/token":
            self.counters["tokens"] += 1
            token = {"access_token": f"Atza|{self.generation}", "token_type": "bearer", "expires_in": 3600}
            return respond(200, json.dumps(token).encode())
        if target == b"/counters":
            return respond(200, json.dumps(self.counters).encode())
        if target == b"/revoke":
            self.generation += 1
            return respond(200, b"{}")
        return self.call(method, head, body)

    def call(self, method: bytes, head: bytes, body: bytes) -> bytes | None:
        self.counters["calls"] += 1
        if b"access-token: Atza|%d\r\n" % self.generation not in head:
            denied = {
                "code": "Unauthorized",
                "message": "Access to requested resource is denied.",
                "details": "The access token you provided has expired.",
            }
            return respond(403, json.dumps({"errors": [denied]}).encode())
        if self.bucket and not self.bucket.take():
            self.counters["throttled"] += 1
            return respond(429, b'{"errors": [{"code": "QuotaExceeded", "message": "Too many."}]}')
        if method == b"GET":
            return respond(200, ACTIONS, self.bucket)
        if b"/uploads/" in head.split(b"\r\n", 1)[0]:
            return respond(201, b'{"payload": {}}', self.bucket)
        return self.send(body)

    def send(self, body: bytes) -> bytes | None:
        self.counters["sends"] += 1
        fault = None
        if self.faults and self.counters["sends"] % 10 == 0:
            fault = FAULTS[self.counters["sends"] // 10 % len(FAULTS)]
        if fault == "html":
            return respond(503, b"<html>Service Unavailable</html>", kind=b"text/html")
        if self.faults:
            self.counters["received"].append(json.loads(body)["text"])
        if fault == "reset":
            return None
        if fault == "error":
            return respond(500, b'{"errors": [{"code": "InternalFailure", "message": "We failed."}]}')
        return respond(201, b"{}", self.bucket)


def respond(status: int, body: bytes, bucket: Bucket | None = None, kind: bytes = b"application/json") -> bytes:
    limit = b"x-amzn-RateLimit-Limit: %.1f\r\n" % bucket.rate if bucket else b""
    return (
        b"HTTP/1.1 %d X\r\ncontent-type: %s\r\ncontent-length: %d\r\nx-amzn-RequestId: 1b2c\r\n%s\r\n"
        % (status, kind, len(body), limit)
    ) + body


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--strict", nargs=2, type=float)
    parser.add_argument("--faults", action="store_true")
    options = parser.parse_args()
    strict = (options.strict[0], int(options.strict[1])) if options.strict else None
    server = await asyncio.start_server(Server(strict, options.faults).serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
