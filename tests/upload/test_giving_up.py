"""Uploads that are cancelled, interrupted or too late: nothing goes out afterwards, and nothing is left behind."""

from __future__ import annotations

import asyncio
import io
import itertools
import os
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Future
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from spapi_messaging import (
    AsyncMessagingClient,
    InvalidMessageError,
    MessagingClient,
    NetworkError,
    RetryPolicy,
    UploadError,
)
from spapi_messaging.attachments import AttachmentSource
from spapi_messaging.sandbox import Sandbox
from tests.upload.conftest import ORDER, PDF, Seller

ONE_PLACE = {"max_connections": 1}


class Hanging(io.IOBase):
    """A file whose read hangs, after some that do not, until it is let go."""

    def __init__(self, content: Any, reads: int) -> None:
        super().__init__(content)  # type: ignore[call-arg]
        self.reads = reads
        self.hangs = False
        self.reached, self.let_go = threading.Event(), threading.Event()

    def read(self, size: int | None = -1, /) -> Any:
        if size and not self.reads:
            self.hangs = True
            self.reached.set()
            self.let_go.wait(10)
        self.reads = max(0, self.reads - bool(size))
        data = super().read(size)
        self.hangs = False
        return data

    def until_it_is_put_back(self) -> None:
        """Lets it go, and waits until whoever reads it has put it back."""
        self.let_go.set()
        end = time.monotonic() + 10
        while (self.hangs or self.tell()) and time.monotonic() < end:
            time.sleep(0)
        assert (self.tell(), self.closed) == (0, False)


class Stuck(Hanging, io.BytesIO):
    """In memory."""


class StuckDisk(Hanging, io.FileIO):
    """On a disk."""


@pytest.fixture
def deaf() -> Iterator[str]:
    """The URL of a storage that reads nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/a"


@asynccontextmanager
async def with_one_place(sandbox: Sandbox) -> AsyncIterator[AsyncMessagingClient]:
    """A client whose place is free again at the end."""
    async with AsyncMessagingClient(**Seller("asyncio", sandbox).arguments() | ONE_PLACE) as client:
        yield client
        sandbox.faults.clear()
        assert (await client.get_attributes(ORDER)).locale


async def cancelled(task: asyncio.Task[Any]) -> None:
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.parametrize("stage", ["token", "uploads", "s3", "sends"])
def test_cancelling_an_upload_closes_its_files_and_gives_its_place_back(
    sandbox: Sandbox, path: Path, opened: list[Any], stage: str
) -> None:
    hang, file = Seller("asyncio", sandbox).hang(stage), io.BytesIO(PDF)

    async def main() -> None:
        async with with_one_place(sandbox) as client:
            attachments: list[AttachmentSource] = [path, ("b.pdf", file), path]
            task = asyncio.create_task(client.send_invoice(ORDER, attachments=attachments))
            await asyncio.to_thread(hang.wait)
            await cancelled(task)
            assert [each.closed for each in opened] == [True, True, True]
            assert file.tell() == 0

    asyncio.run(main())
    assert not sandbox.inbox


def test_cancelling_an_upload_that_nobody_reads_gives_its_place_back(sandbox: Sandbox, deaf: str) -> None:
    Seller("asyncio", sandbox).give_destination(deaf)

    async def main() -> None:
        async with with_one_place(sandbox) as client:
            began, loop = asyncio.Event(), asyncio.get_running_loop()

            class Large(io.BytesIO):
                def read(self, size: int | None = -1, /) -> bytes:
                    if self.tell() > 8 * 2**20:
                        loop.call_soon_threadsafe(began.set)
                    return super().read(size)

            task = asyncio.create_task(client.upload(ORDER, "invoice", ("a.pdf", Large(PDF + bytes(9 * 2**20)))))
            await asyncio.wait_for(began.wait(), 10)
            await cancelled(task)

    asyncio.run(main())


def test_cancelling_while_a_stream_is_read_closes_the_files_when_the_stream_ends(
    sandbox: Sandbox, path: Path, opened: list[Any]
) -> None:
    reading, writing = os.pipe()

    async def main() -> None:
        with os.fdopen(reading, "rb") as stream:
            async with with_one_place(sandbox) as client:
                task = asyncio.create_task(client.send_invoice(ORDER, attachments=[path, ("b.pdf", stream)]))
                while len(opened) < 2:
                    await asyncio.sleep(0)
                await cancelled(task)
            os.write(writing, PDF)
            os.close(writing)
            while not all(each.closed for each in opened):
                await asyncio.sleep(0)

    asyncio.run(asyncio.wait_for(main(), 10))
    assert not Seller("asyncio", sandbox).destinations


@pytest.mark.parametrize("reads", [0, 1])
def test_an_interrupted_upload_closes_its_files_and_gives_its_place_back(
    sandbox: Sandbox, path: Path, opened: list[Any], reads: int
) -> None:
    class Interrupted(io.BytesIO):
        left = reads

        def read(self, size: int | None = -1, /) -> bytes:
            if size and not self.left:
                raise KeyboardInterrupt
            self.left -= bool(size)
            return super().read(size)

    file = Interrupted(PDF)
    with MessagingClient(**Seller("threads", sandbox).arguments() | ONE_PLACE) as client:
        with pytest.raises(KeyboardInterrupt):
            client.send_invoice(ORDER, attachments=[path, ("b.pdf", file)])
        assert [each.closed for each in opened] == [True, True]
        assert file.tell() == 0
        assert client.get_attributes(ORDER).locale
    assert not sandbox.inbox


def test_a_read_that_hangs_does_not_outlast_the_deadline(seller: Seller) -> None:
    file = Stuck(PDF, 1)
    seller.options = {"deadline": 0.2}
    with pytest.raises(NetworkError, match="deadline passed while the attachments were read"):
        seller.send_invoice(("a.pdf", file))
    assert file.hangs
    file.until_it_is_put_back()


def test_a_generator_of_files_that_hangs_does_not_outlast_the_deadline(seller: Seller) -> None:
    let_go = threading.Event()

    def files() -> Iterator[tuple[str, bytes]]:
        yield ("a.pdf", PDF)
        let_go.wait(10)

    seller.options = {"deadline": 0.2}
    with pytest.raises(NetworkError, match="deadline passed while the attachments were read"):
        seller.call("send", ORDER, "invoice", attachments=files())
    let_go.set()
    assert not seller.sandbox.requests


def test_a_generator_of_files_does_not_block_the_event_loop(sandbox: Sandbox) -> None:
    async def main() -> None:
        let_go = threading.Event()

        def files() -> Iterator[tuple[str, bytes]]:
            assert let_go.wait(10)
            yield ("a.pdf", PDF)

        async with AsyncMessagingClient(**Seller("asyncio", sandbox).arguments()) as client:
            task = asyncio.create_task(client.send_invoice(ORDER, attachments=files()))
            await asyncio.sleep(0)
            let_go.set()  # by the event loop, which goes on
            await task

    asyncio.run(main())
    assert [file.content for file in sandbox.inbox[0].attachments] == [PDF]


def test_a_generator_of_files_may_be_endless(seller: Seller) -> None:
    with pytest.raises(InvalidMessageError, match=r"there are 1000 files\. Amazon takes 5"):
        seller.call("send", ORDER, "invoice", attachments=itertools.repeat(("a.pdf", PDF)))
    assert not seller.sandbox.requests


def test_a_disk_that_hangs_while_a_file_is_sent_does_not_outlast_the_deadline(
    seller: Seller, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clock stands still, so each step has the real seconds that are left when it begins."""
    path.write_bytes(PDF)
    file = StuckDisk(path, 2)  # looked at, and hashed
    opened = Path.open
    monkeypatch.setattr(Path, "open", lambda self, *how, **more: file if self == path else opened(self, *how, **more))
    seller.options = {"deadline": 1.0, "retry": RetryPolicy(attempts=1)}
    seller.meanwhile(lambda: seller.sandbox.clock.advance(0.8))
    with pytest.raises(UploadError, match="deadline passed"):
        seller.send_invoice(path)
    assert file.hangs
    file.let_go.set()


