"""Files arrive as they were when they were hashed, whatever they are, and are left as they were found."""

from __future__ import annotations

import gzip
import io
import mmap
import os
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from spapi_messaging._upload import files
from spapi_messaging._upload.files import FileTrouble, PreparedFile
from spapi_messaging._upload.sources import prepare
from spapi_messaging.errors import InvalidMessageError, UploadError
from tests.support.thorough import choose
from tests.upload.conftest import LARGE, PDF, Seller, md5_of


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def pipe(data: bytes, stack: ExitStack) -> Any:
    """A stream that can be read once, written by somebody else meanwhile."""
    reading, writing = os.pipe()

    def write() -> None:
        with os.fdopen(writing, "wb") as file:
            file.write(data)

    threading.Thread(target=write, daemon=True).start()
    return stack.enter_context(os.fdopen(reading, "rb"))


def connection(data: bytes, stack: ExitStack) -> Any:
    """A socket as a file."""
    ours, theirs = socket.socketpair()

    def write() -> None:
        with theirs:
            theirs.sendall(data)

    threading.Thread(target=write, daemon=True).start()
    with ours:
        return stack.enter_context(ours.makefile("rb"))


def filled(file: Any, data: bytes, stack: ExitStack) -> Any:
    stack.callback(file.close)
    file.write(data)
    file.seek(0)
    return file


def on_disk(data: bytes, stack: ExitStack) -> Any:
    return filled(tempfile.TemporaryFile(), data, stack)


def unbuffered(data: bytes, stack: ExitStack) -> Any:
    return filled(tempfile.TemporaryFile(buffering=0), data, stack)


def spooled(data: bytes, stack: ExitStack) -> Any:
    return filled(tempfile.SpooledTemporaryFile(max_size=100), data, stack)


def mapped(data: bytes, stack: ExitStack) -> Any:
    return filled(mmap.mmap(-1, len(data)), data, stack)


def packed(data: bytes, stack: ExitStack) -> Any:
    return stack.enter_context(gzip.open(io.BytesIO(gzip.compress(data))))


def in_memory(data: bytes, stack: ExitStack) -> Any:
    return io.BytesIO(data)


def content(source: Any) -> bytes:
    """What would be sent, and is hashed."""
    (file,) = prepare([source])
    assert isinstance(file, PreparedFile)
    sent = b"".join(file.chunks())
    file.close()
    assert file.md5 == md5_of(sent)
    return sent


@pytest.mark.parametrize(
    "convert",
    [bytes, bytearray, memoryview, lambda data: memoryview(data).cast("I"), lambda data: memoryview(data)[::2]],
)
def test_data_is_sent_as_it_is(convert: Any) -> None:
    data = convert(b"some text " * 100)
    assert content(("a.txt", data)) == bytes(data)


@pytest.mark.parametrize("make", [in_memory, on_disk, unbuffered, spooled, mapped, packed, pipe, connection])
def test_a_file_is_sent_from_where_it_stands(make: Callable[..., Any], stack: ExitStack) -> None:
    file = make(b"our own" + LARGE, stack)
    assert file.read(7) == b"our own"
    assert content(("a.pdf", file)) == LARGE
    assert not file.closed


