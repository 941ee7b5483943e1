"""A large upload: in chunks, without holding the event loop, several side by side."""

from __future__ import annotations

import asyncio
import io
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from benchmarks.attachments import async_memory, large_file, loop_hold, memory, storage
from benchmarks.clients import Peer
from spapi_messaging import AsyncMessagingClient, _files
from spapi_messaging.sandbox import Sandbox
from tests.attachments.conftest import ORDER, PDF, AsyncWire, Seller

MIB = 2**20


@pytest.fixture(scope="module")
def to() -> Iterator[Peer]:
    with storage() as peer:
        yield peer


@pytest.fixture(scope="module")
def large() -> Iterator[Path]:
    with large_file() as path:
        yield path


def content(path: Path) -> tuple[str, bytes]:
    return "invoice.pdf", path.read_bytes()


@pytest.mark.parametrize("source", [lambda path: path, content, lambda path: ("a.pdf", io.BytesIO(path.read_bytes()))])
def test_memory_grows_by_less_than_a_mebibyte(to: Peer, large: Path, source: Callable[[Path], Any]) -> None:
    given = source(large)
    assert memory(to, given) < MIB
    assert asyncio.run(async_memory(to, given)) < MIB


def test_a_stream_goes_to_disk_and_not_to_memory(to: Peer, large: Path) -> None:
    with io.FileIO(large) as file:

        class Stream(io.RawIOBase):
            def readable(self) -> bool:
                return True

            def readinto(self, buffer: Any) -> int:
                return file.readinto(buffer) or 0

        assert memory(to, ("invoice.pdf", Stream())) < MIB
        file.seek(0)
        assert asyncio.run(async_memory(to, ("invoice.pdf", Stream()))) < MIB


def test_the_event_loop_is_not_held(to: Peer, large: Path) -> None:
    assert asyncio.run(loop_hold(to, large)) < 0.02


class Disk:
    """A file in memory that is read in so many seconds by a clock of its own, and remembers who read it."""

    def __init__(self, seconds: float) -> None:
        self.now = 0.0
        self.readers: list[int] = []
        self.seconds = seconds

    def monotonic(self) -> float:
        return self.now

    def file(self, data: bytes) -> io.BytesIO:
        class File(io.BytesIO):
            def read(file, size: int | None = -1, /) -> bytes:
                self.now += self.seconds if size else 0
                self.readers.append(threading.get_ident())
                return super().read(size)

        return File(data)


def test_a_slow_file_is_read_beside_the_event_loop(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = Disk(seconds=0.03)
    monkeypatch.setattr(_files, "time", SimpleNamespace(monotonic=disk.monotonic))
    seller = Seller("async", sandbox)
    seller.send_invoice(("a.pdf", disk.file(PDF + bytes(MIB))))
    assert len(disk.readers) > 10
    assert threading.get_ident() not in disk.readers
    assert seller.message.attachments[0].size == len(PDF) + MIB


def test_files_go_out_side_by_side(sandbox: Sandbox) -> None:
    """Each PUT waits here for the two others, which none of them would survive one by one."""
    seller = Seller("async", sandbox)

    async def main() -> None:
        together = asyncio.Barrier(3)

        class Meeting(AsyncWire):
            async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
                if request.method == "PUT":
                    await asyncio.wait_for(together.wait(), 10)
                return await super().handle_async_request(request)

        async with Meeting(lambda request: None) as wire, AsyncMessagingClient(**seller.arguments(wire)) as client:
            await client.send_invoice(ORDER, attachments=[(f"{name}.pdf", PDF + name.encode()) for name in "abc"])

    asyncio.run(main())
    assert seller.received == [(f"{name}.pdf", PDF + name.encode()) for name in "abc"]
