"""Values that any operation takes, made from its fields and its schema: for tests that go through all operations."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from spapi_messaging.messages import Field, Operation
from tests.support.operations import CONTENT

DATE = "2026-11-21T01:00:00.000Z"
_DOCUMENT = Path(__file__).parents[2] / "spec" / "openapi.json"


def body_of(operation: Operation, attachments: list[Any]) -> dict[str, Any]:
    """A body that the operation takes, by wire name, with all of its fields.

    Args:
        operation: Any operation.
        attachments: What each attachment is; the operation gets as many as it needs.
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
