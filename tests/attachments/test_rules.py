"""What is known to be wrong before there is any traffic, and is told all at once."""

from __future__ import annotations

import io
import sys
import zipfile
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from spapi_messaging import Attachment
from spapi_messaging.attachments import CONTENT_TYPES, MAX_TOTAL_SIZE
from spapi_messaging.errors import InvalidMessageError
from tests.attachments.conftest import PDF, Seller


def archive(*names: str, how: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", how) as packed:
        for name in names:
            packed.writestr(name, "<x/>" * 3000)
    return file.getvalue()


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512)
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(30)
JPEG = b"\xff\xd8\xff\xe0\0\x10JFIF\0" + bytes(20)
GIF = b"GIF89a\1\0\1\0\0\0\0;"
WORD = archive("[Content_Types].xml", "_rels/.rels", "word/document.xml")
EXCEL = archive("[Content_Types].xml", "_rels/.rels", "xl/workbook.xml")


def problems(seller: Seller, *attachments: Any, message_type: str = "invoice", **fields: Any) -> list[str]:
    with pytest.raises(InvalidMessageError) as refused:
        seller.send(message_type, *attachments, **fields)
    assert not seller.sandbox.requests
    return [str(problem) for problem in refused.value.problems]


def test_all_problems_of_a_message_are_told_at_once(seller: Seller) -> None:
    wrong = [("a.exe", PDF), "nowhere.pdf", ("b.pdf", b""), ("c.pdf", PNG), ("d.txt", bytes(MAX_TOTAL_SIZE)), 7]
    told = problems(seller, *wrong, message_type="confirmCustomizationDetails", text="x" * 900)
    beginnings = ["text: ", "attachments: there are 6 files", "attachments: a.exe has", "attachments: nowhere.pdf is",
                  "attachments: b.pdf is empty", "attachments: c.pdf is not", "attachments: d.txt is not",
                  "attachments: a int", "attachments: the files have"]  # fmt: skip
    assert [line.startswith(beginning) for line, beginning in zip(told, beginnings, strict=True)] == [True] * 9


def test_too_many_files(seller: Seller) -> None:
    (told,) = problems(seller, *[("a.pdf", PDF)] * 6)
    assert told == "attachments: there are 6 files; Amazon takes 5 with this message."


def test_a_list_without_end_in_sight_opens_few_files(seller: Seller, tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(PDF)
    (told,) = problems(seller, *[path] * 5000)
    assert "there are 5000 files" in told


def test_too_large_one_by_one_or_together(seller: Seller, tmp_path: Path) -> None:
    half = PDF + bytes(MAX_TOTAL_SIZE // 2)
    (told,) = problems(seller, ("a.pdf", half), ("b.pdf", half))
    assert told == "attachments: the files have 10,485,798 bytes together; Amazon takes less than 10 MB a message."
    path = tmp_path / "a.pdf"
    path.write_bytes(PDF + bytes(MAX_TOTAL_SIZE - len(PDF)))
    (told,) = problems(seller, path)
    assert "the files have 10,485,760 bytes" in told


def test_just_under_the_limit(seller: Seller) -> None:
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
        ("a\0.pdf", "'a?.pdf' holds control characters"),
        ("a\x1b[2J.pdf", "holds control characters"),
        ("a\x85.pdf", "holds control characters"),
        ("exe.\u202efdp.pdf", "others that do not show"),
        ("a\u2028b.pdf", "others that do not show"),
        ("a\u200bb.pdf", "others that do not show"),
        ("a\ud800.pdf", "others that do not show"),
        ("a" * 252 + ".pdf", "256 characters"),
        ("a", "has no extension"),
        (".pdf", "has no extension"),
        ("a.pdf.", "Amazon takes .txt, .pdf, .doc, .docx, .jpg, .jpeg, .gif, .png."),
        ("a.pdf.exe", "has the extension .exe"),
        ("a.rtf", "has the extension .rtf"),
    ],
)
def test_names_that_a_buyer_must_not_see(seller: Seller, name: str, said: str) -> None:
    (told,) = problems(seller, (name, PDF))
    assert said in told
    assert told.isprintable()
    (told,) = problems(seller, Attachment("id", name))
    assert said in told


@pytest.mark.parametrize(
    "name",
    ["Rechnung Nr. 7 – Müller & Söhne.pdf", "請求書.PDF", "👩\u200d🚀.pdf", "می\u200cخواهم.pdf", "a" * 251 + ".pdf"],
)
def test_names_in_any_language_reach_the_buyer(seller: Seller, name: str) -> None:
    seller.send_invoice((name, PDF))
    assert seller.received == [(name, PDF)]


