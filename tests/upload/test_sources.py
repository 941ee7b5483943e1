"""What may be given as an attachment: all that is wrong with it is told at once, before there is any traffic."""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from spapi_messaging import Attachment
from spapi_messaging._upload.files import PreparedFile
from spapi_messaging._upload.sources import Renamed, prepare
from spapi_messaging.attachments import CONTENT_TYPES, MAX_TOTAL_SIZE
from spapi_messaging.errors import InvalidMessageError
from tests.upload.conftest import ORDER, PDF, Seller

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(30)


def problems(*sources: Any) -> list[str]:
    with pytest.raises(InvalidMessageError) as refused:
        prepare(sources)
    assert {problem.field for problem in refused.value.problems} == {"attachments"}
    return [problem.advice for problem in refused.value.problems]


def prepared(source: Any) -> tuple[str, str]:
    """The name and the media type that a source gets."""
    (file,) = prepare([source])
    assert isinstance(file, PreparedFile)
    file.close()
    return file.name, file.content_type


def test_all_problems_of_a_message_are_told_at_once(seller: Seller) -> None:
    wrong = [("a.exe", PDF), "nowhere.pdf", ("b.pdf", b""), ("c.pdf", PNG), ("d.txt", bytes(MAX_TOTAL_SIZE)), 7]
    with pytest.raises(InvalidMessageError) as refused:
        seller.call("send", ORDER, "confirmCustomizationDetails", text="x" * 900, attachments=wrong)
    told = [str(problem) for problem in refused.value.problems]
    beginnings = ["text: ", "attachments: there are 6 files", "attachments: file 1: the file name 'a.exe' has",
                  "attachments: file 2: nowhere.pdf: there is no", "attachments: file 3: b.pdf is empty",
                  "attachments: file 4: c.pdf is not", "attachments: file 5: d.txt is not",
                  "attachments: file 6: this is int", "attachments: the files have"]  # fmt: skip
    assert [line.startswith(beginning) for line, beginning in zip(told, beginnings, strict=True)] == [True] * 9
    assert not seller.sandbox.requests


def test_a_list_that_was_given_by_mistake_opens_few_files(seller: Seller, path: Path, opened: list[Any]) -> None:
    with pytest.raises(InvalidMessageError, match=r"there are 5000 files\. Amazon takes 5"):
        seller.send_invoice(*[path] * 5000)
    assert len(opened) < 100
    assert all(file.closed for file in opened)


def test_the_files_of_a_message_are_too_large_together(tmp_path: Path) -> None:
    half = PDF + bytes(MAX_TOTAL_SIZE // 2)
    assert problems(("a.pdf", half), ("b.pdf", half)) == [
        "the files have 10,485,798 bytes together. Amazon takes less than 10 MB a message."
    ]
    path = tmp_path / "a.pdf"
    path.write_bytes(PDF + bytes(MAX_TOTAL_SIZE - len(PDF)))
    assert "the files have 10,485,760 bytes" in problems(path)[0]


def test_one_byte_less_than_the_limit_is_taken(seller: Seller) -> None:
    seller.send_invoice(("a.pdf", PDF + bytes(MAX_TOTAL_SIZE - len(PDF) - 1)))
    assert seller.message.attachments[0].size == MAX_TOTAL_SIZE - 1


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("", "is empty"),
        (" a.pdf", "white space around it"),
        ("a.pdf\n", "white space around it"),
        ("../a.pdf", "is a path"),
        ("C:\\a.pdf", "is a path"),
        ("a\0.pdf", "[6 characters] holds control characters"),
        ("a\x1b[2J.pdf", "holds control characters"),
        ("a\x85.pdf", "holds control characters"),
        ("exe.\u202efdp.pdf", "others that do not show"),
        ("a\u2028b.pdf", "others that do not show"),
        ("a\u200bb.pdf", "others that do not show"),
        ("a\ud800.pdf", "others that do not show"),
        ("a" * 252 + ".pdf", "256 characters"),
        ("a", "'a' has no extension"),
        (".pdf", "has no extension"),
        ("a.pdf.", "Amazon takes .txt, .pdf, .doc, .docx, .jpg, .jpeg, .gif, .png."),
        ("a.pdf.exe", "'a.pdf.exe' has no extension that Amazon takes"),
        ("Sehr geehrte Frau Schmidt", "[25 characters] has no extension"),
    ],
)
@pytest.mark.parametrize("make", [lambda name: (name, PDF), lambda name: Attachment("id", name)])
def test_a_name_that_a_buyer_must_not_see_is_refused(make: Any, name: str, said: str) -> None:
    (told,) = problems(make(name))
    assert said in told
    assert told.isprintable()


@pytest.mark.parametrize(
    "name",
    ["Rechnung Nr. 7 – Müller & Söhne.pdf", "請求書.PDF", "👩\u200d🚀.pdf", "می\u200cخواهم.pdf", "a" * 251 + ".pdf"],
)
def test_a_name_in_any_language_reaches_the_buyer(seller: Seller, name: str) -> None:
    seller.send_invoice((name, PDF))
    assert seller.received == [(name, PDF)]


