"""The network below httpx: few packets, and connections that can be dropped."""

from __future__ import annotations

import asyncio
import socket
import ssl
from typing import Any

import httpcore
import pytest
from httpcore._backends.sync import SyncStream

from spapi_messaging._io.network import MAX_UNSENT, LoopNetwork, ThreadNetwork
from tests.support.amazon import both


class Wire:
    """What leaves this machine, piece by piece."""

    def __init__(self, error: Exception | None = None) -> None:
        self.pieces: list[bytes] = []
        self.closed = False
        self._error = error

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self.pieces.append(buffer)
        if self._error is not None:
            raise self._error

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return b"the answer"

    def close(self) -> None:
        self.closed = True


class LoopWire(Wire):
    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # type: ignore[override]
        super().write(buffer)

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # type: ignore[override]
        return super().read(max_bytes)

    async def aclose(self) -> None:
        self.close()


class Line:
    """A connection of either network, used without await."""

    def __init__(self, kind: str, monkeypatch: pytest.MonkeyPatch, error: Exception | None = None) -> None:
        self.network: Any = ThreadNetwork() if kind == "threads" else LoopNetwork()
        self.wire = Wire(error) if kind == "threads" else LoopWire(error)
        below = httpcore.SyncBackend if kind == "threads" else httpcore.AnyIOBackend
        monkeypatch.setattr(below, "connect_tcp", lambda *_: self.wire if kind == "threads" else self._connect())
        self.stream = self.run(self.network.connect_tcp("api.example", 443))

    async def _connect(self) -> Wire:
        return self.wire

    def run(self, result: Any) -> Any:
        async def main() -> Any:
            return await result

        return asyncio.run(main()) if asyncio.iscoroutine(result) else result

    def write(self, buffer: bytes) -> None:
        self.run(self.stream.write(buffer))

    def read(self) -> bytes:
        found: bytes = self.run(self.stream.read(100))
        return found

    def close(self, target: Any) -> None:
        self.run(target.aclose() if hasattr(target, "aclose") else target.close())


@both
def test_headers_and_body_leave_in_one_piece_before_the_answer_is_read(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = Line(kind, monkeypatch)
    line.write(b"headers ")
    line.write(b"body")
    assert line.wire.pieces == []
    assert line.read() == line.read() == b"the answer"

    assert line.wire.pieces == [b"headers body"]


@both
def test_a_long_body_does_not_pile_up(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    line = Line(kind, monkeypatch)
    line.write(b"headers")
    for _ in range(3):
        line.write(b"x" * MAX_UNSENT)
    line.write(b"end")
    line.read()

    assert [len(piece) for piece in line.wire.pieces] == [MAX_UNSENT + 7, 2 * MAX_UNSENT, 3]


@both
def test_an_answer_counts_although_the_server_took_not_all_of_the_request(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = Line(kind, monkeypatch, httpcore.WriteError("broken pipe"))
    line.write(b"request")

    assert line.read() == b"the answer"


@both
def test_a_write_that_takes_too_long_is_an_error(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    line = Line(kind, monkeypatch, httpcore.WriteTimeout("slow"))
    line.write(b"request")

    with pytest.raises(httpcore.WriteTimeout):
        line.read()


@both
def test_open_connections_are_known_until_they_are_closed(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    line = Line(kind, monkeypatch)
    assert line.network.streams == {line.stream}
    line.close(line.stream)
    assert (line.network.streams, line.wire.closed) == (set(), True)

    line = Line(kind, monkeypatch)
    line.run(line.network.drop() if kind == "threads" else line.network.aclose())
    assert (line.network.streams, line.wire.closed) == (set(), True)


def test_an_interrupted_tls_connection_stays_open_for_the_thread_that_uses_it_and_sends_nothing_in_clear() -> None:
    ours, theirs = socket.socketpair()
    with theirs:
        wrapped = ssl.create_default_context().wrap_socket(
            ours, server_hostname="api.example", do_handshake_on_connect=False
        )
        network: Any = ThreadNetwork()
        network.streams = {SyncStream(wrapped)}
        network.interrupt()
        assert wrapped.fileno() >= 0  # no other connection gets the number of its descriptor
        with pytest.raises(OSError):
            wrapped.send(b"the token")
        assert theirs.recv(100) == b""
        wrapped.close()