@given(data=st.binary(max_size=50), start=st.integers(0, 50), most=st.integers(1, 20))
def test_whatever_is_left_of_a_file_that_gives_a_little_at_a_time_is_sent(data: bytes, start: int, most: int) -> None:
    class Meagre(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            return super().read(min(most, size or 0))

    file = Meagre(bytes(start) + PDF + data)
    file.seek(start)
    assert content(("a.pdf", file)) == PDF + data


def test_of_a_file_that_grows_and_gives_more_than_it_was_asked_for_no_more_is_sent() -> None:
    class Generous(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            return super().read(-1 if size else 0)

    given = Generous(PDF)
    (file,) = prepare([("a.pdf", given)])
    assert isinstance(file, PreparedFile)
    given.write(b"more")
    assert b"".join(file.chunks()) == PDF


def test_any_content_arrives(seller: Seller) -> None:
    @settings(max_examples=choose(25, 500))
    @given(st.binary(max_size=300))
    @example(b"\r\n\0")
    def arrives(data: bytes) -> None:
        seller.sandbox.inbox.clear()
        seller.send_invoice(("a.pdf", PDF + data))
        assert seller.received == [("a.pdf", PDF + data)]

    arrives()


def test_all_kinds_of_files_together_keep_their_order(seller: Seller, path: Path, stack: ExitStack) -> None:
    before = seller.upload(("3.pdf", PDF))
    # The first is the largest: side by side, it is the last to arrive.
    sources = [path, ("2.pdf", pipe(PDF + b"2", stack)), before, ("4.pdf", PDF + b"4"), ("5.pdf", io.BytesIO(PDF))]
    receipt = seller.send_invoice(*sources)
    names = ["invoice.pdf", "2.pdf", "3.pdf", "4.pdf", "5.pdf"]
    assert seller.received == list(zip(names, [LARGE, PDF + b"2", PDF, PDF + b"4", PDF], strict=True))
    assert [file.file_name for file in receipt.attachments] == names


@pytest.mark.parametrize("make", [in_memory, pipe])
def test_the_same_file_twice_in_a_message_arrives_twice(seller: Seller, make: Any, stack: ExitStack) -> None:
    file = make(LARGE, stack)
    seller.send_invoice(("a.pdf", file), ("b.pdf", file))
    assert seller.received == [("a.pdf", LARGE), ("b.pdf", LARGE)]


def test_an_open_file_may_be_sent_by_several_calls_at_once(seller: Seller) -> None:
    class Meagre(io.BytesIO):
        """Lets other threads move it after each piece."""

        def read(self, size: int | None = -1, /) -> bytes:
            piece = super().read(min(1000, size or 0))
            time.sleep(0)
            return piece

    file = Meagre(b"..." + LARGE)
    file.seek(3)
    with ThreadPoolExecutor(8) as pool:
        for sent in [pool.submit(seller.send_invoice, ("a.pdf", file)) for _ in range(8)]:
            sent.result()
    messages = seller.sandbox.inbox
    assert [message.attachments[0].size for message in messages] == [len(LARGE)] * 8
    assert file.tell() == 3


def test_a_stream_that_hangs_keeps_no_other_file_from_being_sent(stack: ExitStack) -> None:
    reading, writing = os.pipe()
    hanging = stack.enter_context(os.fdopen(reading, "rb"))
    thread = threading.Thread(target=lambda: content(("a.pdf", hanging)))
    thread.start()
    for _ in range(200):
        assert content(("b.pdf", io.BytesIO(PDF))) == PDF
    os.write(writing, PDF)
    os.close(writing)
    thread.join(10)
    assert not thread.is_alive()


def test_a_file_may_be_sent_by_one_call_after_another(seller: Seller, stack: ExitStack) -> None:
    file = in_memory(b"..." + PDF, stack)
    file.seek(3)
    for _ in range(2):
        seller.sandbox.inbox.clear()
        seller.send_invoice(("a.pdf", file))
        assert seller.received == [("a.pdf", PDF)]


def test_a_stream_outlives_a_put_that_fails(seller: Seller, stack: ExitStack) -> None:
    seller.sandbox.faults.add("error", on="s3")
    seller.send_invoice(("a.pdf", pipe(LARGE, stack)))
    assert (len(seller.puts), seller.received) == (2, [("a.pdf", LARGE)])


# What happens to a file after it was hashed


def replace(path: Path) -> None:
    other = path.with_suffix(".new")
    other.write_bytes(b"something else")
    other.replace(path)


def append(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"more")


def overwrite(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(-1, os.SEEK_END)
        file.write(b"!")


def truncate(path: Path) -> None:
    os.truncate(path, 100)


@pytest.mark.parametrize("change", [replace, append, Path.unlink, lambda path: path.chmod(0)])
def test_what_was_hashed_is_sent_whatever_happens_to_the_path(
    seller: Seller, path: Path, change: Callable[[Path], object]
) -> None:
    seller.meanwhile(lambda: change(path))
    seller.send_invoice(path)
    assert seller.received == [("invoice.pdf", LARGE)]


@pytest.mark.parametrize(
    ("change", "said"),
    [(overwrite, "changed after it was hashed"), (truncate, "became shorter while it was read")],
)
def test_a_file_whose_content_changes_is_not_sent(
    seller: Seller, path: Path, change: Callable[[Path], object], said: str
) -> None:
    seller.meanwhile(lambda: change(path))
    with pytest.raises(UploadError) as refused:
        seller.send_invoice(path)
    assert str(refused.value).startswith(f"invoice.pdf {said}, so neither the file nor a message was sent. ")
    assert (refused.value.file_name, len(seller.destinations), seller.sandbox.inbox) == ("invoice.pdf", 1, [])


def test_a_file_that_becomes_shorter_while_it_is_hashed_is_refused(
    seller: Seller, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Shrinking(io.FileIO):
        def read(self, size: int | None = -1, /) -> Any:
            if self.tell() > 0:
                truncate(path)
            return super().read(size)

    monkeypatch.setattr(Path, "open", lambda self, *_, **__: Shrinking(self))
    with pytest.raises(InvalidMessageError, match="became shorter while it was read"):
        seller.send_invoice(path)
    assert not seller.sandbox.requests


@pytest.mark.parametrize("change", [overwrite, truncate, None])
def test_an_open_file_is_sent_as_it_was_whatever_happens_to_it_meanwhile(
    seller: Seller, path: Path, change: Callable[[Path], object] | None
) -> None:
    with path.open("rb") as file:
        seller.meanwhile(file.close if change is None else lambda: change(path))
        seller.send_invoice(file)
    assert seller.received == [("invoice.pdf", LARGE)]


def test_a_buffer_of_the_caller_may_change_meanwhile(seller: Seller) -> None:
    buffer = bytearray(LARGE)
    seller.meanwhile(buffer.clear)
    seller.send_invoice(("a.pdf", buffer))
    assert seller.received == [("a.pdf", LARGE)]


# What is left behind


@pytest.mark.parametrize("fault", [None, "sends", "uploads", "s3"])
def test_what_was_opened_is_closed_and_what_was_given_is_left_where_it_stood(
    seller: Seller, path: Path, opened: list[Any], stack: ExitStack, fault: str | None
) -> None:
    file = io.BytesIO(b"..." + PDF)
    file.seek(3)
    if fault is not None:
        seller.sandbox.faults.answer(400, on=fault)
    sources = [path, ("b.pdf", file), ("c.pdf", pipe(PDF, stack))]
    if fault is None:
        seller.send_invoice(*sources)
    else:
        with pytest.raises(Exception, match="400"):
            seller.send_invoice(*sources)
    assert [each.closed for each in opened] == [True, True, True]
    assert (file.tell(), file.closed) == (3, False)


def test_what_was_opened_is_closed_when_the_message_is_refused(path: Path, opened: list[Any]) -> None:
    file = io.BytesIO(PDF)
    with pytest.raises(InvalidMessageError):
        prepare([path, ("b.pdf", file), ("c.exe", PDF)])
    assert [each.closed for each in opened] == [True, True]
    assert file.tell() == 0


def test_a_file_that_was_put_back_is_not_moved_any_more() -> None:
    given = io.BytesIO(PDF)
    (file,) = prepare([("a.pdf", given)])
    assert isinstance(file, PreparedFile)
    file.close()
    given.seek(5)
    with pytest.raises(FileTrouble):
        file.read(0)
    file.close()
    assert given.tell() == 5


def test_without_a_folder_for_temporary_files_the_memory_takes_them(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise FileNotFoundError("no usable temporary directory")

    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    with files._temporary_file() as file:
        file.write(b"a copy")
        file.seek(0)
        assert file.read() == b"a copy"
