"""An operation as a Python method: its arguments, their types and its documentation. Pure."""

import textwrap
from dataclasses import dataclass

from regeneration.documents import Document
from regeneration.table import Field, Operation, Parameter

# Reads for whose answers the wrapper has types of its own.
OWN_ANSWERS = {"getMessagingActionsForOrder": "AvailableActions", "GetAttributes": "OrderAttributes"}
JSON_TYPES = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "object": "dict[str, Any]"}
WIDTH = 108


@dataclass(frozen=True)
class Argument:
    """One keyword argument of a facade method."""

    keyword: str
    type: str
    default: str | None
    description: str


@dataclass(frozen=True)
class Method:
    """One facade method."""

    operation: Operation
    arguments: tuple[Argument, ...]
    answer: str
    docstring: str


def methods(operations: list[Operation]) -> list[Method]:
    """The methods of the facade. An upload is not a message and has no method."""
    return [_method(operation) for operation in operations if operation.kind != "upload"]


def _method(operation: Operation) -> Method:
    arguments = (*_field_arguments(operation), *(_parameter_argument(item) for item in operation.parameters))
    # The order of keyword-only arguments is free. Readers look for the required ones first.
    arguments = tuple(sorted(arguments, key=lambda argument: argument.default is not None))
    return Method(
        operation=operation,
        arguments=arguments,
        answer=_answer(operation),
        docstring=_docstring(operation, arguments),
    )


def _answer(operation: Operation) -> str:
    if operation.kind == "send":
        return "SendReceipt"
    return OWN_ANSWERS.get(operation.operation_id) or operation.answer or "Any"


def retirement(operation: Operation) -> str | None:
    """What its documentation says of a retired operation."""
    if operation.retired is None:
        return None
    date, commit = operation.retired
    when = f" on {date}" if date else ""
    where = f" (commit {commit})" if commit else ""
    return f"{operation.operation_id} left Amazon's published model{when}{where}; expect Amazon to refuse it."


def _field_arguments(operation: Operation) -> list[Argument]:
    contents = [field for field in operation.fields if field.kind in ("text", "attachments")]
    return [_field_argument(field, field.required or contents == [field]) for field in operation.fields]


def _field_argument(field: Field, required: bool) -> Argument:
    if field.kind == "attachments":
        return Argument(field.name, "Iterable[AttachmentSource]", None if required else "()", _described(field))
    kind = "str | datetime.datetime" if field.kind == "date-time" else json_type(field.schema)
    return _argument(field.name, kind, required, _described(field))


def _parameter_argument(parameter: Parameter) -> Argument:
    return _argument(parameter.keyword, json_type(parameter.schema), parameter.required, parameter.description)


def _argument(keyword: str, kind: str, required: bool, description: str) -> Argument:
    return Argument(keyword, kind if required else f"{kind} | None", None if required else "None", description)


def json_type(schema: Document) -> str:
    """The Python type of a JSON value."""
    values = schema.get("x-enum", ())
    if values and all(isinstance(value, str | int) for value in values):
        return f"Literal[{', '.join(repr(value) for value in values)}]"
    if schema.get("type") == "array":
        return f"list[{json_type(schema.get('items', {}))}]"
    if "properties" in schema or "$ref" in schema:
        return JSON_TYPES["object"]
    return JSON_TYPES.get(schema.get("type", ""), "Any")


# What a caller may give for a field, by the kind of the field.
TAKES = {
    "attachments": "Each a path, a (name, bytes) pair, a binary file or an Attachment uploaded before.",
    "date-time": "A datetime with a zone, or a string, which is sent as written.",
}


def _described(field: Field) -> str:
    limits = [
        span(field.min_length, field.max_length, "character"),
        span(field.min_items, field.max_items, "file" if field.kind == "attachments" else "item"),
    ]
    limited = [f"{limit[0].upper()}{limit[1:]}." for limit in limits if limit]
    sentences = [field.description, *limited, TAKES.get(field.kind, "")]
    return " ".join(sentence for sentence in sentences if sentence)


def span(least: int | None, most: int | None, unit: str) -> str:
    """`1 to 800 characters`, `at most 5 files`; empty when there is no limit."""
    units = f"{unit}s"
    if most is None:
        return f"at least {least} {unit if least == 1 else units}" if least else ""
    return f"{least} to {most} {units}" if least else f"at most {most} {unit if most == 1 else units}"


def _docstring(operation: Operation, arguments: tuple[Argument, ...]) -> str:
    parts = [operation.summary]
    if operation.description not in ("", operation.summary):
        parts.append(_filled(operation.description))
    if warning := retirement(operation):
        parts.append(_filled(f"Deprecated: {warning}"))
    parts.append(_section("Args", _argument_lines(arguments)))
    parts.append(_section("Returns", [_returned(operation)]))
    parts.append(_section("Raises", _raised(operation)))
    parts.append(f"Usage plan: {_plan(operation)}.")
    parts.append(f"Source: `{operation.http_method} {operation.path}`\n{operation.documentation}")
    return "\n\n".join(parts).replace("\\", "\\\\").replace('"""', '\\"""')


def _filled(text: str) -> str:
    return textwrap.fill(" ".join(text.split()), WIDTH, break_long_words=False, break_on_hyphens=False)


def _section(title: str, lines: list[str]) -> str:
    wrapped = (
        textwrap.fill(
            line,
            WIDTH,
            initial_indent="    ",
            subsequent_indent="        ",
            break_long_words=False,
            break_on_hyphens=False,
        )
        for line in lines
    )
    return "\n".join([f"{title}:", *wrapped])


def _argument_lines(arguments: tuple[Argument, ...]) -> list[str]:
    return [
        "order_id: The order's Amazon order id, such as 303-1234567-1234567.",
        *(f"{argument.keyword}: {argument.description}" for argument in arguments),
        "marketplace: The marketplace of the order, if it is not the client's own; it must be of the same region.",
    ]


def _returned(operation: Operation) -> str:
    if operation.kind == "send":
        return "The receipt: what was sent, for which order, and Amazon's request id."
    return {
        "AvailableActions": "The messages that the order allows now.",
        "OrderAttributes": "The order's attributes, with the buyer's locale.",
    }.get(_answer(operation), "Amazon's answer, parsed.")


def _raised(operation: Operation) -> list[str]:
    if operation.kind != "send":
        return ["SpApiMessagingError: The read failed; nothing was changed, and it may be tried again."]
    return [
        "InvalidMessageError: The message breaks a rule that is known here; nothing was sent.",
        "MessageNotAvailableError: The order does not allow this message as it stands now.",
        "DeliveryUnknownError: The message may have reached the buyer; it is never sent again on its own.",
        "SpApiMessagingError: Anything else; the message was not sent.",
    ]


def _plan(operation: Operation) -> str:
    if operation.rate is None:
        return "none published"
    return f"{operation.rate:g} request{'' if operation.rate == 1 else 's'} per second, burst {operation.burst}"
