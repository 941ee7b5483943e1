"""Files that a buyer could not open, and hostile ones."""

from __future__ import annotations

import io
import logging
import random
import struct
import subprocess
import sys
import time
import zlib
from importlib import resources
from typing import Any, BinaryIO

import pypdf
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spapi_messaging.attachments import MAX_TOTAL_SIZE
from spapi_messaging.preflight.files import check_file
from tests.support.bounds import SOON

INVOICE = resources.files("spapi_messaging.cli").joinpath("invoice.pdf").read_bytes()


def rules(name: str, content: bytes) -> list[str]:
    problems = check_file(name, io.BytesIO(content))
    assert all((problem.field, problem.severity) == ("attachments", "warning") for problem in problems)
    assert all(problem.message.startswith(name) and problem.remedy for problem in problems)
    return [problem.rule for problem in problems]


# PDFs


def pdf(pages: int = 1, bytes_of_page: int = 0, **encryption: Any) -> bytes:
    writer = pypdf.PdfWriter()
    for _ in range(pages):
        page = writer.add_blank_page(595, 842)
        stream = pypdf.generic.DecodedStreamObject()
        stream.set_data(random.Random(1).randbytes(bytes_of_page))
        page[pypdf.generic.NameObject("/Contents")] = writer._add_object(stream)
    if encryption:
        writer.encrypt(**encryption)
    written = io.BytesIO()
    writer.write(written)
    return written.getvalue()


RC4: dict[str, Any] = {"algorithm": "RC4-128"}
AES: dict[str, Any] = {"algorithm": "AES-256"}


@pytest.mark.parametrize("content", [INVOICE, pdf(), pdf(20), b"\n\n" + INVOICE, INVOICE + b"\n<!-- a server's -->\n"])
def test_a_pdf_that_opens(content: bytes) -> None:
    assert rules("invoice.pdf", content) == []
    assert rules("INVOICE.PDF", content) == []


@pytest.mark.parametrize("algorithm", [RC4, AES])
def test_a_pdf_with_a_password(algorithm: dict[str, Any]) -> None:
    content = pdf(user_password="secret", owner_password="other", **algorithm)
    (problem,) = check_file("invoice.pdf", io.BytesIO(content))

    assert (problem.rule, problem.severity) == ("pdf-encrypted", "warning")
    assert problem.advice == (
        "invoice.pdf asks for a password, which the buyer does not have. Save it without a password."
    )


@pytest.mark.parametrize("algorithm", [RC4, AES])
def test_a_pdf_that_everyone_can_open_and_only_the_owner_change(algorithm: dict[str, Any]) -> None:
    assert rules("invoice.pdf", pdf(user_password="", owner_password="other", **algorithm)) == []


@pytest.mark.parametrize(
    ("algorithm", "finding"), [("RC4-128", None), ("AES-128", None), ("AES-256", "maybe-encrypted")]
)
def test_where_no_library_knows_aes(algorithm: str, finding: str | None) -> None:
    """pypdf chooses such a library when it is imported, so this takes a process of its own."""
    content = pdf(user_password="", owner_password="o", algorithm=algorithm)
    code = """
import sys
sys.modules.update(dict.fromkeys(["cryptography", "Crypto"]))
from spapi_messaging.preflight.pdf import examine
print(examine(sys.stdin.buffer.read()))
"""
    done = subprocess.run([sys.executable, "-c", code], input=content, capture_output=True, check=True)

    assert done.stdout.decode().strip() == str(finding)


def test_a_pdf_that_may_be_encrypted(monkeypatch: pytest.MonkeyPatch) -> None:
    def lacking(*_: object, **__: object) -> None:
        raise pypdf.errors.DependencyError("cryptography is required")

    monkeypatch.setattr(pypdf.PdfReader, "decrypt", lacking)
    (problem,) = check_file("a.pdf", io.BytesIO(pdf(user_password="", owner_password="o", **RC4)))

    assert problem.rule == "pdf-encrypted"
    assert problem.message == "a.pdf is encrypted, and may ask the buyer for a password."


