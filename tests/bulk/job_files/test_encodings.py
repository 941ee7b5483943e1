"""The encodings that spreadsheets write, and files that are not text at all."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from spapi_messaging.bulk import JobFile
from spapi_messaging.errors import ConfigurationError
from tests.support.amazon import ORDER
from tests.support.job_files import job_file, jobs_of, problems_of, the_problem

TABLE = f"order;text\r\n{ORDER};Grüße aus Köln, 5 €\r\n"
BOM = b"\xef\xbb\xbf"


def archive(*names: str) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_STORED) as made:
        for name in names:
            made.writestr(name, "application/vnd.oasis.opendocument.spreadsheet" if name == "mimetype" else "x")
    return held.getvalue()


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (TABLE.encode(), None),
        (BOM + TABLE.encode(), None),
        (BOM + TABLE.encode(), "utf-8"),
        (b"\xff\xfe" + TABLE.encode("utf-16-le"), None),
        (b"\xfe\xff" + TABLE.encode("utf-16-be"), None),
        (TABLE.encode("utf-16-le"), "utf-16-le"),
        (TABLE.encode("windows-1252"), "windows-1252"),
        (TABLE.encode("windows-1252"), "CP1252"),
        (BOM + TABLE.encode(), "windows-1252"),  # saved as UTF-8 after all, and the file says so
    ],
)
def test_what_spreadsheets_write_is_read(content: bytes, encoding: str | None) -> None:
    assert [job.text for job in jobs_of(content, encoding=encoding)] == ["Grüße aus Köln, 5 €"]


def test_another_encoding_is_told_with_its_line_and_how_to_name_it() -> None:
    content = f"order;text\r\n{ORDER};plain\r\n{ORDER};Grüße\r\n".encode("windows-1252")

    assert the_problem(content) == (
        'line 3: this is not UTF-8. Save it as CSV UTF-8; or name the encoding, such as "windows-1252".'
    )


def test_a_wrong_name_of_an_encoding_is_told_with_the_line() -> None:
    content = f"order;text\r\n{ORDER};".encode() + b"\x81\r\n"

    assert the_problem(content, encoding="windows-1252").startswith("line 2: it holds bytes that cp1252 does not have.")


def test_the_line_of_a_mistake_is_right_in_a_long_file() -> None:
    rows = f"{ORDER};{'é' * 40}\r\n" * 5000

    assert the_problem(f"order;text\r\n{rows}".encode() + b"\xff\r\n").startswith("line 5002: this is not UTF-8.")


@pytest.mark.parametrize(
    "name", ["klingon", "base64", "", "a\0b", "undefined", "idna", "punycode", "unicode_escape", 5]
)
def test_an_unknown_encoding_is_refused_before_anything_is_read(name: str) -> None:
    with pytest.raises(ConfigurationError, match='"windows-1252"'):
        JobFile("nowhere.csv", encoding=name)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (archive("[Content_Types].xml", "xl/workbook.xml"), "this is an Excel workbook. Open it in the spreadsheet"),
        (archive("mimetype", "content.xml"), "this is a workbook of LibreOffice."),
        (archive("Index/Document.iwa"), "this is a document of Numbers."),
        (archive("photos/a.jpg"), "this is a ZIP archive. Unpack it first."),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "this is an old Excel workbook."),
        (b"%PDF-1.7\n\xc3\xa4", "this is a PDF."),
        (b"\x1f\x8b\x08\0", "this is a compressed file."),
        (b"<!doctype html><title>Sign in</title>", "this is a web page."),
        (TABLE.encode("utf-16-le"), "this is UTF-16 without the mark by which it is known."),
        (TABLE.encode("utf-16-be"), "this is UTF-16 without the mark by which it is known."),
        (TABLE.encode("utf-32"), "this is text in UTF-32."),
        (b"\x89PNG\r\n\x1a\n", "this is not UTF-8."),
        (b"a\0\x01binary" * 10, "this is a binary file, or a damaged one: it holds NUL."),
    ],
)
def test_files_that_are_no_text_are_recognised(content: bytes, told: str) -> None:
    assert the_problem(content).startswith(f"line 1: {told}")


def test_a_nul_is_told_with_its_line() -> None:
    assert the_problem(f"order;text\n{ORDER};a\n{ORDER};\0\n").startswith("line 3: this is a binary file, or a damaged")


@pytest.mark.parametrize("content", ["", "\r\n\r\n", "\ufeff", " ; ;\r\n"])
def test_an_empty_file_is_told(content: str) -> None:
    assert the_problem(content) == "line 1: the file is empty. Its first line names the columns."


@pytest.mark.parametrize("rows", ["", "\r\n\r\n", ";\r\n;\r\n"])
def test_a_file_of_headings_alone_is_told(rows: str) -> None:
    assert the_problem(f"order;text\r\n{rows}") == "line 1: the file holds no message. Write one in each row."


def test_an_endless_line_is_refused_before_it_is_read_to_its_end() -> None:
    class Endless(io.RawIOBase):
        read_so_far = 0

        def read(self, size: int = -1) -> bytes:
            self.read_so_far += size
            return b"x" * size

    stream = Endless()

    with pytest.raises(Exception, match="line 1: the line has more than 1,048,576 characters"):
        list(JobFile(stream))  # type: ignore[arg-type]
    assert stream.read_so_far < 3 * 1024 * 1024


def test_files_that_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"'nowhere\.csv' cannot be opened: there is no such file in"):
        list(JobFile(tmp_path / "nowhere.csv"))
    with pytest.raises(ConfigurationError, match="it is a folder"):
        list(JobFile(tmp_path, format="csv"))
    for given in ("", "a\0b.csv", 5):
        with pytest.raises(ConfigurationError, match="A job file is a path or a stream of bytes"):
            JobFile(given)  # type: ignore[arg-type]


def test_a_stream_is_read_once_and_as_bytes() -> None:
    jobs = job_file(f"order,text\n{ORDER},Hello\n")

    assert len(list(jobs)) == 1
    with pytest.raises(ConfigurationError, match="read only once"):
        list(jobs)
    with pytest.raises(ConfigurationError, match="mode 'rb'"):
        list(JobFile(io.StringIO("order")))  # type: ignore[arg-type]


def test_problems_show_nothing_of_the_text() -> None:
    secret = "Geheimnis"
    content = f'order;text\r\n{ORDER};"{secret}" {secret}\r\n'

    assert problems_of(content) and not any(secret in problem for problem in problems_of(content))