def test_a_path_and_an_open_file_have_names_of_their_own(path: Path) -> None:
    with path.open("rb") as file, os.scandir(os.fsencode(path.parent)) as entries:
        sources = [path, str(path), file, *entries]
        assert [prepared(source)[0] for source in sources] == ["invoice.pdf"] * 4
    assert prepared(("Ihre.pdf", path))[0] == "Ihre.pdf"


@pytest.mark.parametrize("suffix", CONTENT_TYPES)
def test_the_media_type_is_that_of_the_extension_in_any_case(suffix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("spapi_messaging._upload.sources.detect_mismatch", lambda *_: None)
    assert prepared((f"A{suffix.upper()}", PDF))[1] == CONTENT_TYPES[suffix]


@pytest.mark.parametrize("content_type", ["", "pdf", "text/plain\r\nx: y", "text/plain; charset=ü", 7])
def test_what_is_not_a_media_type_is_refused(content_type: Any) -> None:
    (told,) = problems(Renamed(("a.pdf", PDF), None, content_type))
    assert told == "a.pdf: content_type is not a media type. Give one such as application/pdf."


def test_an_upload_may_have_another_name_and_media_type(seller: Seller, tmp_path: Path) -> None:
    path = tmp_path / "hinweise.md"
    path.write_text("Grüße")
    uploaded = seller.upload(path, file_name="Anleitung.txt", content_type="text/plain; charset=utf-8")
    assert uploaded.file_name == "Anleitung.txt"
    assert seller.destinations[0].parameters["contentType"] == "text/plain; charset=utf-8"


def test_an_upload_of_bytes_or_of_a_nameless_file_takes_its_name_from_file_name() -> None:
    assert prepared(Renamed(PDF, "a.pdf", None)) == ("a.pdf", "application/pdf")
    assert prepared(Renamed(io.BytesIO(PDF), "b.pdf", None)) == ("b.pdf", "application/pdf")


def test_a_file_that_was_uploaded_before_is_sent_as_it_is_or_under_another_name(seller: Seller) -> None:
    uploaded = seller.upload(("a.pdf", PDF))
    assert not seller.sandbox.inbox
    renamed = seller.upload(uploaded, file_name="b.pdf")
    assert renamed == Attachment(uploaded.upload_destination_id, "b.pdf")
    receipt = seller.send_invoice(uploaded, renamed)
    assert receipt.attachments == (uploaded, renamed)
    assert seller.received == [("a.pdf", PDF), ("b.pdf", PDF)]
    assert len(seller.puts) == 1


def test_a_message_type_that_takes_no_files_refuses_them(seller: Seller) -> None:
    with pytest.raises(InvalidMessageError, match="createConfirmOrderDetails takes no attachments"):
        seller.call("upload", ORDER, "confirmOrderDetails", ("a.pdf", PDF))
    with pytest.raises(InvalidMessageError, match=r"createConfirmOrderDetails has no such field\. It takes text"):
        seller.call("send", ORDER, "confirmOrderDetails", text="Hallo", attachments=[("a.pdf", PDF)])
    assert not seller.sandbox.requests


def test_a_file_that_is_not_what_its_extension_says_is_refused() -> None:
    assert problems(("a.pdf", PNG)) == [
        "a.pdf is not what its extension says: it is a PNG file. Send a real .pdf file."
    ]


class AsyncFile:
    async def read(self, size: int = -1) -> bytes:
        return b""


class Silent(io.RawIOBase):
    """A pipe that does not block, and has nothing to give yet."""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> None:
        return None


class Odd(io.BytesIO):
    """A file of the caller's own making, one of whose methods fails, or gives what no file gives."""

    def __init__(self, **odd: Callable[..., Any]) -> None:
        super().__init__(PDF)
        self._odd = odd

    def seekable(self) -> bool:
        return bool(self._odd.get("seekable", super().seekable)())

    def read(self, size: int | None = -1, /) -> Any:
        return self._odd.get("read", super().read)(size) if size else b""


def fail(*_: object) -> Any:
    raise RuntimeError("the disk is gone")


class Broken(io.RawIOBase):
    """Fails as no file of Python's does."""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if len(buffer) == 0:
            return 0
        raise RuntimeError("the peer is gone")


def closed() -> io.BytesIO:
    file = io.BytesIO(PDF)
    file.close()
    return file


def at_its_end() -> io.BytesIO:
    file = io.BytesIO()
    file.write(PDF)
    return file


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (("a.pdf", io.StringIO("text")), "a.pdf: the file is open as text"),
        (("a.pdf", closed()), "a.pdf: the file is closed."),
        (("a.pdf", at_its_end()), "a.pdf: the file stands at its end"),
        (("a.pdf", AsyncFile()), "a.pdf: this is an asynchronous file"),
        (("a.pdf", Silent()), "a.pdf: the stream does not block"),
        (("a.pdf", Broken()), "a.pdf: the file cannot be read ("),
        (("a.pdf", Odd(read=fail)), "a.pdf: the file cannot be read ("),
        (("a.pdf", Odd(read=lambda size: "text")), "a.pdf: the file cannot be read (TypeError)"),
        (("a.pdf", Odd(read=lambda size: 7)), "a.pdf: the file cannot be read (TypeError)"),
        (("a.pdf", 7), "a.pdf: a int cannot be a file's content"),
        ((7, PDF), "the name of an attachment is int, not a string"),
        (PDF, "bytes need a name"),
        (io.BytesIO(PDF), "this file has no name"),
        (7, "this is int, which cannot be attached"),
        (("a.pdf", PDF, "application/pdf"), "this is tuple, which cannot be attached"),
        (".pdf\0.pdf", "holds control characters"),
        (("a.pdf", "no\0where"), "a.pdf: there is no such file"),
        (("a.pdf", os.curdir), " is a folder. Give the files in it"),
        ("https://example.com/invoice.pdf?X-Amz-Signature=secret", "this is a URL. Download the file"),
        (Path("https://example.com/invoice.pdf"), "this is a URL"),
        ("~/invoice.pdf", "~ is not replaced by the home folder here. Give Path(…).expanduser()"),
        ("nowhere/a.pdf", "a.pdf: there is no such file. A relative path begins in the folder where the program runs."),
        ("/nowhere/a.pdf", "a.pdf: there is no such file."),
        (("a.pdf", "/nowhere/b.pdf"), "a.pdf (b.pdf): there is no such file."),
        (
            ("a.txt", "Sehr geehrte Frau"),
            "begins in the folder where the program runs. A string is a path here: give bytes for content.",
        ),
        (("a.txt", "x" * 5000), "a.txt: the file cannot be read (File name too long). A string is a path"),
        (Attachment("", "a.pdf"), "a.pdf: the Attachment has no upload_destination_id"),
        (Attachment(None, "a.pdf"), "a.pdf: the Attachment has no upload_destination_id"),  # type: ignore[arg-type]
    ],
)
def test_what_cannot_be_sent_is_refused(source: Any, said: str) -> None:
    (told,) = problems(source)
    assert said in told


