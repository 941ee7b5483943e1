"""Message types, and the rules that a message must keep before anything is sent."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from spapi_messaging.errors import InvalidMessageError, Problem
from spapi_messaging_client.operations import OPERATIONS, Field, Operation

if TYPE_CHECKING:  # the cases are large, and only the sandbox and an explanation need them
    from spapi_messaging_client.sandbox_cases import SandboxCase as SandboxCase

__all__ = ["MESSAGE_TYPES", "OPERATIONS", "Field", "Operation", "operation_for", "sandbox_cases"]

#: The operation of each message type: ``MESSAGE_TYPES["invoice"]`` is sendInvoice.
MESSAGE_TYPES: dict[str, Operation] = {
    operation.message_type: operation for operation in OPERATIONS.values() if operation.message_type
}

# Digital and multi-channel orders begin with a letter, and the static sandbox has an order "badOrderId".
_ORDER_ID = re.compile(r"[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*")
_ORDER_ID_LENGTH = 64
_DATE_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)", re.ASCII)


def operation_for(name: str) -> Operation:
    """The operation that sends a message type.

    Args:
        name: the type's wire name (``"invoice"``) or the operationId (``"sendInvoice"``).

    Raises:
        InvalidMessageError: when there is no such type; it lists those that there are.
    """
    operation = MESSAGE_TYPES.get(name) or OPERATIONS.get(name)
    if operation is None or operation.kind != "send":
        known = ", ".join(sorted(MESSAGE_TYPES))
        raise invalid([Problem("message_type", f"there is no message type {name!r}. Use one of {known}.")])
    return operation


def sandbox_cases() -> dict[str, tuple[SandboxCase, ...]]:
    """The requests that Amazon's static sandbox answers, by operationId."""
    from spapi_messaging_client.sandbox_cases import SANDBOX_CASES

    return SANDBOX_CASES


@cache
def endpoint(operation: Operation) -> Any:
    """The generated module of an operation; each is loaded on first use."""
    return import_module(operation.module)


@cache
def body_model(name: str) -> Any:
    """A generated model; they are loaded one by one, because all of them take longer to load than the rest."""
    return getattr(import_module("spapi_messaging_client.models"), name)


def message_by_type(
    message_type: str, text: str | None, files: Iterable[Any], fields: Mapping[str, Any]
) -> tuple[Operation, dict[str, Any], dict[str, Any]]:
    """The operation of a message type, the values of its body by wire name, and its other parameters.

    Raises:
        InvalidMessageError: when there is no such type, or one of the parameters is missing.
    """
    operation = operation_for(message_type)
    wire_names = {field.name: field.wire_name for field in operation.fields}
    given = {"text": text, **fields}
    if files or any(field.kind == "attachments" for field in operation.fields):
        given["attachments"] = files
    names = {parameter.name for parameter in operation.parameters} - wire_names.keys()
    parameters = {name: value for name, value in given.items() if name in names and value is not None}
    if missing := [
        item.name for item in operation.parameters if item.required and item.name in names - parameters.keys()
    ]:
        raise invalid([Problem(name, f"{operation.operation_id} needs it.") for name in missing])
    body = {wire_names.get(name, name): value for name, value in given.items() if name not in names}
    return operation, body, parameters


def invalid(problems: Iterable[Problem]) -> InvalidMessageError:
    """The error for these problems."""
    problems = list(problems)
    return InvalidMessageError(f"Nothing was sent: {'; '.join(map(str, problems))}", problems=problems)


def order_problems(order_id: object) -> list[Problem]:
    """What is wrong with an order id."""
    if isinstance(order_id, str) and len(order_id) <= _ORDER_ID_LENGTH and _ORDER_ID.fullmatch(order_id):
        return []
    if not isinstance(order_id, str):
        wrong = f"an order id is a string, not {type(order_id).__name__}"
    elif not order_id.strip():
        wrong = "the order id is empty"
    elif order_id != order_id.strip():
        wrong = "the order id has white space around it"
    else:
        wrong = f"{order_id[:_ORDER_ID_LENGTH]!r} cannot be an order id: it is letters, digits and hyphens"
    return [Problem("order_id", f"{wrong}. Take it from the order, like 303-1234567-1234567.")]


def check_body(operation: Operation, body: Mapping[str, Any]) -> tuple[dict[str, Any], list[Problem]]:
    """What goes out for what the caller gave, and what is wrong with it. Attachments stay as they are.

    Args:
        operation: the message's operation.
        body: the values by wire name; None is a value that was not given.
    """
    given = {name: value for name, value in body.items() if value is not None}
    fields = {field.wire_name: field for field in operation.fields}
    known = ", ".join(field.name for field in operation.fields) or "nothing but the order"
    problems = [
        Problem(name, f"{operation.operation_id} has no such field; it takes {known}.")
        for name in given
        if name not in fields
    ]
    for name, field in fields.items():
        if field.kind == "attachments":
            given[name] = _as_list(given.get(name, ()), problems, field)
        elif name in given:
            given[name] = _CHECKS[field.kind](field, given[name], problems)
    problems += _missing(operation, given)
    if not all(given.get(field.wire_name) for field in operation.fields if field.kind == "attachments"):
        given = {name: value for name, value in given.items() if value != [] or fields[name].kind != "attachments"}
    return given, problems


