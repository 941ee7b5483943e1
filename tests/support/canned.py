"""A server that answers with bytes of the test's choice, to see what a real connection makes of them."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator


class CannedServer:
    """Answers each request with the same bytes, then closes the connection, or keeps it open.

    A complete answer before a close gets the header ``Connection: close``. Without it, the client would keep the
    connection, and chance would decide when it notices that the server has closed it.

    Attributes:
        requests: what was received, one entry for each request.
        connections: how many connections there were.
        ended: how many of them are over.
    """

    def __init__(self, answer: bytes, *, keep_open: bool = False) -> None:
        self.answer = answer if keep_open else _with_close_header(answer)
        self.requests: list[bytes] = []
        self.connections = 0
        self.ended = threading.Semaphore(0)
        self._keep_open = keep_open
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    def run(self) -> None:
        threads = []
        with contextlib.suppress(OSError):  # of the closed socket
            while True:
                connection, _ = self._socket.accept()
                self.connections += 1
                threads.append(threading.Thread(target=self._serve, args=[connection]))
                threads[-1].start()
        for thread in threads:
            thread.join(10)

    def stop(self) -> None:
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _serve(self, connection: socket.socket) -> None:
        connection.settimeout(10)
        with connection, contextlib.suppress(OSError):  # of a client that is gone
            while request := _read_request(connection):
                self.requests.append(request)
                connection.sendall(self.answer)
                if not self._keep_open:
                    break
        self.ended.release()


def _with_close_header(answer: bytes) -> bytes:
    status, _, rest = answer.partition(b"\r\n")
    head, end, _ = rest.partition(b"\r\n\r\n")
    if not status.startswith(b"HTTP/1.1 ") or not end or b"\r\nconnection:" in b"\r\n" + head.lower():
        return answer
    return status + b"\r\nConnection: close\r\n" + rest


def _read_request(connection: socket.socket) -> bytes:
    """One request. Nothing: the client closed the connection before it sent one."""
    received = b""
    while b"\r\n\r\n" not in received:
        if not (piece := connection.recv(65536)):
            return b""
        received += piece
    head, _, body = received.partition(b"\r\n\r\n")
    length = next((int(h.split(b":")[1]) for h in head.split(b"\r\n") if h.lower().startswith(b"content-length")), 0)
    while len(body) < length and (piece := connection.recv(65536)):
        body += piece
    return head + b"\r\n\r\n" + body


@contextlib.contextmanager
def canned_server(answer: bytes, *, keep_open: bool = False) -> Iterator[CannedServer]:
    server = CannedServer(answer, keep_open=keep_open)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield server
    finally:
        server.stop()
        thread.join(10)
