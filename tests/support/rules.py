"""Rules of preflight that a test makes, for tests of the way in which a message is checked, and not of the rules."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from types import ModuleType
from typing import Any, BinaryIO, NamedTuple

import pytest

from spapi_messaging import AvailableActions
from spapi_messaging.errors import Problem
from spapi_messaging.messages import Operation

#: In a text, each of these breaks the rule that it names.
HTML, LINK = "<b>", "https://shop.example"


class Looked(NamedTuple):
    """A text that was looked at."""

    text: str
    message_type: str
    country: str | None
    locale: str | None


class Rules:
    """Stand-ins for the rules, as simple as can be.

    Attributes:
        looked: the texts that were looked at.
        files: the names of the files that were opened, with their content.
        bodies: what was held against an order's schema.
        detector: whether there is a detector of languages. It takes any text for English.
    """

    def __init__(self) -> None:
        self.looked: list[Looked] = []
        self.files: list[tuple[str, bytes]] = []
        self.bodies: list[Mapping[str, Any]] = []
        self.detector = False

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
        found = []
        if HTML in text:
            found.append(Problem(field, "there is HTML.", rule="html", remedy="Remove it."))
        if LINK in text:
            found.append(Problem(field, "there is a link.", "warning", "link", "Remove it."))
        if self.detector and locale and not locale.startswith("en"):
            found.append(Problem(field, "it is in another language.", "warning", "language", "Translate it."))
        return found

    def check_file(self, name: str, content: BinaryIO, field: str = "attachments") -> list[Problem]:
        self.files.append((name, content.read()))
        content.seek(0)
        assert content.read() == self.files[-1][1]
        if b"/Encrypt" not in self.files[-1][1]:
            return []
        return [Problem(field, f"{name} is encrypted.", "warning", "pdf-encrypted", "Send one without a password.")]

    def check_availability(self, actions: AvailableActions, operation: Operation) -> list[Problem]:
        if operation.operation_id not in actions:
            told = f"Amazon does not list {operation.message_type} for this order."
            return [Problem("message_type", told, rule="not-available", remedy="Send what it lists.")]
        action = actions[operation.operation_id]
        if action.available:
            return []
        return [Problem("message_type", f"Amazon says: {action.disabled_reason}", rule="disabled")]

    def check_schema(self, operation: Operation, schema: Mapping[str, Any], body: Mapping[str, Any]) -> list[Problem]:
        self.bodies.append(body)
        found = []
        most = schema.get("properties", {}).get("rawMessageBody", {}).get("maxLength")
        for field in operation.fields:
            if field.kind == "text" and isinstance(most, int) and len(body.get(field.wire_name, "")) > most:
                found.append(Problem(field.name, f"this order takes {most} characters.", rule="schema"))
        if "x-unclear" in schema:
            found.append(Problem("message_type", "the schema is unclear.", "warning", "schema"))
        return found


@pytest.fixture
def rules(monkeypatch: pytest.MonkeyPatch) -> Rules:
    """The rules of this test, instead of the package's."""
    stand_in = Rules()
    functions: dict[str, dict[str, Any]] = {
        "texts": {"check_text": stand_in.check_text},
        "files": {"check_file": stand_in.check_file},
        "availability": {"check_availability": stand_in.check_availability},
        "schemas": {"check_schema": stand_in.check_schema},
        "language": {"detector_installed": lambda: stand_in.detector},
    }
    for name, members in functions.items():
        module = ModuleType(f"spapi_messaging.preflight.{name}")
        vars(module).update(members)
        monkeypatch.setitem(sys.modules, module.__name__, module)
    return stand_in
