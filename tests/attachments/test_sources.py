"""What may be given as an attachment: each arrives at the buyer as it was, in both clients."""

from __future__ import annotations

import gzip
import io
import os
import socket
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from spapi_messaging import Attachment
from spapi_messaging.errors import InvalidMessageError, UploadError
from tests.attachments.conftest import PDF, Seller

LARGE = b"%PDF-1.7" + bytes(range(256)) * 3000  # several chunks


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "Rechnung 7.pdf"
    path.write_bytes(LARGE)
    return path


OPEN: list[Any] = []


@pytest.fixture(autouse=True)
def close_what_is_open() -> Iterator[None]:
    yield
    while OPEN:
        OPEN.pop().close()


def keep(file: Any) -> Any:
    """The file, closed when the test is over."""
    OPEN.append(file)
    return file


def pipe(data: bytes) -> Any:
    """A stream that can be read once, written by somebody else meanwhile."""
    reading, writing = os.pipe()

    def write() -> None:
        with os.fdopen(writing, "wb") as file:
            file.write(data)

    threading.Thread(target=write, daemon=True).start()
    return keep(os.fdopen(reading, "rb"))


def connection(data: bytes) -> Any:
    """A socket as a file."""
    ours, theirs = socket.socketpair()

    def write() -> None:
        with theirs:
            theirs.sendall(data)

    threading.Thread(target=write, daemon=True).start()
    with ours:
        return keep(ours.makefile("rb"))


@pytest.mark.parametrize("kind", [Path, str, lambda path: ("Rechnung 7.pdf", path), lambda path: keep(path.open("rb"))])
def test_a_path_or_a_file_by_its_own_name(seller: Seller, path: Path, kind: Any) -> None:
    receipt = seller.send_invoice(kind(path))
    assert seller.received == [("Rechnung 7.pdf", LARGE)]
    assert [file.file_name for file in receipt.attachments] == ["Rechnung 7.pdf"]


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview, io.BytesIO])
def test_content_by_a_name_given_with_it(seller: Seller, kind: Any) -> None:
    seller.send_invoice(("a.pdf", kind(LARGE)))
    assert seller.received == [("a.pdf", LARGE)]


def test_a_name_for_a_path(seller: Seller, path: Path) -> None:
    seller.send_invoice(("Ihre Rechnung.pdf", path))
    assert seller.received == [("Ihre Rechnung.pdf", LARGE)]


def test_an_open_file_from_where_it_stands(seller: Seller, path: Path) -> None:
    with path.open("rb") as file:
        path.write_bytes(b"a header of our own\n" + LARGE)
        file.readline()
        seller.send_invoice(file)
        assert not file.closed
    assert seller.received == [("Rechnung 7.pdf", LARGE)]


def test_an_unbuffered_file(seller: Seller, path: Path) -> None:
    with path.open("rb", buffering=0) as file:
        seller.send_invoice(file)
    assert seller.received == [("Rechnung 7.pdf", LARGE)]


def test_a_temporary_file_that_was_just_written(seller: Seller) -> None:
    with tempfile.SpooledTemporaryFile(max_size=100) as file:
        file.write(LARGE)
        file.seek(0)
        seller.send_invoice(("a.pdf", file))
    assert seller.received == [("a.pdf", LARGE)]


def test_what_a_file_decompresses_to(seller: Seller, tmp_path: Path) -> None:
    packed = tmp_path / "a.pdf.gz"
    packed.write_bytes(gzip.compress(LARGE))
    with gzip.open(packed) as file:
        seller.send_invoice(("a.pdf", file))
    assert seller.received == [("a.pdf", LARGE)]


def test_an_open_file_is_left_where_it_stood(seller: Seller, path: Path) -> None:
    seller.sandbox.faults.answer(403, on="s3")
    with path.open("rb") as file:
        file.seek(0)
        with pytest.raises(UploadError):
            seller.send_invoice(file)
        seller.send_invoice(file)
        assert file.tell() == 0
    assert seller.received == [("Rechnung 7.pdf", LARGE)]


@pytest.mark.parametrize("stream", [pipe, connection])
def test_a_stream_that_can_be_read_only_once(seller: Seller, stream: Any) -> None:
    with stream(LARGE) as file:
        seller.send_invoice(("a.pdf", file))
    assert seller.received == [("a.pdf", LARGE)]


