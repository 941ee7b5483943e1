"""docs/attachments.md: what arrives, and the tables of types and limits."""

from __future__ import annotations

import re

from spapi_messaging._upload.sources import MAX_NAME_LENGTH
from spapi_messaging.attachments import CONTENT_TYPES, MAX_TOTAL_SIZE
from tests.docs.pages import Page
from tests.docs.reader import Reader

PAGE = Page("attachments.md")


def example(section: str, reader: Reader) -> None:
    (program,) = PAGE.blocks("python", section)
    reader.run_program(program)


def test_every_kind_of_source_arrives_as_it_is(reader: Reader) -> None:
    content = (reader.folder / "invoice.pdf").read_bytes()
    example("What you can give", reader)

    files = [file for message in reader.sandbox.inbox for file in message.attachments]
    assert len(files) == 5
    assert {file.content for file in files} == {content}
    assert "Widerrufsbelehrung für Käufer.pdf" in [file.file_name for file in files]


def test_what_is_refused_is_not_sent(reader: Reader) -> None:
    example("Names", reader)
    content = (reader.folder / "invoice.pdf").read_bytes()
    example("Only if it is still the same file", reader)

    assert (reader.folder / "invoice.pdf").read_bytes() == content  # the reader's own
    assert reader.sandbox.inbox == []
    assert [request.path for request in reader.sandbox.requests if "upload" in request.path] == []


def test_an_upload_is_sent_later(reader: Reader) -> None:
    example("Upload first, send later", reader)

    (message,) = reader.sandbox.inbox
    assert message.attachments[0].file_name == "Rechnung 2026-1187.pdf"


def test_the_table_has_every_type() -> None:
    rows = re.findall(r"^\| (`\..+?) \| `(.+)` \|$", PAGE.section("Types"), re.M)

    assert {suffix: kind for cell, kind in rows for suffix in re.findall(r"\.\w+", cell)} == CONTENT_TYPES


def test_the_limits_are_those_of_the_code() -> None:
    assert f"({MAX_TOTAL_SIZE:,} bytes)" in PAGE.section("Sizes and numbers")
    assert f"more than {MAX_NAME_LENGTH} characters" in PAGE.section("Names")
