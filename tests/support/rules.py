"""The rules of preflight in a test of the way in which a message is checked: the real ones, which are watched."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any, BinaryIO, NamedTuple

import pypdf
import pytest

from spapi_messaging.errors import Problem
from spapi_messaging.messages import Operation
from spapi_messaging.preflight import files, language, schemas, texts

#: In a text, each of these breaks the rule that it names.
HTML, LINK = "<b>", "https://shop.example"


def pdf(password: str = "") -> bytes:
    """A PDF with one empty page."""
    written, writer = io.BytesIO(), pypdf.PdfWriter()
    writer.add_blank_page(100, 100)
    if password:
        writer.encrypt(password, algorithm="RC4-128")
    writer.write(written)
    return written.getvalue()


#: A file that keeps all rules, and one that breaks `pdf-encrypted`.
PDF, LOCKED = pdf(), pdf("secret")


class Looked(NamedTuple):
    """A text that was looked at."""

    text: str
    message_type: str
    country: str | None
    locale: str | None


class Rules:
    """What the rules were asked.

    Attributes:
        looked: the texts that were looked at.
        files: the names of the files that were opened, with their content.
        bodies: what was held against an order's schema.
        detector: whether there is a detector of languages. It takes any text for English.
    """

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.looked: list[Looked] = []
        self.files: list[tuple[str, bytes]] = []
        self.bodies: list[Mapping[str, Any]] = []
        self.detector = False
        self._check_text, self._check_file = texts.check_text, files.check_file
        self._check_schema = schemas.check_schema
        patch.setattr(texts, "check_text", self.check_text)
        patch.setattr(files, "check_file", self.check_file)
        patch.setattr(schemas, "check_schema", self.check_schema)
        patch.setattr(language, "detector_installed", lambda: self.detector)
        patch.setattr(texts, "other_language", self.other_language)

    def check_text(
        self,
        text: str,
        *,
        message_type: str,
        field: str = "text",
        country: str | None = None,
        locale: str | None = None,
    ) -> list[Problem]:
        self.looked.append(Looked(text, message_type, country, locale))
        return self._check_text(text, message_type=message_type, field=field, country=country, locale=locale)

    def check_file(self, name: str, content: BinaryIO, field: str = "attachments") -> list[Problem]:
        self.files.append((name, content.read()))
        content.seek(0)
        return self._check_file(name, content, field)

    def check_schema(self, operation: Operation, schema: Mapping[str, Any], body: Mapping[str, Any]) -> list[Problem]:
        self.bodies.append(body)
        return self._check_schema(operation, schema, body)

    def other_language(self, _: str, locale: str | None) -> str | None:
        return "en" if self.detector and locale and not locale.startswith("en") else None


@pytest.fixture
def rules(monkeypatch: pytest.MonkeyPatch) -> Rules:
    """Watches the rules, and decides which language a text is in."""
    return Rules(monkeypatch)