def test_a_stream_outlives_a_put_that_fails(seller: Seller) -> None:
    seller.sandbox.faults.add("error", on="s3")
    with pipe(LARGE) as file:
        seller.send_invoice(("a.pdf", file))
    assert (len(seller.puts), seller.received) == (2, [("a.pdf", LARGE)])


def test_a_stream_from_where_it_stands(seller: Seller) -> None:
    with pipe(b"a line\n" + LARGE) as file:
        file.readline()
        seller.send_invoice(("a.pdf", file))
    assert seller.received == [("a.pdf", LARGE)]


@pytest.mark.parametrize("make", [io.BytesIO, pipe])
def test_the_same_file_twice(seller: Seller, make: Any) -> None:
    with make(LARGE) as file:
        seller.send_invoice(("a.pdf", file), ("b.pdf", file))
    assert seller.received == [("a.pdf", LARGE), ("b.pdf", LARGE)]


def test_the_same_path_twice_is_two_attachments(seller: Seller, path: Path) -> None:
    seller.send_invoice(path, path)
    assert seller.received == [("Rechnung 7.pdf", LARGE)] * 2


def test_one_that_was_uploaded_before(seller: Seller, path: Path) -> None:
    uploaded = seller.upload(path)
    assert uploaded == Attachment(uploaded.upload_destination_id, "Rechnung 7.pdf")
    assert not seller.sandbox.inbox
    receipt = seller.send_invoice(uploaded)
    assert seller.received == [("Rechnung 7.pdf", LARGE)]
    assert receipt.attachments == (uploaded,)
    assert len(seller.puts) == 1


def test_all_kinds_together_keep_their_order(seller: Seller, path: Path) -> None:
    before = seller.upload(("3.pdf", PDF))
    # The first is the largest: side by side, it is the last to arrive.
    seller.send_invoice(path, ("2.pdf", pipe(PDF + b"2")), before, ("4.pdf", PDF + b"4"), ("5.pdf", io.BytesIO(PDF)))
    names = ["Rechnung 7.pdf", "2.pdf", "3.pdf", "4.pdf", "5.pdf"]
    assert seller.received == list(zip(names, [LARGE, PDF + b"2", PDF, PDF + b"4", PDF], strict=True))


@pytest.mark.parametrize(
    ("message_type", "fields"),
    [
        ("invoice", {}),
        ("legalDisclosure", {}),
        ("warranty", {}),
        ("confirmCustomizationDetails", {"text": "Bitte ansehen"}),
        ("digitalAccessKey", {"text": "ABC"}),
        ("amazonMotors", {}),
    ],
)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_every_type_that_takes_attachments(seller: Seller, message_type: str, fields: dict[str, str]) -> None:
    seller.send(message_type, ("a.pdf", PDF), **fields)
    assert seller.message.message_type == message_type
    assert seller.received == [("a.pdf", PDF)]
    assert seller.destinations[0].path.endswith(f"/messages/{message_type}")


def test_upload_under_another_name_and_media_type(seller: Seller, tmp_path: Path) -> None:
    path = tmp_path / "hinweise.md"
    path.write_text("Grüße")
    uploaded = seller.upload(path, file_name="Anleitung.txt", content_type="text/plain; charset=utf-8")
    assert uploaded.file_name == "Anleitung.txt"
    assert seller.destinations[0].parameters["contentType"] == "text/plain; charset=utf-8"


def test_upload_of_bytes_or_a_nameless_file_by_file_name(seller: Seller) -> None:
    assert seller.upload(PDF, file_name="a.pdf").file_name == "a.pdf"
    assert seller.upload(io.BytesIO(PDF), file_name="b.pdf").file_name == "b.pdf"
    assert [put.status for put in seller.puts] == [200, 200]


def test_upload_of_an_attachment_gives_it_another_name(seller: Seller) -> None:
    uploaded = seller.upload(("a.pdf", PDF))
    again = seller.upload(uploaded, file_name="b.pdf")
    assert again == Attachment(uploaded.upload_destination_id, "b.pdf")
    assert len(seller.puts) == 1


def async_file() -> Any:
    class AsyncFile:
        async def read(self, size: int = -1) -> bytes:
            return b""

    return AsyncFile()


class Silent(io.RawIOBase):
    """A pipe that does not block, and has nothing to give yet."""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> None:
        return None


