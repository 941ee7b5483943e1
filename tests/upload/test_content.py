"""What a file really is, by its first and last bytes."""

from __future__ import annotations

import io
import sys
import zipfile
from importlib import resources

import pytest

from spapi_messaging._upload.content import SAMPLE, detect_mismatch
from tests.upload.conftest import PDF


def archive(*names: str, how: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", how) as packed:
        for name in names:
            packed.writestr(name, "<x/>" * 3000)
    return file.getvalue()


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512)
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(30)
JPEG = b"\xff\xd8\xff\xe0\0\x10JFIF\0" + bytes(20)
WORD = archive("[Content_Types].xml", "_rels/.rels", "word/document.xml")
EXCEL = archive("[Content_Types].xml", "_rels/.rels", "xl/workbook.xml")


def detected(suffix: str, content: bytes) -> str | None:
    return detect_mismatch(suffix, content[:SAMPLE], lambda: content[-SAMPLE:])


@pytest.mark.parametrize(
    ("suffix", "content", "found"),
    [
        (".pdf", PNG, "a PNG file"),
        (".pdf", b"Hallo", "plain text"),
        (".pdf", b"BMW, the text of a letter", "plain text"),
        (".pdf", b"MZ\x90\0" + bytes(60), "an EXE file"),
        (".pdf", WORD, "a DOCX file"),
        (".pdf", OLE, "of an unknown kind"),
        (".txt", JPEG, "a JPG file"),
        (".txt", PDF, "a PDF file"),
        (".txt", b"GIF89a", "a GIF file"),
        (".txt", b"{\\rtf1\\ansi Hallo}", "an RTF file"),
        (".txt", bytes(range(256)), "of an unknown kind"),
        (".png", b"RIFF\x10\0\0\0WEBPVP8 ", "a WEBP file"),
        (".gif", PDF, "a PDF file"),
        (".jpg", PNG, "a PNG file"),
        (".docx", EXCEL, "an XLSX file"),
        (".docx", archive("a.txt"), "a ZIP file"),
        (".doc", WORD, "a DOCX file"),
        (".doc", b"Hallo", "plain text"),
    ],
)
def test_content_of_another_kind_is_named(suffix: str, content: bytes, found: str) -> None:
    assert detected(suffix, content) == found


@pytest.mark.parametrize(
    ("suffix", "content"),
    [
        (".pdf", PDF),
        (".pdf", b"\r\n\0 from a scanner " + PDF),
        (".pdf", (resources.files("spapi_messaging.cli") / "invoice.pdf").read_bytes()),
        (".docx", WORD),
        (".docx", archive("docProps/app.xml", "customXml/1", "_rels/.rels", "word/document.xml")),
        (".docx", archive("[Content_Types].xml", "word/document.xml", how=zipfile.ZIP_STORED)),
        (".doc", OLE),
        (".jpg", JPEG),
        (".jpeg", JPEG),
        (".gif", b"GIF89a\1\0\1\0\0\0\0;"),
        (".png", PNG),
        (".png", PNG + b"\0\0\0\x08acTL" + bytes(12)),
        (".txt", b"BMW, the text of a letter"),
        (".txt", b"MZ"),
        (".txt", b"ID3 is not always a song"),
        (".txt", b"CWS Hygiene GmbH, Rechnung 4711"),
        (".txt", b"FWS Logistik, Lieferschein"),
        (".txt", b"GIF und andere Bilder: eine Anleitung"),
        (".txt", b"SQLite: how to install it"),
        (".txt", b"M4A is the format of the songs"),
        (".txt", b"BZh"),
        (".txt", b"<html>as text</html>"),
        (".txt", "Grüße".encode("utf-16")),
        (".txt", "Grüße".encode("cp1252")),
        (".txt", "\ufeffGrüße".encode()),
    ],
)
def test_content_of_the_kind_that_the_extension_names_passes(suffix: str, content: bytes) -> None:
    assert detected(suffix, content) is None


def test_without_the_library_nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "filetype", None)
    assert detected(".pdf", PNG) is None