def test_a_pdf_for_those_who_have_a_key() -> None:
    content = pdf(user_password="secret", **RC4).replace(b"/Filter /Standard", b"/Filter /Anything")

    assert rules("invoice.pdf", content) == ["pdf-encrypted"]


@pytest.mark.parametrize("length", [0, 1, 8, 100, len(INVOICE) // 2, len(INVOICE) - 40])
def test_a_pdf_that_was_cut_off(length: int) -> None:
    assert rules("invoice.pdf", INVOICE[:length]) == ["pdf-broken"]


def test_a_pdf_without_a_page() -> None:
    (problem,) = check_file("a.pdf", io.BytesIO(pdf(0)))

    assert (problem.rule, problem.message) == ("pdf-broken", "a.pdf has no page.")


def test_the_file_is_left_where_it_was() -> None:
    file = io.BytesIO(INVOICE)
    file.seek(7)
    check_file("a.pdf", file)

    assert file.tell() == 7
    assert not file.closed


class Unreadable(io.RawIOBase):
    """A file that cannot be read, or not twice."""

    def tell(self) -> int:
        raise OSError("a pipe")


@pytest.mark.parametrize("name", ["a.pdf", "a.gif"])
def test_a_file_that_cannot_be_read_is_left_to_the_send(name: str) -> None:
    closed = io.BytesIO()
    closed.close()
    files: list[Any] = [Unreadable(), closed]

    assert [check_file(name, file) for file in files] == [[], []]


def test_a_file_that_is_too_large_is_not_opened() -> None:
    assert rules("a.pdf", b"x" * MAX_TOTAL_SIZE) == []


@pytest.mark.parametrize("name", ["a.txt", "a.png", "a", ".pdf", "pdf", "a.pdf.docx"])
def test_other_files_are_not_opened(name: str) -> None:
    never: BinaryIO = Unreadable()  # type: ignore[assignment]

    assert check_file(name, never) == []


def test_500_pages_take_no_time() -> None:
    content = pdf(500, 18_000)
    assert 9_000_000 < len(content) < MAX_TOTAL_SIZE
    rules("a.pdf", INVOICE)
    began = time.process_time()

    assert rules("a.pdf", content) == []
    assert time.process_time() - began < SOON


def stream(number: int, entries: str, content: bytes) -> bytes:
    head = f"{number} 0 obj<<{entries}/Filter/FlateDecode/Length {len(content)}>>stream\n"
    return head.encode() + content + b"\nendstream endobj\n"


def hostile() -> dict[str, bytes]:
    begin, end = b"%PDF-1.7\n", b"\nstartxref\n9\n%%EOF"
    bomb = begin + stream(5, "/Type/ObjStm/N 1/First 4", zlib.compress(b"1 0 <</A 1>>" + bytes(100_000_000), 1))
    entries = [(0, 0, 65535), (2, 5, 0), *[(0, 0, 0)] * 3, (1, 9, 0)]
    table = zlib.compress(b"".join(struct.pack(">BIH", *entry) for entry in entries))
    bomb_end = f"\nstartxref\n{len(bomb)}\n%%EOF".encode()
    kids = b"2 0 obj<</Type/Pages/Kids[2 0 R 2 0 R 2 0 R]/Count 3>>endobj\n"
    return {
        "noise": random.Random(1).randbytes(9_900_000),
        "noise within": begin + random.Random(1).randbytes(9_800_000) + end,
        "zeros": begin + bytes(9_000_000) + end,
        "brackets": begin + b"1 0 obj\n" + b"[" * 9_000_000 + b"\ntrailer<</Root 1 0 R>>" + end,
        "objects": begin + b"".join(b"%d 0 obj<</A 1>>endobj\n" % n for n in range(300_000)) + end,
        "loop": begin + b"xref\n0 1\n0000000000 65535 f \ntrailer<</Size 1/Root 1 0 R/Prev 9>>" + end,
        "endless tree": begin
        + b"1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
        + kids
        + b"trailer<</Root 1 0 R>>"
        + end,
        "bomb": bomb + stream(6, "/Type/XRef/Size 6/W[1 4 2]/Root 1 0 R", table) + bomb_end,
        "table": begin + stream(6, "/Type/XRef/Size 99999999/W[1 4 2]/Root 1 0 R", zlib.compress(bytes(9**8), 1)) + end,
        "no table": begin + stream(6, "/Type/XRef/Size 2147483647/W[0 0 0]/Root 1 0 R", b"") + end,
        "ends": begin + b"%%EOF\n" * 1_500_000,
        "starts": begin + b"startxref\n9\n" * 800_000,
    }


def test_hostile_files_end_soon_and_tell_nothing(caplog: pytest.LogCaptureFixture) -> None:
    for name, content in hostile().items():
        began = time.process_time()
        assert rules("a.pdf", content) in ([], ["pdf-broken"]), name
        assert time.process_time() - began < SOON, name
    assert caplog.text == ""


def test_what_pypdf_says_of_a_file_is_logged_for_others_alone(caplog: pytest.LogCaptureFixture) -> None:
    broken = INVOICE.replace(b"/Root", b"/Roof")
    caplog.set_level(logging.DEBUG)
    check_file("a.pdf", io.BytesIO(broken))
    assert caplog.text == ""

    assert pypdf.PdfReader(io.BytesIO(broken)).root_object
    assert "Root" in caplog.text


@given(data=st.data())
def test_no_change_of_a_pdf_escapes(data: st.DataObject) -> None:
    content = bytearray(INVOICE)
    for _ in range(data.draw(st.integers(1, 8))):
        place = data.draw(st.integers(0, len(content)))
        content[place : place + data.draw(st.integers(0, 60))] = data.draw(st.binary(max_size=20))

    assert rules("a.pdf", bytes(content)) in ([], ["pdf-broken"], ["pdf-encrypted"])


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pypdf", None)

    with pytest.raises(ModuleNotFoundError, match=r"pypdf: pip install 'spapi-messaging\[preflight\]'"):
        check_file("a.pdf", io.BytesIO(INVOICE))
    assert check_file("a.gif", io.BytesIO(gif(2)))


# GIFs


def gif(images: int, *, colours: bool = True, comment: bytes = b"") -> bytes:
    """A picture of one point, as often as wanted."""
    table = bytes(6)
    screen = struct.pack("<HHBBB", 1, 1, 0x80 if colours else 0, 0, 0) + (table if colours else b"")
    blocks = b"".join(bytes([len(part)]) + part for part in (comment[n : n + 255] for n in range(0, len(comment), 255)))
    control = b"\x21\xf9\x04\0\0\0\0\0"
    own = b"" if colours else table
    image = b"\x2c" + struct.pack("<HHHHB", 0, 0, 1, 1, 0 if colours else 0x80) + own + b"\x02\x02\x44\x01\0"
    return b"GIF89a" + screen + b"\x21\xfe" + blocks + b"\0" + (control + image) * images + b"\x3b"


@pytest.mark.parametrize("colours", [True, False])
@pytest.mark.parametrize("comment", [b"", b"\x2c" * 700, b"\x3b"])
def test_a_gif_that_moves(colours: bool, comment: bytes) -> None:
    for images in (0, 1):
        assert rules("a.gif", gif(images, colours=colours, comment=comment)) == []
    for images in (2, 3, 50):
        assert rules("a.GIF", gif(images, colours=colours, comment=comment)) == ["animated-gif"]


def test_what_a_moving_gif_is_told() -> None:
    (problem,) = check_file("logo.gif", io.BytesIO(gif(2)), "pictures")

    assert problem.field == "pictures"
    assert (
        problem.advice == "logo.gif is an animated picture, which Amazon advises against. Send one that stands still."
    )


@given(content=st.binary(max_size=60), images=st.integers(0, 3), cut=st.integers(0, 90))
def test_no_gif_escapes(content: bytes, images: int, cut: int) -> None:
    rules("a.gif", b"GIF89a" + content)
    rules("a.gif", gif(images)[:cut] + content)


@pytest.mark.parametrize("block", [b"\x21\xfe\0", b"\x01x", b"\xff" + bytes(255)])
def test_a_large_gif_takes_no_time(block: bytes) -> None:
    began = time.process_time()
    rules("a.gif", gif(0)[:-1] + b"\x21\xfe" + block * (9_900_000 // len(block)))

    assert time.process_time() - began < SOON
