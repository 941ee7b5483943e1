"""Operations for tests: retired or published as a test needs them, and values that an operation takes."""

from __future__ import annotations

import json
from collections import Counter
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from spapi_messaging.messages import MESSAGE_TYPES, OPERATIONS, Field, Operation, sandbox_cases
from spapi_messaging_client.operations import Retired

if TYPE_CHECKING:
    from _pytest.mark import ParameterSet

    from spapi_messaging.messages import SandboxCase

CONTENT = {"text", "attachments"}
DATE = "2026-11-21T01:00:00.000Z"
RETIRED = Retired("2026-01-31", "abc1234")
_DOCUMENT = Path(__file__).parents[2] / "spec" / "openapi.json"


def retire(monkeypatch: pytest.MonkeyPatch, name: str) -> Operation:
    """Amazon has retired this message type, or this operation, whatever the committed model says."""
    return _changed(monkeypatch, name, retired=RETIRED)


def publish(monkeypatch: pytest.MonkeyPatch, name: str) -> Operation:
    """Amazon publishes this message type, or this operation, whatever the committed model says."""
    return _changed(monkeypatch, name, retired=None)


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


def body_of(operation: Operation, attachments: list[Any]) -> dict[str, Any]:
    """A body that the operation takes, by wire name, with all of its fields.

    Args:
        operation: Any operation.
        attachments: What the operation's attachments are: as many of them as it needs.
    """
    return {field.wire_name: _value(operation, field, attachments) for field in operation.fields}


def _value(operation: Operation, field: Field, attachments: list[Any]) -> Any:
    if field.kind == "attachments":
        return attachments * max(1, field.min_items or 1)
    if field.kind == "date-time":
        return DATE
    if field.enum:
        return field.enum[0]
    return _example(_body_schemas(operation)[field.wire_name])


def arguments_of(operation: Operation, attachments: list[Any]) -> dict[str, Any]:
    """What the method of an operation takes, by argument: all fields of its body, and what else it needs."""
    body = body_of(operation, attachments)
    fields = {field.name: body[field.wire_name] for field in operation.fields}
    return {**parameters_of(operation), **fields}


def parameters_of(operation: Operation) -> dict[str, Any]:
    """A value for each required parameter of an operation, by argument."""
    return {each.name: (*each.enum, "x")[0] for each in operation.parameters if each.required}


def query_of(operation: Operation) -> dict[str, Any]:
    """A value for each required parameter of an operation's query, by wire name."""
    query = [each for each in operation.parameters if each.required and each.location == "query"]
    return {each.wire_name: (*each.enum, "x")[0] for each in query}


def required_arguments_of(operation: Operation) -> dict[str, Any]:
    """What the method of an operation needs besides its text and its attachments, by argument."""
    needed = {field.name for field in operation.fields if field.required and field.kind not in CONTENT}
    needed |= {each.name for each in operation.parameters if each.required}
    return {name: value for name, value in arguments_of(operation, []).items() if name in needed}


def field_of(message_type: str, kind: str) -> Field:
    """The field of this kind, such as "text"."""
    return next(field for field in MESSAGE_TYPES[message_type].fields if field.kind == kind)


def published_success(operation_id: str) -> SandboxCase:
    """The first success that Amazon's static sandbox answers with."""
    return next(case for case in sandbox_cases()[operation_id] if case.status < 300)


def published_cases() -> list[ParameterSet]:
    """An operation and a case, for each request that Amazon's static sandbox answers.

    Their ids are sendInvoice-201, sendInvoice-201-2, and so on: an id stays when Amazon adds a case after it.
    """
    parameters = []
    for operation_id, cases in sorted(sandbox_cases().items()):
        seen: Counter[int] = Counter()
        for case in cases:
            seen[case.status] += 1
            number = f"-{seen[case.status]}" if seen[case.status] > 1 else ""
            name = f"{operation_id}-{case.status}{number}"
            parameters.append(pytest.param(OPERATIONS[operation_id], case, id=name))
    return parameters


@cache
def _document() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(_DOCUMENT.read_text("utf-8"))
    return document


def _resolved(schema: dict[str, Any]) -> dict[str, Any]:
    if reference := schema.get("$ref"):
        named: dict[str, Any] = _document()["components"]["schemas"][reference.rpartition("/")[2]]
        return _resolved(named)
    return schema


def _body_schemas(operation: Operation) -> dict[str, Any]:
    """The schemas of a body's fields. The table of operations does not say which values an object holds."""
    if operation.body_model is None:
        return {}
    described = _document()["paths"][operation.path][operation.http_method.lower()]
    body = _resolved(described["requestBody"]["content"]["application/json"]["schema"])
    return dict(body.get("properties", {}))


def _example(schema: dict[str, Any]) -> Any:
    """A value that a schema takes."""
    schema = _resolved(schema)
    if schema.get("enum"):
        return schema["enum"][0]
    if schema.get("type") == "string":
        return "x" * max(schema.get("minLength", 1), 1)
    if schema.get("type") == "array":
        return [_example(schema["items"])] * max(schema.get("minItems", 1), 1)
    if schema.get("type") in ("object", None):
        return {name: _example(value) for name, value in schema.get("properties", {}).items()}
    return schema.get("minimum", 1) if schema["type"] != "boolean" else True
