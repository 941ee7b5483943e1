"""The language of documents: the law's and the warranty's must be in the buyer's."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spapi_messaging.preflight.documents import check_document
from spapi_messaging.preflight.language import detector_installed
from tests.support.thorough import choose

pytestmark = pytest.mark.skipif(not detector_installed(), reason="no detector of languages is installed")

GERMAN = "Diese Garantie gilt für zwei Jahre ab dem Tag des Kaufs. Bitte bewahren Sie die Rechnung sorgfältig auf."
ENGLISH = "This warranty is valid for two years from the day of the purchase. Please keep the invoice in a safe place."


def pdf(*pages: str) -> bytes:
    """A PDF with a line of text on each page."""
    kids = " ".join(f"{3 + 2 * number} 0 R" for number in range(len(pages)))
    objects = [b"<</Type/Catalog/Pages 2 0 R>>", f"<</Type/Pages/Kids[{kids}]/Count {len(pages)}>>".encode()]
    for number, words in enumerate(pages):
        content = b"BT /F1 12 Tf 50 700 Td (%b) Tj ET" % words.encode("cp1252")
        font = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>"
        objects.append(
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents %d 0 R/Resources<</Font<</F1 %b>>>>>>"
            % (4 + 2 * number, font)
        )
        objects.append(b"<</Length %d>>stream\n%b\nendstream" % (len(content), content))
    written = b"%PDF-1.4\n" + b"".join(b"%d 0 obj%b endobj\n" % (n, each) for n, each in enumerate(objects, 1))
    return written + b"trailer<</Root 1 0 R/Size %d>>\nstartxref\n0\n%%%%EOF\n" % (len(objects) + 1)


def rules(name: str, content: bytes, message_type: str = "warranty", locale: str | None = "de-DE") -> list[str]:
    found = check_document(name, io.BytesIO(content), message_type=message_type, locale=locale)
    assert not any(part in each.advice for each in found for part in ("Rechnung", "invoice"))
    return [each.rule for each in found]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_a_text_in_another_language_is_named(encoding: str) -> None:
    assert rules("warranty.txt", ENGLISH.encode(encoding)) == ["language"]
    assert rules("warranty.txt", GERMAN.encode(encoding)) == []


def test_a_pdf_in_another_language_is_named() -> None:
    assert rules("warranty.pdf", pdf(ENGLISH)) == ["language"]
    assert rules("WARRANTY.PDF", pdf(GERMAN)) == []
    assert rules("warranty.pdf", pdf(GERMAN, ENGLISH)) == []  # both are in it
    assert rules("warranty.pdf", pdf(ENGLISH, GERMAN, ENGLISH)) == []


def test_only_some_messages_ask_for_it() -> None:
    assert rules("a.txt", ENGLISH.encode(), message_type="legalDisclosure") == ["language"]
    assert rules("a.txt", ENGLISH.encode(), message_type="invoice") == []
    assert rules("a.txt", ENGLISH.encode(), locale=None) == []
    assert rules("a.docx", ENGLISH.encode()) == []


@given(content=st.binary(max_size=300), cut=st.integers(0, 600), name=st.sampled_from(["a.pdf", "a.txt"]))
def test_no_file_is_too_odd(content: bytes, cut: int, name: str) -> None:
    whole = pdf(ENGLISH, GERMAN)
    check_document(name, io.BytesIO(whole[:cut] + content + whole[cut:]), message_type="warranty", locale="de-DE")


def test_a_page_without_end_is_left_unread() -> None:
    many = pdf(ENGLISH).replace(b"(This", b"(a) Tj " * choose(100_000, 400_000) + b"(This")
    check_document("a.pdf", io.BytesIO(many), message_type="warranty", locale="de-DE")


def test_a_file_that_cannot_be_read_is_the_affair_of_the_send() -> None:
    closed = io.BytesIO()
    closed.close()
    assert check_document("a.txt", closed, message_type="warranty", locale="de-DE") == []