def explain_mismatch(operation: Operation, order_id: str, body: Mapping[str, Any] | None) -> str:
    """What Amazon's static sandbox would have answered to."""
    cases = sandbox_cases().get(operation.operation_id, ())
    success = next((case for case in cases if case.status < 300), None)
    if success is None:
        return f"No case is published for {operation.operation_id}."
    wanted = []
    if success.order_id not in (None, order_id):
        wanted.append(f"order id {success.order_id!r}")
    if isinstance(success.body, dict):
        sent = body or {}
        wanted += [f"{name} {value!r}" for name, value in success.body.items() if sent.get(name) != value]
        wanted += [f"no {name}" for name in sent if name not in success.body]
    return f"The published case of {operation.operation_id} expects {'; '.join(wanted) or 'what was sent'}."


def _missing(operation: Operation, given: Mapping[str, Any]) -> list[Problem]:
    """A type that takes text alone needs a text, one that takes files alone a file, one that takes both either."""
    content = [field for field in operation.fields if field.kind in ("text", "attachments")]
    problems = [
        Problem(field.name, f"{operation.operation_id} needs it.")
        for field in operation.fields
        if field.required and field not in content and field.wire_name not in given
    ]
    if content and not any(given.get(field.wire_name) not in (None, []) for field in content):
        names = {"text": "a text", "attachments": "an attachment"}
        either = " or ".join(names[field.kind] for field in content)
        problems.append(Problem(content[0].name, f"{operation.operation_id} needs {either}."))
    return problems


def _as_list(value: Any, problems: list[Problem], field: Field) -> list[Any]:
    if isinstance(value, str | bytes | bytearray) or not isinstance(value, Iterable) or hasattr(value, "read"):
        problems.append(Problem(field.name, "give a list, even for one file: attachments=[…]."))
        return []
    if isinstance(value, tuple) and len(value) == 2 and isinstance(value[1], bytes | bytearray):
        problems.append(Problem(field.name, 'give a list, even for one file: attachments=[("name.pdf", data)].'))
        return []
    files = list(value)
    if files and field.min_items is not None and len(files) < field.min_items:
        problems.append(Problem(field.name, f"there are {len(files)} files; give {field.min_items} or more."))
    if field.max_items is not None and len(files) > field.max_items:
        problems.append(
            Problem(field.name, f"there are {len(files)} files; Amazon takes {field.max_items} with this message.")
        )
    return files


def _checked_text(field: Field, value: Any, problems: list[Problem]) -> Any:
    if not isinstance(value, str):
        problems.append(Problem(field.name, f"give a string, not {type(value).__name__}."))
        return value
    if not value.strip():
        problems.append(Problem(field.name, "the text is empty."))
        return value
    try:
        value.encode()
    except UnicodeEncodeError:
        problems.append(Problem(field.name, "the text holds half a character (a lone surrogate): decode it correctly."))
        return value
    value = value.replace("\r\n", "\n")  # a line's end is one character to whoever typed it, and to Amazon
    length = len(value)
    if field.max_length is not None and length > field.max_length:
        problems.append(
            Problem(
                field.name, f"the text has {length} characters, {length - field.max_length} more than Amazon takes."
            )
        )
    if field.min_length is not None and length < field.min_length:
        problems.append(Problem(field.name, f"the text has {length} characters; Amazon wants {field.min_length}."))
    return value


def _checked_date(field: Field, value: Any, problems: list[Problem]) -> Any:
    if isinstance(value, datetime):
        if value.tzinfo is None or value.utcoffset() is None:
            problems.append(Problem(field.name, "the date has no time zone: give one, such as tzinfo=timezone.utc."))
        # Milliseconds, as in Amazon's examples; isoformat() alone would write six digits or none.
        return value.isoformat(timespec="milliseconds")
    if not isinstance(value, str):
        problems.append(Problem(field.name, f"give a datetime or a string, not {type(value).__name__}."))
        return value
    from dateutil.parser import isoparse

    try:
        valid = _DATE_TIME.fullmatch(value) and isoparse(value)
    except (ValueError, OverflowError):
        valid = None
    if not valid:
        problems.append(
            Problem(field.name, f"{value[:40]!r} is no date with time and zone, like 2026-01-31T09:30:00.000+01:00.")
        )
    return value


def _checked_value(field: Field, value: Any, problems: list[Problem]) -> Any:
    if field.enum and value not in field.enum:
        problems.append(Problem(field.name, f"it must be one of {', '.join(map(str, field.enum))}."))
    if isinstance(value, str):
        if field.max_length is not None and len(value) > field.max_length:
            problems.append(Problem(field.name, f"it has {len(value)} characters, Amazon takes {field.max_length}."))
        if field.min_length is not None and len(value) < field.min_length:
            problems.append(Problem(field.name, f"it has {len(value)} characters, Amazon wants {field.min_length}."))
    if isinstance(value, list | tuple):
        if field.max_items is not None and len(value) > field.max_items:
            problems.append(Problem(field.name, f"it has {len(value)} entries, Amazon takes {field.max_items}."))
        if field.min_items is not None and len(value) < field.min_items:
            problems.append(Problem(field.name, f"it has {len(value)} entries, Amazon wants {field.min_items}."))
    return value


_CHECKS = {"text": _checked_text, "date-time": _checked_date, "value": _checked_value}
