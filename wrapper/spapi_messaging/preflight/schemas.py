"""What an action's own JSON Schema says of a message, for one order. Its rules are those of ``plain_schema``."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any, Literal

from spapi_messaging.errors import Problem, quoted
from spapi_messaging.messages import Field, Operation
from spapi_messaging.preflight.libraries import load
from spapi_messaging.preflight.limits import Range
from spapi_messaging.preflight.patterns import plainly_breaks
from spapi_messaging.preflight.plain_schema import plain_schema

__all__ = ["check_schema"]

_Severity = Literal["error", "warning"]
_Told = tuple[str, str, str]  # the field, what is wrong, what to do

RULE = "schema"
_SEVERITIES: tuple[tuple[_Severity, bool], ...] = (("error", False), ("warning", True))  # and whether it is doubtful
_NEEDED = {"text": "a text", "attachments": "an attachment"}
_LOOK = "The schema of this action, in what Amazon lists for the order, says more."
_LOG = logging.getLogger("spapi_messaging")


def check_schema(operation: Operation, schema: Mapping[str, Any], body: Mapping[str, Any]) -> list[Problem]:
    """What is wrong with a message by the schema of its action. No schema makes it raise.

    Args:
        operation: the operation that sends it.
        schema: the ``schema`` of the order's ``AvailableAction``, whatever Amazon gave.
        body: what would be sent, by wire name. Of the attachments only the number counts.

    Returns:
        The problems: errors where the order's rule is plain, warnings where it is not.

    Raises:
        ModuleNotFoundError: the extra ``preflight`` is not installed.
    """
    validator = _validator_class()
    try:
        message = _as_sent(operation, body)
        problems: dict[tuple[str, str], Problem] = {}
        for severity, doubtful in _SEVERITIES:
            plain = plain_schema(operation, schema, doubtful=doubtful)
            for problem in _problems(operation, validator, plain, message, severity) if plain else ():
                problems.setdefault((problem.field, problem.message), problem)
        return list(problems.values())
    except Exception as error:  # nobody's schema may stop a message by being odd
        _LOG.debug("%s: the order's schema is not used: %s", operation.operation_id, type(error).__name__)
        return []


@cache
def _validator_class() -> Any:
    validators = load("jsonschema.validators")

    def pattern(_: Any, pattern: str, text: object, __: Any) -> Iterator[Any]:
        if isinstance(text, str) and plainly_breaks(text, pattern):
            yield validators.exceptions.ValidationError("")

    return validators.extend(validators.Draft4Validator, {"pattern": pattern})


def _as_sent(operation: Operation, body: Mapping[str, Any]) -> dict[str, Any]:
    """The message as JSON, with a number in place of each file: those have no ids before they are uploaded."""
    message = {}
    for field in operation.fields:
        value = body.get(field.wire_name)
        if field.kind == "attachments" and isinstance(value, list | tuple):
            value = list(range(len(value))) or None
        if value is not None:
            message[field.wire_name] = value
    return message


def _problems(
    operation: Operation, validator: Any, plain: dict[str, Any], message: dict[str, Any], severity: _Severity
) -> Iterator[Problem]:
    registry = load("referencing").Registry()  # it knows no document, and fetches none
    fields = {field.wire_name: field for field in operation.fields}
    for error in validator(plain, registry=registry).iter_errors(message):
        path = list(error.absolute_path)
        told = _of_field(fields[path[0]], error) if path else _of_message(fields, error, message)
        for field, wrong, remedy in told:
            yield Problem(field, wrong, severity, RULE, remedy)


def _of_field(field: Field, error: Any) -> Iterable[_Told]:
    what = {"text": "text", "attachments": "files"}.get(field.kind, "value")
    if error.validator in ("minLength", "maxLength"):
        found = len(error.instance)
        taken = _range(error, "Length").of("character", "characters")
        wrong = f"this order takes {taken}, and the {what} has {found}."
        return [(field.name, wrong, _remedy(error.validator, found - error.validator_value))]
    if error.validator in ("minItems", "maxItems"):
        found = len(error.instance)
        taken = _range(error, "Items").of(*(("file", "files") if what == "files" else ("entry", "entries")))
        return [(field.name, f"this order takes {taken}, and there {'is' if found == 1 else 'are'} {found}.", "")]
    if error.validator == "enum":
        choices = len(error.validator_value)
        wrong = f"this order takes one of {choices} fixed values, and the {what} is not one of them."
        return [(field.name, wrong if choices > 1 else f"this order takes one fixed {what} alone.", _LOOK)]
    if error.validator == "pattern":
        return [(field.name, "the text does not have the form that Amazon asks for with this order.", _LOOK)]
    if error.validator == "type":
        return [(field.name, "Amazon asks for another type of value with this order.", _LOOK)]
    return [(field.name, f"the {what} fits nothing that this order takes.", _LOOK)]


def _range(error: Any, of: str) -> Range:
    return Range(error.schema.get(f"min{of}", 0), error.schema.get(f"max{of}"))


def _remedy(keyword: str, difference: int) -> str:
    count = f"{abs(difference)} character{'' if abs(difference) == 1 else 's'}"
    return f"Leave out {count}." if keyword == "maxLength" else f"Add {count}."


def _of_message(fields: Mapping[str, Field], error: Any, message: Mapping[str, Any]) -> Iterable[_Told]:
    if error.validator == "required":
        return [_missing(fields.get(name), name) for name in error.validator_value if name not in message]
    if error.validator == "additionalProperties":
        listed = error.schema["properties"]
        unlisted = [fields[name].name for name in message if name not in listed]
        return [(name, "Amazon does not list it for this order.", "Leave it out if you can.") for name in unlisted]
    return [_no_alternative(fields, error, message)]


def _missing(field: Field | None, name: str) -> _Told:
    if field is None:
        wrong = f"Amazon asks for {quoted(name)} with this order, which this release does not know."
        return "message_type", wrong, "Look for a newer release of spapi-messaging."
    return field.name, f"this order needs {_NEEDED.get(field.kind, 'it')}.", ""


def _no_alternative(fields: Mapping[str, Field], error: Any, message: Mapping[str, Any]) -> _Told:
    """Of alternatives that ask for fields and nothing else, these fields are named."""
    asked = [each["required"][0] for each in error.validator_value if _asks_for_one(each)]
    known = [fields[name] for name in asked if name in fields]
    if known and len(known) == len(error.validator_value):
        either = " or ".join(_NEEDED.get(field.kind, field.name) for field in known)
        return known[0].name, f"this order needs {either}.", ""
    given = next((fields[name].name for name in message), "message_type")
    return (known[0].name if known else given), "the message fits nothing that this order takes.", _LOOK


def _asks_for_one(schema: Mapping[str, Any]) -> bool:
    return schema.keys() == {"required"} and len(schema["required"]) == 1