def test_a_file_that_cannot_say_whether_it_can_be_rewound_is_tried() -> None:
    assert prepared(("a.pdf", Odd(seekable=fail))) == ("a.pdf", "application/pdf")


def test_a_file_that_was_refused_may_be_given_again() -> None:
    file = at_its_end()
    assert "stands at its end" in problems(("a.pdf", file))[0]
    file.seek(0)
    assert prepared(("a.pdf", file)) == ("a.pdf", "application/pdf")


def test_a_temporary_file_without_a_name_is_refused() -> None:
    with tempfile.TemporaryFile() as file:
        assert problems(file) == ['this file has no name. Give ("invoice.pdf", file).']


def test_a_file_that_may_not_be_read_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)  # root may read everything
    assert problems(path) == [f"{path.name}: the file cannot be read (Permission denied)."]


def test_a_stream_is_left_alone_when_the_message_is_wrong_anyway() -> None:
    class Stream(Broken):
        def readinto(self, buffer: Any) -> int:
            raise AssertionError("this can be read only once")

    assert len(problems(("a.pdf", Stream()), ("b.exe", PDF))) == 1


def test_a_stream_that_does_not_fit_on_the_disk_is_refused(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    path = tmp_path / "a.txt"
    path.write_bytes(b"a" * 263_000)

    class Stream(io.FileIO):
        def seekable(self) -> bool:
            return False

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    with Stream(path) as stream:
        resource.setrlimit(resource.RLIMIT_FSIZE, (262_500, before[1]))  # in the middle of the last piece
        try:
            assert problems(stream) == ["a.txt: the file cannot be read (File too large)."]
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_stream_without_end_is_given_up_at_the_limit() -> None:
    class Endless(Broken):
        given = 0

        def readinto(self, buffer: Any) -> int:
            self.given += len(buffer)
            return len(buffer)

    stream = Endless()
    assert problems(("a.txt", stream)) == [
        "a.txt: the file has more than 10,485,760 bytes. Amazon takes less than 10 MB a message."
    ]
    assert stream.given < 11 * 1024 * 1024


def test_files_that_are_too_large_together_are_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hashed: list[int] = []
    monkeypatch.setattr(PreparedFile, "hash", lambda file: hashed.append(file.size))
    paths = [tmp_path / f"{number}.txt" for number in range(10)]
    for path in paths:
        path.write_bytes(b"a" * 4_000_000)
    assert "together" in problems(*paths)[0]
    assert len(hashed) == 2


def test_an_empty_path_is_no_file() -> None:
    assert problems("") == ["the path is empty. Give the path of a file."]
