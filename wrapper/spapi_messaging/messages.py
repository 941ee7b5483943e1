"""Message types, and the rules that a message must keep before anything is sent."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple, TypeGuard

from spapi_messaging.errors import InvalidMessageError, Problem, quoted
from spapi_messaging_client.operations import OPERATIONS, Field, MessageType, Operation

if TYPE_CHECKING:  # the cases are large, and only the sandbox and an explanation need them
    from spapi_messaging_client.sandbox_cases import SandboxCase as SandboxCase

__all__ = [
    "MESSAGE_TYPES",
    "OPERATIONS",
    "ORDER_ID_PATTERN",
    "Field",
    "MessageType",
    "Operation",
    "is_message_type",
    "operation_for",
    "sandbox_cases",
]

#: The operation of each message type: ``MESSAGE_TYPES["invoice"]`` is sendInvoice.
MESSAGE_TYPES: dict[str, Operation] = {
    operation.message_type: operation for operation in OPERATIONS.values() if operation.message_type
}
#: The operation that gives a place for a file. The generator makes sure that there is one.
UPLOAD = next(operation for operation in OPERATIONS.values() if operation.kind == "upload")

#: What Amazon's order ids look like. Those of digital and multi-channel orders begin with a letter.
ORDER_ID_PATTERN = r"[A-Z0-9][0-9]{2}-[0-9]{7}-[0-9]{7}"
_DATE_TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)"


def find_operation(name: object) -> Operation | None:
    """The operation with this operationId or message type. None: there is no such operation."""
    return (MESSAGE_TYPES.get(name) or OPERATIONS.get(name)) if isinstance(name, str) else None


def find_read(answer: str) -> Operation | None:
    """The read of an order that answers with this model, such as ``"AvailableActions"``.

    The read's own name is Amazon's and may change. None: Amazon has no such read, or it needs more than an order.
    """
    reads = (each for each in OPERATIONS.values() if each.answer == answer)
    return next((each for each in reads if not any(parameter.required for parameter in each.parameters)), None)


def operation_for(name: str) -> Operation:
    """The operation that sends a message type.

    Args:
        name: the type's wire name (``"invoice"``) or the operationId (``"sendInvoice"``).

    Raises:
        InvalidMessageError: the type is unknown; the error lists the types.
    """
    operation = find_operation(name)
    if operation is None or operation.kind != "send":
        known = ", ".join(sorted(MESSAGE_TYPES))
        if isinstance(name, str) and re.fullmatch(ORDER_ID_PATTERN, name):
            swapped = Problem(
                "message_type",
                "this is an order id.",
                rule="message-type",
                remedy="Give the order first, then the type.",
            )
            raise invalid([swapped])
        unknown = f"there is no message type {quoted(name)}."
        remedy = f"{_nearest(name)}Use one of {known}."
        raise invalid([Problem("message_type", unknown, rule="message-type", remedy=remedy)])
    return operation


def _nearest(name: object) -> str:
    from difflib import get_close_matches

    wanted = str(name).replace("_", "").casefold() if isinstance(name, str) else ""
    sends = (operation.operation_id for operation in MESSAGE_TYPES.values())
    by_sound = {known.casefold(): known for known in (*sends, *MESSAGE_TYPES)}
    near = get_close_matches(wanted, by_sound, 1)
    return f"Did you mean {by_sound[near[0]]}? " if near else ""


def files_field(operation: Operation) -> Field | None:
    """The field of an operation that takes files. None: it takes none."""
    return next((field for field in operation.fields if field.kind == "attachments"), None)


def is_message_type(name: str) -> TypeGuard[MessageType]:
    """Whether ``send`` takes this name. A type checker then knows it too: for names that come from a file, say."""
    operation = find_operation(name)
    return operation is not None and operation.kind == "send"


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
    """The operation of a message type, the values of its body by wire name, and its other parameters."""
    operation = operation_for(message_type)
    wire_names = {field.name: field.wire_name for field in operation.fields}
    given = {"text": text, **fields}
    if files or files_field(operation):
        given["attachments"] = files
    names = {parameter.name for parameter in operation.parameters} - wire_names.keys()
    parameters = {name: value for name, value in given.items() if name in names and value is not None}
    if missing := [
        item.name for item in operation.parameters if item.required and item.name in names - parameters.keys()
    ]:
        raise invalid([Problem(name, f"{operation.operation_id} needs it.", rule="required") for name in missing])
    body = {wire_names.get(name, name): value for name, value in given.items() if name not in names}
    return operation, body, parameters


def invalid(problems: Iterable[Problem]) -> InvalidMessageError:
    """The error for these problems."""
    problems = list(problems)
    return InvalidMessageError(f"Nothing was sent: {' '.join(map(str, problems))}", problems=problems)


def sandbox_order_ids() -> frozenset[str]:
    """The order ids that Amazon's static sandbox knows, whatever they look like."""
    return frozenset(case.order_id for cases in sandbox_cases().values() for case in cases if case.order_id)


