"""Large files: in chunks, without memory, and without holding the event loop."""

from __future__ import annotations

import asyncio
import io
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from benchmarks.attachments import async_memory, large_file, loop_hold, memory, storage
from benchmarks.clients import Peer
from spapi_messaging.sandbox import Sandbox
from tests.support.thorough import select
from tests.upload.conftest import PDF, Seller

MIB = 2**20


@pytest.fixture(scope="module")
def to() -> Iterator[Peer]:
    with storage() as peer:
        yield peer


@pytest.fixture(scope="module")
def large() -> Iterator[Path]:
    with large_file() as path:
        yield path


class Stream(io.FileIO):
    """A file that cannot be rewound."""

    def seekable(self) -> bool:
        return False


@pytest.mark.parametrize("convert", select([io.BytesIO], [bytes]))
def test_memory_grows_by_less_than_a_mebibyte(to: Peer, large: Path, convert: Callable[[bytes], Any]) -> None:
    for source in (large, ("invoice.pdf", convert(large.read_bytes()))):
        assert memory(to, source) < MIB
        assert asyncio.run(async_memory(to, source)) < MIB


def test_a_stream_goes_to_disk_and_not_to_memory(to: Peer, large: Path) -> None:
    with Stream(large) as stream:
        assert memory(to, stream) < MIB
    with Stream(large) as stream:
        assert asyncio.run(async_memory(to, stream)) < MIB


def test_the_event_loop_is_not_held(to: Peer, large: Path) -> None:
    assert asyncio.run(loop_hold(to, large)) < 0.02


@contextmanager
def hasty(answer: bytes, *, lingers: bool) -> Iterator[str]:
    """The URL of a storage that answers when it has read a little, and closes the connection in half or in whole."""
    listener = socket.create_server(("127.0.0.1", 0))

    def run() -> None:
        with listener, listener.accept()[0] as connection:
            connection.recv(100_000, socket.MSG_WAITALL)
            connection.sendall(answer)
            connection.shutdown(socket.SHUT_WR)
            while lingers and connection.recv(MIB):
                pass

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}/a"
    thread.join(10)


@pytest.mark.parametrize("lingers", [True, False])
def test_a_refusal_that_comes_before_all_of_the_file_was_sent_is_understood(
    seller: Seller, large: Path, lingers: bool
) -> None:
    body = b"<Error><Code>SignatureDoesNotMatch</Code></Error>"
    head = b"HTTP/1.1 403 Forbidden\r\ncontent-length: %d\r\nconnection: close\r\n\r\n" % len(body)
    with hasty(head + body, lingers=lingers) as url:
        seller.give_destination(url)
        seller.send_invoice(large)  # the second destination is the sandbox's own
    assert seller.message.attachments[0].size == large.stat().st_size


def test_a_file_of_the_callers_own_is_read_beside_the_event_loop(sandbox: Sandbox) -> None:
    readers: set[int] = set()

    class Watched(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            readers.add(threading.get_ident())
            return super().read(size)

    seller = Seller("asyncio", sandbox)
    seller.send_invoice(("a.pdf", Watched(PDF + bytes(MIB))))
    assert readers
    assert threading.get_ident() not in readers
    assert seller.message.attachments[0].size == len(PDF) + MIB