class Broken(io.RawIOBase):
    """Fails as no file of Python's does."""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if len(buffer) == 0:
            return 0
        raise RuntimeError("the peer is gone")


def nameless() -> Any:
    return keep(tempfile.TemporaryFile())


def closed() -> io.BytesIO:
    file = io.BytesIO(PDF)
    file.close()
    return file


def at_its_end() -> io.BytesIO:
    file = io.BytesIO()
    file.write(PDF)
    return file


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: ("a.pdf", io.StringIO("text")), "a.pdf: the file is open as text"),
        (lambda: ("a.pdf", closed()), "a.pdf: the file cannot be read (I/O operation on closed file"),
        (lambda: ("a.pdf", at_its_end()), "a.pdf: the file stands at its end"),
        (lambda: ("a.pdf", async_file()), "a.pdf: this is an asynchronous file"),
        (lambda: ("a.pdf", Silent()), "a.pdf: the stream does not block"),
        (lambda: ("a.pdf", Broken()), "a.pdf: the file cannot be read (the peer is gone)"),
        (lambda: ("a.pdf", 7), "a.pdf: a int is no content"),
        (lambda: (7, PDF), "the name of an attachment is a string, not int"),
        (lambda: PDF, "bytes need a name"),
        (lambda: io.BytesIO(PDF), "this file has no name"),
        (nameless, "this file has no name"),
        (lambda: 7, "a int is no attachment"),
        (lambda: ("a.pdf", PDF, "application/pdf"), "a tuple is no attachment"),
        (lambda: ".pdf\0.pdf", "holds control characters"),
        (lambda: ("a.pdf", "no\0where"), "is not there"),
        (lambda: ("a.pdf", os.curdir), ". is no file"),
        (lambda: "nowhere/a.pdf", "nowhere/a.pdf is not there"),
    ],
)
def test_what_cannot_be_sent_is_refused_before_any_traffic(seller: Seller, make: Any, said: str) -> None:
    with pytest.raises(InvalidMessageError) as refused:
        seller.send_invoice(make())
    (problem,) = refused.value.problems
    assert problem.field == "attachments"
    assert said in problem.message
    assert not seller.sandbox.requests


def test_a_file_without_permission(seller: Seller, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)  # root may read everything
    with pytest.raises(InvalidMessageError, match=r"Rechnung 7\.pdf cannot be read \(Permission denied\)"):
        seller.send_invoice(path)


def test_a_stream_is_left_alone_when_the_message_is_wrong_anyway(seller: Seller) -> None:
    stream = pipe(LARGE)
    with pytest.raises(InvalidMessageError) as refused:
        seller.send_invoice(("a.pdf", stream), ("b.exe", PDF))
    assert len(refused.value.problems) == 1
    seller.send_invoice(("a.pdf", stream))
    assert seller.received == [("a.pdf", LARGE)]


def test_a_stream_without_end_is_given_up_at_the_limit(seller: Seller) -> None:
    class Endless(io.RawIOBase):
        given = 0

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: Any) -> int:
            self.given += len(buffer)
            return len(buffer)

    stream = Endless()
    with pytest.raises(InvalidMessageError, match="the stream has more than 10,485,760 bytes"):
        seller.send_invoice(("a.txt", stream))
    assert stream.given < 11 * 1024 * 1024


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """The files that the client opened."""
    files: list[Any] = []
    plain_open, plain_copy = Path.open, tempfile.TemporaryFile

    def opening(path: Path, *arguments: Any, **keywords: Any) -> Any:
        files.append(plain_open(path, *arguments, **keywords))
        return files[-1]

    def copying(*arguments: Any, **keywords: Any) -> Any:
        files.append(plain_copy(*arguments, **keywords))
        return files[-1]

    monkeypatch.setattr(Path, "open", opening)
    monkeypatch.setattr(tempfile, "TemporaryFile", copying)
    yield files


def test_what_was_opened_is_closed(seller: Seller, path: Path, opened: list[Any]) -> None:
    seller.send_invoice(path, ("b.pdf", pipe(PDF)))
    assert [file.closed for file in opened] == [True, True]


def test_what_was_opened_is_closed_when_it_is_refused(seller: Seller, path: Path, opened: list[Any]) -> None:
    with pytest.raises(InvalidMessageError):
        seller.send_invoice(path, ("b.exe", PDF))
    assert [file.closed for file in opened] == [True]