class OrderIds(NamedTuple):
    """Which order ids are taken: those that match a pattern, and some others."""

    pattern: re.Pattern[str]
    others: frozenset[str] = frozenset()


def is_order_id(order_id: object, taken: OrderIds) -> bool:
    """Whether this is an order id that is taken."""
    if not isinstance(order_id, str) or not order_id.isprintable():
        return False
    return taken.pattern.fullmatch(order_id) is not None or order_id in taken.others


def checked_order_id(order_id: Any, taken: OrderIds) -> tuple[Any, list[Problem]]:
    """The order id without white space around it, and what is wrong with it."""
    order_id = order_id.strip() if isinstance(order_id, str) else order_id
    return order_id, [] if is_order_id(order_id, taken) else order_problems(order_id)


def order_problems(order_id: object) -> list[Problem]:
    """What is wrong with something that cannot be an order id."""
    if not isinstance(order_id, str):
        wrong = f"an order id is a string, not {type(order_id).__name__}"
    elif not order_id:
        wrong = "the order id is empty"
    else:
        # Letters as A and digits as 9: what is wrong is seen, and a text that was given by mistake is not.
        shape = re.sub("[A-Z]", "A", re.sub("[a-z]", "a", re.sub("[0-9]", "9", order_id)))
        shown = repr(shape) if re.fullmatch("[Aa9-]{1,48}", shape) else f"[{len(order_id)} characters]"
        wrong = f"this cannot be an order id: yours has the form {shown}"
    remedy = "Take it from the order, like 303-1234567-1234567."
    return [Problem("order_id", f"{wrong}.", rule="order-id", remedy=remedy)]


def check_body(operation: Operation, body: Mapping[str, Any]) -> tuple[dict[str, Any], list[Problem]]:
    """What goes out for what the caller gave, by wire name, and what is wrong with it. Attachments stay as they are."""
    given = {name: value for name, value in body.items() if value is not None}
    fields = {field.wire_name: field for field in operation.fields}
    known = ", ".join(field.name for field in operation.fields) or "nothing but the order"
    problems = [
        Problem(
            name if name.isidentifier() else quoted(name),
            f"{operation.operation_id} has no such field.",
            rule="unknown-field",
            remedy=f"It takes {known}.",
        )
        for name in given
        if name not in fields
    ]
    for name, field in fields.items():
        if field.kind == "attachments":
            given[name] = _as_list(field, given.get(name, ()), problems)
        elif name in given:
            given[name] = _CHECKS[field.kind](field, given[name], problems)
    if not problems:  # what is missing may be what another argument was meant for
        problems = _missing(operation, given)
    problems += _backwards(operation, given)
    for name, field in fields.items():
        if field.kind == "attachments" and not given[name]:
            del given[name]
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
    """Fields that are required, and content: either kind will do where a type takes both and requires neither."""
    names = {"text": "a text", "attachments": "an attachment"}

    def needed(field: Field, what: str) -> Problem:
        return Problem(field.name, f"{operation.operation_id} needs {what}.", rule="required")

    missing = [field for field in operation.fields if field.required and not _is_given(field, given)]
    problems = [needed(field, names.get(field.kind, "it")) for field in missing]
    content = [field for field in operation.fields if field.kind in names]
    if content and not any(field.required or _is_given(field, given) for field in content):
        problems.append(needed(content[0], " or ".join(names[field.kind] for field in content)))
    return problems


def _is_given(field: Field, given: Mapping[str, Any]) -> bool:
    no_files = field.kind == "attachments" and not given.get(field.wire_name)
    return field.wire_name in given and not no_files


def _backwards(operation: Operation, given: Mapping[str, Any]) -> list[Problem]:
    """A span of time whose end comes before its start."""
    dates = {field.name: _parsed(given.get(field.wire_name)) for field in operation.fields if field.kind == "date-time"}
    problems = []
    for name, start in dates.items():
        end = dates.get(end_name := name.replace("start", "end"))
        if start is not None and end is not None and end < start:
            swapped = "Give the earlier date first."
            problems.append(Problem(end_name, f"it is before {name}.", rule="date-order", remedy=swapped))
    return problems


# What follows checks one field. It returns what goes out, and adds what is wrong to ``problems``.


def _as_list(field: Field, value: Any, problems: list[Problem]) -> list[Any]:
    one = None
    if isinstance(value, str | bytes | bytearray) or not isinstance(value, Iterable) or hasattr(value, "read"):
        one = "…"
    elif isinstance(value, Mapping) or _is_pair(value):
        one = '("name.pdf", …)'
    if one is not None:
        remedy = f"Give a list, even for one file: attachments=[{one}]."
        problems.append(Problem(field.name, "this is not a list of files.", rule="type", remedy=remedy))
        return []
    files = list(value)
    if files:
        problems += _out_of_span(
            field.name, "file-count", f"there are {len(files)} files", len(files), field.min_items, field.max_items
        )
    return files


