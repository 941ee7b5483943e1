"""A server that is as fast and simple as possible, in its own process, so that only the client's cost is measured.

It has a token endpoint, and answers reads and sends. ``python server.py`` starts it and prints its port.

--strict RATE BURST   enforces this usage plan for each seller, and says so in its answers
--faults              every 10th send fails, each time in another way
--keep-alive SECONDS  closes connections that were idle for SECONDS, and is 20 ms away from its clients

``GET /counters`` tells what it received, ``/revoke`` revokes all tokens, and ``/delay/SECONDS`` makes later calls slow.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
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
LATENCY = 0.02  # of --keep-alive, each way
FAULTS = ("reset", "error", "html")  # after recording, after recording, before


class Bucket:
    """The usage plan of one seller, as the server enforces it."""

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
    """Counts requests and answers them."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.plan = (options.strict[0], int(options.strict[1])) if options.strict else None
        self.buckets: dict[bytes, Bucket] = {}  # by access token
        self.faults, self.keep_alive = options.faults, options.keep_alive
        self.delay = 0.0
        self.generation = 0
        self.counters: dict[str, Any] = dict.fromkeys(("tokens", "connections", "calls", "throttled", "sends"), 0)
        self.counters["received"] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        calls, answered = 0, time.monotonic()
        try:
            while request := await self.request(reader, writer, answered):
                head, body = request
                if b" /messaging/" in head[:20]:
                    calls += 1
                    self.counters["connections"] += calls == 1
                    if self.delay:
                        await asyncio.sleep(self.delay)
                answer = self.answer(head, body)
                if answer is None:
                    writer.transport.abort()
                    return
                answered = time.monotonic()
                if self.keep_alive:
                    await asyncio.sleep(LATENCY)
                writer.write(answer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def request(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, answered: float
    ) -> tuple[bytes, bytes] | None:
        """The next request. None: it came when the server had already closed the connection."""
        if not self.keep_alive:
            head = await reader.readuntil(b"\r\n\r\n")
        else:
            idle = answered + self.keep_alive - time.monotonic()
            end = asyncio.get_running_loop().call_later(idle + LATENCY, writer.close)
            head = await reader.readuntil(b"\r\n\r\n")
            end.cancel()
            if time.monotonic() + LATENCY > answered + self.keep_alive:
                return None
        length = 0
        for line in head.split(b"\r\n"):
            if line[:15].lower() == b"content-length:":
                length = int(line[15:])
        return head, await reader.readexactly(length) if length else b""

    def answer(self, head: bytes, body: bytes) -> bytes | None:
        method, target, _ = head.split(b" ", 2)
        if target == b"/auth/o2/token":
            self.counters["tokens"] += 1
            seller = hashlib.sha256(body).hexdigest()[:16]  # the refresh token is in it
            token = {"access_token": f"Atza|{self.generation}|{seller}", "token_type": "bearer", "expires_in": 3600}
            return respond(200, json.dumps(token).encode())
        if target == b"/counters":
            return respond(200, json.dumps(self.counters).encode())
        if target.startswith(b"/delay/"):
            self.delay = float(target[7:])
            return respond(200, b"{}")
        if target == b"/revoke":
            self.generation += 1
            return respond(200, b"{}")
        return self.call(method, head, body)

    def call(self, method: bytes, head: bytes, body: bytes) -> bytes | None:
        self.counters["calls"] += 1
        access = head.partition(b"access-token: ")[2].partition(b"\r\n")[0]
        if access.split(b"|")[1:2] != [b"%d" % self.generation]:
            denied = {
                "code": "Unauthorized",
                "message": "Access to requested resource is denied.",
                "details": "The access token you provided has expired.",
            }
            return respond(403, json.dumps({"errors": [denied]}).encode())
        bucket = self.bucket_of(access)
        if bucket and not bucket.take():
            self.counters["throttled"] += 1
            return respond(429, b'{"errors": [{"code": "QuotaExceeded", "message": "Too many."}]}')
        if method == b"GET":
            return respond(200, ACTIONS, bucket)
        if b"/uploads/" in head.split(b"\r\n", 1)[0]:
            return respond(201, b'{"payload": {}}', bucket)
        return self.send(body, bucket)

    def bucket_of(self, access: bytes) -> Bucket | None:
        if self.plan is None:
            return None
        if access not in self.buckets:
            self.buckets[access] = Bucket(*self.plan)
        return self.buckets[access]

    def send(self, body: bytes, bucket: Bucket | None) -> bytes | None:
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
        return respond(201, b"{}", bucket)


def respond(status: int, body: bytes, bucket: Bucket | None = None, kind: bytes = b"application/json") -> bytes:
    limit = b"x-amzn-RateLimit-Limit: %.1f\r\n" % bucket.rate if bucket else b""
    return (
        b"HTTP/1.1 %d X\r\ncontent-type: %s\r\ncontent-length: %d\r\n"
        b"x-amzn-RequestId: 0a1b2c3d-0000-4000-8000-123456789abc\r\n%s\r\n" % (status, kind, len(body), limit)
    ) + body


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--strict", nargs=2, type=float)
    parser.add_argument("--faults", action="store_true")
    parser.add_argument("--keep-alive", type=float)
    server = await asyncio.start_server(Server(parser.parse_args()).serve, "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