def test_a_storage_that_reads_nothing_does_not_outlast_the_deadline(seller: Seller, deaf: str) -> None:
    seller.give_destination(deaf)
    seller.options = {"deadline": 0.6}
    began = time.monotonic()
    with pytest.raises(UploadError, match=r"deadline passed|WriteTimeout"):
        seller.upload(("a.pdf", PDF + bytes(9 * 2**20)))
    assert time.monotonic() - began < 5  # a write that hangs is given up after 30 s


def test_cancelling_an_upload_does_not_wait_for_a_read_that_hangs(sandbox: Sandbox) -> None:
    file = Stuck(PDF, 1)

    async def main() -> None:
        seller = Seller("asyncio", sandbox)
        async with AsyncMessagingClient(**seller.arguments() | {"deadline": 60}) as client:
            task = asyncio.create_task(client.upload(ORDER, "invoice", ("a.pdf", file)))
            assert await asyncio.to_thread(file.reached.wait, 10)
            await cancelled(task)

    asyncio.run(main())
    assert file.hangs
    file.until_it_is_put_back()


def test_a_file_that_is_still_being_read_for_a_call_that_gave_up_can_be_sent_when_it_is_put_back(
    seller: Seller,
) -> None:
    content = PDF + bytes(600_000)
    file = Stuck(content, reads=1)  # hangs in the second of three pieces
    seller.options = {"deadline": 0.2}
    with pytest.raises(NetworkError):
        seller.send_invoice(("a.pdf", file))
    with pytest.raises(NetworkError, match="deadline passed while the attachments were read"):
        seller.send_invoice(("a.pdf", file))
    file.until_it_is_put_back()
    seller.options = {}
    seller.send_invoice(("a.pdf", file))
    assert seller.received == [("a.pdf", content)]


def test_cancelling_just_when_the_files_are_ready_closes_them(
    sandbox: Sandbox, path: Path, opened: list[Any], join_helpers: Callable[[], None]
) -> None:
    file = Stuck(PDF, 1)

    async def main() -> None:
        async with with_one_place(sandbox) as client:
            task = asyncio.create_task(client.send_invoice(ORDER, attachments=[path, ("b.pdf", file)]))
            while not file.reached.is_set():
                await asyncio.sleep(0)
            file.let_go.set()
            join_helpers()  # the event loop cannot know that it is ready
            await cancelled(task)
            assert [each.closed for each in opened] == [True, True]
            assert (file.tell(), file.closed) == (0, False)

    asyncio.run(main())


def test_an_interruption_while_files_are_read_in_time_for_a_deadline_closes_them_when_the_read_is_over(
    sandbox: Sandbox,
    path: Path,
    opened: list[Any],
    join_helpers: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    file = Stuck(PDF, 1)

    def interrupt(*_: object) -> None:
        assert file.reached.wait(10)
        raise KeyboardInterrupt

    monkeypatch.setattr(Future, "result", interrupt)
    with MessagingClient(**Seller("threads", sandbox).arguments() | {"deadline": 60}) as client:
        with pytest.raises(KeyboardInterrupt):
            client.send_invoice(ORDER, attachments=[("b.pdf", file), path])
        assert file.hangs
        file.until_it_is_put_back()
    join_helpers()
    assert [each.closed for each in opened] == [True, True]
