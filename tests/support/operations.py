"""The table of operations as a test needs it: an operation is retired or published, or has other limits."""

from __future__ import annotations

from typing import Any

import pytest

from spapi_messaging.messages import MESSAGE_TYPES, OPERATIONS, Field, Operation
from spapi_messaging_client.operations import Retired

#: What an order allows, and who its buyer is. Amazon may give these reads other names.
ACTIONS, ATTRIBUTES = (
    next(each for each in OPERATIONS.values() if each.answer == answer)
    for answer in ("AvailableActions", "OrderAttributes")
)
CONTENT = {"text", "attachments"}
RETIRED = Retired("2026-01-31", "abc1234")
SENTENCE = "It left Amazon's published model on 2026-01-31; expect Amazon to refuse it."


def retire(monkeypatch: pytest.MonkeyPatch, name: str) -> Operation:
    """Amazon has retired this message type, or this operation, whatever the committed model says."""
    return _changed(monkeypatch, name, retired=RETIRED, deprecated=SENTENCE)


def publish(monkeypatch: pytest.MonkeyPatch, name: str) -> Operation:
    """Amazon publishes this message type, or this operation, whatever the committed model says."""
    return _changed(monkeypatch, name, retired=None, deprecated="")


def publish_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """Amazon publishes every message type, whatever the committed model says."""
    for message_type in list(MESSAGE_TYPES):
        publish(monkeypatch, message_type)


def limit(monkeypatch: pytest.MonkeyPatch, message_type: str, kind: str, **limits: Any) -> Operation:
    """Fields of this kind have these limits, whatever the committed model says."""
    fields = MESSAGE_TYPES[message_type].fields
    changed = tuple(field._replace(**limits) if field.kind == kind else field for field in fields)
    return _changed(monkeypatch, message_type, fields=changed)


def _changed(monkeypatch: pytest.MonkeyPatch, name: str, **changes: Any) -> Operation:
    operation = (MESSAGE_TYPES.get(name) or OPERATIONS[name])._replace(**changes)
    monkeypatch.setitem(OPERATIONS, operation.operation_id, operation)
    if operation.message_type:
        monkeypatch.setitem(MESSAGE_TYPES, operation.message_type, operation)
    return operation


def content_kinds(operation: Operation) -> set[str]:
    """What a message can consist of: "text", "attachments", both or none."""
    return {field.kind for field in operation.fields} & CONTENT


def field_of(message_type: str, kind: str) -> Field:
    """The field of this kind, such as "text"."""
    return next(field for field in MESSAGE_TYPES[message_type].fields if field.kind == kind)


def too_much(message_type: str, kind: str) -> int:
    """One more than Amazon takes: characters of a text, or files."""
    field = field_of(message_type, kind)
    most = field.max_length if kind == "text" else field.max_items
    assert most is not None, f"{message_type} has no limit; the test needs a type that has one"
    return most + 1
