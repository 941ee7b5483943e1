"""A slow server: it sends and reads a little at a time, so that no single read or write reaches a time-out.

``python slow_server.py WHAT`` starts it and prints its port. WHAT is slow: ``token``, the ``headers`` of an answer, or
an ``upload``, which it reads in small pieces. After 6 s it gives up, so that the measurement ends.
"""

from __future__ import annotations

import asyncio
import json
import socket
import sys
import time

SECONDS = 6.0
BYTE_PAUSE = 0.1
# 2 MB a second. At a much lower rate, the client's socket buffer is full for so long that a write times out.
PIECE, PIECE_PAUSE = 64 * 1024, 0.03
TOKEN = b'{"access_token": "Atza|0", "token_type": "bearer", "expires_in": 3600}'


class Server:
    def __init__(self, slow: str) -> None:
        self.slow = slow

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                await self.body(reader, head)
                what, answer = self.answer(head)
                await self.write(writer, answer, what == self.slow)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def body(self, reader: asyncio.StreamReader, head: bytes) -> None:
        lines = (line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        left = int(next(lines, b":0").split(b":")[1])
        slow, began = self.slow == "upload" and head.startswith(b"PUT"), time.monotonic()
        while left:
            piece = await reader.read(min(left, PIECE))
            if not piece:
                raise ConnectionResetError
            left -= len(piece)
            if slow and time.monotonic() < began + SECONDS:
                await asyncio.sleep(PIECE_PAUSE)

    def answer(self, head: bytes) -> tuple[str, bytes]:
        if b"/auth/o2/token" in head:
            return "token", respond(200, TOKEN)
        if head.startswith(b"PUT"):
            return "storage", respond(200, b"")
        if b"/uploads/" in head:
            host = next(line for line in head.split(b"\r\n") if line.lower().startswith(b"host:"))[5:].strip().decode()
            payload = {"uploadDestinationId": "id", "url": f"http://{host}/bucket/id?X-Amz-Signature=0", "headers": {}}
            return "destination", respond(201, json.dumps({"payload": payload}).encode())
        return "headers", respond(201, b"{}")

    async def write(self, writer: asyncio.StreamWriter, answer: bytes, slow: bool) -> None:
        sent, began = 0, time.monotonic()
        while slow and sent < len(answer) and time.monotonic() < began + SECONDS:
            writer.write(answer[sent : sent + 1])
            await writer.drain()
            await asyncio.sleep(BYTE_PAUSE)
            sent += 1
        writer.write(answer[sent:])
        await writer.drain()


def respond(status: int, body: bytes) -> bytes:
    return b"HTTP/1.1 %d X\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % (status, len(body)) + body


async def main() -> None:
    listening = socket.create_server(("127.0.0.1", 0))
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, PIECE)  # no room for an upload that nobody reads
    server = await asyncio.start_server(Server(sys.argv[1]).serve, sock=listening, limit=PIECE)
    print(listening.getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
