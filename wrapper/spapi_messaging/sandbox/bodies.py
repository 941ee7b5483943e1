"""Checks the body of a message: first against the published model, then against the schema of the action."""

from __future__ import annotations

import re
from typing import Any

from jsonschema import Draft4Validator, FormatChecker

from spapi_messaging.messages import Operation
from spapi_messaging.sandbox.actions import schema_name

_ATTACHMENT = {
    "type": "object",
    "required": ["fileName", "uploadDestinationId"],
    "properties": {"fileName": {"type": "string"}, "uploadDestinationId": {"type": "string"}},
}
_FORMS: dict[str, dict[str, Any]] = {
    "text": {"type": "string"},
    "attachments": {"type": "array", "items": _ATTACHMENT},
    "date-time": {"type": "string"},
    "value": {},
}
_DATE_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
_formats = FormatChecker(formats=())


@_formats.checks("date-time")
def _is_date_time(value: object) -> bool:
    return not isinstance(value, str) or bool(_DATE_TIME.fullmatch(value))


def problem(body: Any, operation: Operation, action_schema: dict[str, Any]) -> str | None:
    """What is wrong with a body. None: nothing is wrong.

    Args:
        body: The body as it was sent.
        operation: The operation that was called.
        action_schema: The schema that getMessagingActionsForOrder shows for the operation.
    """
    return _first_error(body, _form(operation)) or _first_error(translate(body, operation), action_schema)


def translate(body: dict[str, Any], operation: Operation) -> dict[str, Any]:
    """A body with the field names of the action's schema."""
    translated = dict(body)
    for field in operation.fields:
        if field.wire_name in body:
            value = translated.pop(field.wire_name)
            translated[schema_name(field)] = (
                [{"id": item["uploadDestinationId"]} for item in value] if field.kind == "attachments" else value
            )
    return translated


def _form(operation: Operation) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {field.wire_name: _FORMS[field.kind] for field in operation.fields},
        "required": [field.wire_name for field in operation.fields if field.required],
    }


def _first_error(instance: Any, schema: dict[str, Any]) -> str | None:
    error = next(Draft4Validator(schema, format_checker=_formats).iter_errors(instance), None)
    if error is None:
        return None
    place = ".".join(str(part) for part in error.absolute_path) or "body"
    return f"{place}: breaks the rule {error.validator} {error.validator_value!r}"
