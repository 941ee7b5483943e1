"""A storage that refuses a file before it has read all of it, and closes the connection: its answer is read."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
import threading
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import httpx
import pytest

from spapi_messaging import UploadError
from spapi_messaging._io.loop_connections import OwnLoopConnections
from spapi_messaging._io.threads import OwnConnections
from spapi_messaging.proxies import Proxies
from tests.support.amazon import both
from tests.support.programs import ORDER, Program
from tests.support.servers import Certificate, Request, Server, amazon, reply

#: Uploads in each test; SPAPI_UPLOADS=200 makes 200.
UPLOADS = int(os.environ.get("SPAPI_UPLOADS", "20"))
CHUNK = bytes(256 * 1024)
CHUNKS = 36
REFUSAL = b"<Error><Code>SignatureDoesNotMatch</Code></Error>"

encrypted = pytest.mark.parametrize("tls", [False, True], ids=["plain", "TLS"])


class File(httpx.SyncByteStream, httpx.AsyncByteStream):
    """Nine mebibytes."""

    def __iter__(self) -> Iterator[bytes]:
        for _ in range(CHUNKS):
            yield CHUNK

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self:
            yield chunk


class Hasty:
    """A storage that reads a little of each request, answers and closes the connection at once."""

    def __init__(self, pieces: list[bytes], certificate: Certificate | None) -> None:
        self._pieces = pieces
        self._tls: ssl.SSLContext | None = None
        if certificate is not None:
            self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._tls.load_cert_chain(certificate.path, certificate.key)
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"{'http' if certificate is None else 'https'}://localhost:{self.socket.getsockname()[1]}/a"

    def run(self) -> None:
        with suppress(OSError):  # of the closed socket
            while True:
                self._refuse(self.socket.accept()[0])

    def _refuse(self, connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._tls is not None:
            connection = self._tls.wrap_socket(connection, server_side=True)
        with connection:
            seen = 0
            while seen < 100_000:
                seen += len(connection.recv(65536))
            for piece in self._pieces:
                connection.sendall(piece)


@contextmanager
def hasty(pieces: list[bytes], certificate: Certificate | None) -> Iterator[str]:
    server = Hasty(pieces, certificate)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield server.url
    finally:
        server.socket.shutdown(socket.SHUT_RDWR)
        server.socket.close()
        thread.join(10)


def put(url: str) -> httpx.Request:
    headers = {"host": "localhost", "content-length": str(CHUNKS * len(CHUNK))}
    return httpx.Request(
        "PUT", url, headers=headers, stream=File(), extensions={"timeout": httpx.Timeout(20).as_dict()}
    )


def uploads(kind: str, url: str, certificate: Certificate) -> Counter[Any]:
    """The results of the uploads, counted: a status and a content, or an error's class."""
    verify = ssl.create_default_context(cafile=certificate.path)
    found: Counter[Any] = Counter()
    if kind == "threads":
        connections = OwnConnections(verify, Proxies(None), 2.0)
        for _ in range(UPLOADS):
            try:
                response = connections.exchange(put(url), None)
                found[response.status_code, response.content] += 1
            except httpx.HTTPError as error:
                found[type(error)] += 1
        connections.close()
        return found

    async def main() -> None:
        connections = OwnLoopConnections(verify, Proxies(None), 2.0)
        for _ in range(UPLOADS):
            try:
                response = await connections.exchange(put(url), None)
                found[response.status_code, response.content] += 1
            except httpx.HTTPError as error:
                found[type(error)] += 1
        assert asyncio.all_tasks() == {asyncio.current_task()}
        await connections.aclose()

    asyncio.run(main())
    return found


def head(status: int) -> bytes:
    return b"HTTP/1.1 %d No\r\ncontent-length: %d\r\nconnection: close\r\n\r\n" % (status, len(REFUSAL))


#: A refusal in one packet, in two, and one that ends with the connection.
REFUSALS = {
    "one packet": (403, [head(403) + REFUSAL]),
    "two packets": (503, [head(503), REFUSAL]),
    "no length": (403, [b"HTTP/1.1 403 No\r\nconnection: close\r\n\r\n" + REFUSAL]),
}
BROKEN = {"nothing": [], "half a head": [head(403)[:30]], "half a body": [head(403) + REFUSAL[:10]]}


@both
@encrypted
@pytest.mark.parametrize("name", REFUSALS)
def test_a_refusal_before_the_end_of_the_file_is_read_every_time(
    kind: str, tls: bool, name: str, certificate: Certificate
) -> None:
    status, pieces = REFUSALS[name]
    with hasty(pieces, certificate if tls else None) as url:
        assert uploads(kind, url, certificate) == {(status, REFUSAL): UPLOADS}


@both
@encrypted
@pytest.mark.parametrize("name", BROKEN)
def test_a_connection_that_breaks_in_the_status_line_or_the_headers_is_an_error(
    kind: str, tls: bool, name: str, certificate: Certificate
) -> None:
    with hasty(BROKEN[name], certificate if tls else None) as url:
        seen = set(uploads(kind, url, certificate))
    if name == "half a body":
        assert seen <= {(403, REFUSAL[:10]), (403, REFUSAL[: len(REFUSAL) // 2])}  # the status says enough
    else:
        assert seen <= {httpx.ReadError, httpx.RemoteProtocolError}


@both
@pytest.mark.parametrize("status", [200, 204])
def test_a_storage_that_is_content_before_it_has_the_whole_file_has_not_got_it(kind: str, status: int) -> None:
    def answer(request: Request) -> bytes:
        if request.target.startswith("/uploads/"):
            return reply(201, {"payload": {"uploadDestinationId": "d", "url": f"{storage}/k?X-Amz-Expires=900"}})
        return amazon(request)

    success = [f"HTTP/1.1 {status} OK\r\nContent-Length: 0\r\n\r\n".encode()]
    with hasty(success, None) as storage, Server(answer) as server, Program(kind, server.url) as program:
        file = ("a.txt", b"x" * (9 * 2**20))
        with pytest.raises(UploadError, match=f"the storage answered {status} before it had the whole file"):
            program.run(lambda: program.client.send_invoice(ORDER, attachments=[file]))
    assert server.sends == []