@pytest.mark.parametrize(("suffix", "content"), [
    (".txt", b"Hallo"), (".pdf", PDF), (".doc", OLE), (".docx", WORD), (".jpg", JPEG), (".jpeg", JPEG), (".gif", GIF),
    (".png", PNG),
])  # fmt: skip
def test_the_media_type_is_the_name_s(seller: Seller, suffix: str, content: bytes) -> None:
    seller.upload((f"A{suffix.upper()}", content))
    (asked,) = seller.destinations
    assert asked.parameters["contentType"] == CONTENT_TYPES[suffix]


@pytest.mark.parametrize("content_type", ["", "pdf", "text/plain\r\nx: y", "text/plain; charset=ü", 7])
def test_a_media_type_that_is_none(seller: Seller, content_type: Any) -> None:
    with pytest.raises(InvalidMessageError, match="is no media type, such as application/pdf"):
        seller.upload(("a.pdf", PDF), content_type=content_type)
    assert not seller.sandbox.requests


def test_a_type_that_takes_no_attachments(seller: Seller) -> None:
    with pytest.raises(InvalidMessageError, match="createConfirmOrderDetails takes no attachments"):
        seller.call("upload", "303-1234567-1234567", "confirmOrderDetails", ("a.pdf", PDF))
    (told,) = problems(seller, ("a.pdf", PDF), message_type="confirmOrderDetails", text="Hallo")
    assert told == "attachments: createConfirmOrderDetails has no such field; it takes text."


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.pdf", PNG, "it is a PNG file. Send a real .pdf file."),
        ("a.pdf", b"Hallo", "it is plain text"),
        ("a.pdf", b"BMW, the text of a letter", "it is plain text"),
        ("a.pdf", b"\xef\xbb\xbf\r\n<!DOCTYPE html><title>404</title>", "it is an HTML page"),
        ("a.pdf", b"MZ\x90\0" + bytes(60), "it is a program"),
        ("a.pdf", WORD, "it is a Word document (.docx)"),
        ("a.pdf", OLE, "it is an older Office document"),
        ("a.pdf", bytes(range(256)), "it is of a kind that is not known"),
        ("a.txt", PNG, "it is a PNG file"),
        ("a.txt", JPEG, "it is a JPG file"),
        ("a.txt", PDF, "it is a PDF"),
        ("a.txt", WORD, "it is a Word document (.docx)"),
        ("a.txt", b"{\\rtf1\\ansi Hallo}", "it is rich text (.rtf)"),
        ("a.txt", bytes(range(256)), "it is of a kind that is not known"),
        ("a.jpg", PNG, "it is a PNG file"),
        ("a.png", JPEG, "it is a JPG file"),
        ("a.png", b"RIFF\x10\0\0\0WEBPVP8 ", "it is a WEBP file"),
        ("a.gif", PDF, "it is a PDF"),
        ("a.docx", EXCEL, "it is an Excel workbook"),
        ("a.docx", archive("a.txt"), "it is a ZIP archive"),
        ("a.docx", OLE, "it is an older Office document"),
        ("a.doc", WORD, "it is a Word document (.docx)"),
        ("a.doc", b"{\\rtf1\\ansi Hallo}", "it is rich text (.rtf)"),
    ],
)
def test_content_that_is_not_what_the_extension_says(seller: Seller, name: str, content: bytes, said: str) -> None:
    (told,) = problems(seller, (name, content))
    assert told.startswith(f"attachments: {name} is not what its extension says: ")
    assert said in told


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.pdf", b"\r\n\0 from a scanner " + PDF),
        ("a.pdf", (resources.files("spapi_messaging.cli") / "invoice.pdf").read_bytes()),
        ("a.docx", archive("docProps/app.xml", "docProps/core.xml", "customXml/1", "_rels/.rels", "word/document.xml")),
        ("a.docx", archive("[Content_Types].xml", "word/document.xml", how=zipfile.ZIP_STORED)),
        ("a.png", PNG + b"\0\0\0\x08acTL" + bytes(12)),
        ("a.txt", b"BMW, the text of a letter"),
        ("a.txt", b"MZ"),
        ("a.txt", b"ID3 is not always a song"),
        ("a.txt", b"<html>as text</html>"),
        ("a.txt", "Grüße".encode("utf-16")),
        ("a.txt", "Grüße".encode("cp1252")),
        ("a.txt", "\ufeffGrüße".encode()),
    ],
)  # fmt: skip
def test_content_that_is_what_the_extension_says(seller: Seller, name: str, content: bytes) -> None:
    seller.upload((name, content))
    assert [put.status for put in seller.puts] == [200]


def test_the_extension_alone_counts_without_the_library(seller: Seller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "filetype", None)
    seller.send("invoice", ("a.pdf", PNG))
    assert seller.received == [("a.pdf", PNG)]