def _is_pair(value: Any) -> bool:
    """Whether this is a name with its content, and not a list of two files."""
    pair = isinstance(value, tuple) and len(value) == 2 and isinstance(value[0], str)
    return pair and not isinstance(value[1], str | tuple) and not hasattr(value[1], "upload_destination_id")


def _out_of_span(
    name: str, rule: str, found: str, count: int, least: int | None, most: int | None
) -> Iterator[Problem]:
    """What is too many or too few."""
    if most is not None and count > most:
        remedy = f"Amazon takes {most}, so it is {count - most} too many."
        yield Problem(name, f"{found}.", rule=rule, remedy=remedy)
    if least is not None and count < least:
        yield Problem(name, f"{found}.", rule=rule, remedy=f"Amazon wants {least} or more.")


def _checked_text(field: Field, value: Any, problems: list[Problem]) -> Any:
    if not isinstance(value, str):
        told = f"this is {type(value).__name__}, not a text."
        problems.append(Problem(field.name, told, rule="type", remedy="Give a string."))
        return value
    value = value.replace("\r\n", "\n")  # a line's end is one character to whoever typed it, and to Amazon
    # Almost every text is printable, and then none of the rest can be wrong with it.
    plain = value.isprintable() and bool(value.strip())
    kinds = {} if plain else {character: unicodedata.category(character) for character in set(value)}
    if not plain and all(character.isspace() or kind in ("Cc", "Cf") for character, kind in kinds.items()):
        told = "the text is empty, or nothing in it can be seen."
        problems.append(Problem(field.name, told, rule="text-empty", remedy="Write something."))
    elif "Cs" in kinds.values():
        told = "the text holds half a character (a lone surrogate)."
        problems.append(Problem(field.name, told, rule="text-characters", remedy="Decode it correctly."))
    elif any(kind == "Cc" and character not in "\n\r\t" for character, kind in kinds.items()):
        told = "the text holds control characters, such as NUL."
        problems.append(Problem(field.name, told, rule="text-characters", remedy="Remove them."))
    else:
        found = f"the text has {len(value)} characters"
        problems += _out_of_span(field.name, "text-length", found, len(value), field.min_length, field.max_length)
    return value


def _checked_date(field: Field, value: Any, problems: list[Problem]) -> Any:
    if isinstance(value, datetime):
        if value.tzinfo is None or value.utcoffset() is None:
            remedy = "Give one, such as tzinfo=UTC (from datetime import UTC)."
            problems.append(Problem(field.name, "the date has no time zone.", rule="date", remedy=remedy))
        # Milliseconds, as in Amazon's examples; isoformat() alone would write six digits or none.
        return value.isoformat(timespec="milliseconds")
    if not isinstance(value, str):
        told = "this is a date without a time." if isinstance(value, date) else f"this is {type(value).__name__}."
        problems.append(Problem(field.name, told, rule="type", remedy="Give a datetime with a zone, or a string."))
        return value
    if _parsed(value) is None:
        told, remedy = "this is not a date with time and zone.", "Write it like 2026-01-31T09:30:00.000+01:00."
        problems.append(Problem(field.name, told, rule="date", remedy=remedy))
    return value


def _parsed(written: object) -> datetime | None:
    """The time that is written, or None if it is not written as Amazon takes it."""
    if not isinstance(written, str) or not re.fullmatch(_DATE_TIME, written, re.ASCII):
        return None
    from dateutil.parser import isoparse

    try:
        return isoparse(written)
    except (ValueError, OverflowError):
        return None


def _checked_value(field: Field, value: Any, problems: list[Problem]) -> Any:
    def wrong(message: str, remedy: str) -> None:
        problems.append(Problem(field.name, message, rule="value", remedy=remedy))

    try:
        json.dumps(value, allow_nan=False)
    except (RecursionError, TypeError, ValueError):
        wrong("it cannot be written as JSON.", "Give text, numbers, lists or dicts of these.")
    if field.enum and value not in field.enum:
        wrong("it is not one of the allowed values.", f"It must be one of {', '.join(map(str, field.enum))}.")
    if isinstance(value, str):
        found = f"it has {len(value)} characters"
        problems += _out_of_span(field.name, "value", found, len(value), field.min_length, field.max_length)
    if isinstance(value, list | tuple):
        found = f"it has {len(value)} entries"
        problems += _out_of_span(field.name, "value", found, len(value), field.min_items, field.max_items)
    return value


_CHECKS = {"text": _checked_text, "date-time": _checked_date, "value": _checked_value}
