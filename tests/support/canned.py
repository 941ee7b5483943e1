"""A server that answers with bytes of the test's choice, to see what a real connection makes of them."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator


class CannedServer:
    """Reads one request per connection, writes the answer as it stands, and closes."""

    def __init__(self, answer: bytes) -> None:
        self.answer = answer
        self.requests: list[bytes] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    def run(self) -> None:
        with contextlib.suppress(OSError):  # of the closed socket
            while True:
                connection, _ = self._socket.accept()
                with connection:
                    self.requests.append(_read_request(connection))
                    connection.sendall(self.answer)

    def stop(self) -> None:
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


def _read_request(connection: socket.socket) -> bytes:
    received = b""
    while b"\r\n\r\n" not in received:
        received += connection.recv(65536)
    head, _, body = received.partition(b"\r\n\r\n")
    length = next((int(h.split(b":")[1]) for h in head.split(b"\r\n") if h.lower().startswith(b"content-length")), 0)
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


@contextlib.contextmanager
def canned_server(answer: bytes) -> Iterator[CannedServer]:
    server = CannedServer(answer)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield server
    finally:
        server.stop()
        thread.join(10)
