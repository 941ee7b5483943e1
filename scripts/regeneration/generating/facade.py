"""An operation as a Python method: its arguments, their types and its documentation. Pure."""

import textwrap
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from regeneration.documents import Document
from regeneration.generating.records import Field, Operation
from regeneration.generating.table import UPLOAD, DescribedField, DescribedOperation, DescribedParameter
from regeneration.problem import Problem
from regeneration.words import plain, plural, span

# Types that the wrapper has for the answers of reads. An overlay names one of them in `x-answer`.
OWN_ANSWERS = {
    "AvailableActions": "The messages that the order allows now.",
    "OrderAttributes": "The order's attributes, with the buyer's locale.",
}
JSON_TYPES = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "object": "dict[str, Any]"}
WIDTH = 108

ORDER_ID = "The order's Amazon order id, such as 303-1234567-1234567."
MARKETPLACE = "The marketplace of the order, if it is not the client's own; it must be of the same region."
CHECK = (
    "True: look at the content and ask Amazon first, as preflight() does, and send only if nothing is wrong. "
    'Warnings are logged. "strict": they stop the message as well. It makes one or two reads, and needs the extra '
    "preflight."
)
FILE = "a path, a (name, bytes) pair"
# What a caller may give for a field, by the kind of the field.
TAKES = {
    "attachments": f"Each {FILE}, a binary file or an Attachment uploaded before.",
    "date-time": "A datetime with a zone, or a string, which is sent as written.",
}
RETURNS = {
    "send": "The receipt: what was sent, for which order, and Amazon's request id.",
    "read": "Amazon's answer, parsed.",
    "upload": "What to pass among a message's attachments.",
    "preflight": "All problems, errors first, then warnings: each with its field, its rule, what is wrong and what to "
    "do. Without an error the message may be sent.",
}
RAISES = {
    "send": [
        "InvalidMessageError: The message breaks a rule that is known here; nothing was sent.",
        "MessageNotAvailableError: The order does not allow this message as it stands now.",
        "DeliveryUnknownError: The message may have reached the buyer; it is never sent again on its own.",
        "SpApiMessagingError: Anything else; the message was not sent.",
        "ModuleNotFoundError: With check, the extra preflight is not installed; nothing was sent.",
    ],
    "read": ["SpApiMessagingError: The read failed; nothing was changed, and it may be tried again."],
    "upload": [
        "InvalidMessageError: The file breaks a rule; there was no traffic.",
        "UploadError: The file did not arrive.",
        "SpApiMessagingError: Amazon gave no place for the file.",
    ],
    "preflight": [
        "SpApiMessagingError: Amazon could not be asked; nothing was sent, and it may be tried again.",
        "ModuleNotFoundError: The extra preflight is not installed.",
    ],
}
MESSAGE = (
    f"order_id: {ORDER_ID}",
    'message_type: The type, such as "invoice"; the operationId ("sendInvoice") works as well.',
    "text: The message's text, if the type takes one.",
    f"attachments: Its files, if the type takes them. {TAKES['attachments']}",
    f"marketplace: {MARKETPLACE}",
)
FIELDS = "**fields: Further fields and parameters by their Python names, such as coverage_start_date."
SEND_BY_TYPE = (
    *MESSAGE,
    "before_first_byte: Called just before the first byte of the message leaves, once for each attempt. The message is "
    "sent only if it returns; what it raises comes through, and nothing is sent. With asyncio, a plain function runs "
    "in a thread.",
    "after_refusal: Called after an attempt for which before_first_byte was called, if Amazon did not accept it and "
    "another attempt follows: before the pause, and never after the last attempt, whose error says it. What it raises "
    "comes through, and nothing more is sent. A deadline does not wait for it. With asyncio, a plain function runs in "
    "a thread.",
    f"check: {CHECK}",
    FIELDS,
)
PREFLIGHT_OF = (
    *MESSAGE,
    "order_date: When the order was placed, if that is known, as a date or a datetime.",
    FIELDS,
)
UPLOAD_FILE = (
    f"order_id: {ORDER_ID}",
    'message_type: The type, such as "invoice".',
    f"file: {FILE[0].upper()}{FILE[1:]} or a binary file, under 10 MB.",
    "file_name: The name that the buyer sees, instead of the file's own; keep the extension.",
    "content_type: The media type, instead of the extension's.",
)


@dataclass(frozen=True)
class Argument:
    """One keyword argument of a facade method."""

    keyword: str
    type: str
    default: str | None
    description: str


@dataclass(frozen=True)
class Method:
    """One facade method. `keywords` are those of the operation's parameters, by their names in generated code."""

    operation: Operation
    arguments: tuple[Argument, ...]
    keywords: dict[str, str]
    answer: str
    docstring: str


def methods(found: list[DescribedOperation]) -> list[Method]:
    """The methods of the facade, one for each operation. An upload is not a message and has no such method."""
    return [_method(each) for each in found if each.operation.kind != UPLOAD]


def _method(described: DescribedOperation) -> Method:
    parameters = [_parameter_argument(each) for each in described.parameters]
    # The order of keyword-only arguments is free. Readers look for the required ones first.
    arguments = sorted([*_field_arguments(described), *parameters], key=lambda argument: argument.default is not None)
    return Method(
        operation=described.operation,
        arguments=tuple(arguments),
        keywords={each.parameter.name: each.keyword for each in described.parameters},
        answer=_answer(described),
        docstring=_operation_docstring(described, arguments),
    )


def _answer(described: DescribedOperation) -> str:
    operation = described.operation
    if operation.kind == "send":
        return "SendReceipt"
    if operation.answer not in (None, *OWN_ANSWERS):
        known = ", ".join(OWN_ANSWERS)
        raise Problem(f"openapi.json: {operation.operation_id}: x-answer is {operation.answer!r}; it may be {known}")
    return operation.answer or described.answer_model or "Any"


def _field_arguments(described: DescribedOperation) -> list[Argument]:
    needed = _required(described.operation)
    return [_field_argument(each, each.field in needed) for each in described.fields]


def _required(operation: Operation) -> list[Field]:
    """The fields that a caller must give: the required ones, and the content where there is only one kind of it."""
    contents = [field for field in operation.fields if field.kind in ("text", "attachments")]
    return [field for field in operation.fields if field.required or contents == [field]]


def _field_argument(described: DescribedField, required: bool) -> Argument:
    field, text = described.field, _field_description(described)
    if field.kind == "attachments":
        return Argument(field.name, "Iterable[AttachmentSource]", None if required else "()", text)
    kind = "str | datetime.datetime" if field.kind == "date-time" else json_type(described.schema)
    return _argument(field.name, kind, required, text)


def _parameter_argument(described: DescribedParameter) -> Argument:
    kind = json_type(described.schema)
    return _argument(described.keyword, kind, described.parameter.required, described.description)


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


def _field_description(described: DescribedField) -> str:
    field = described.field
    limits = [
        span(field.min_length, field.max_length, "character"),
        span(field.min_items, field.max_items, "file" if field.kind == "attachments" else "item"),
    ]
    limited = [f"{limit[0].upper()}{limit[1:]}." for limit in limits if limit]
    sentences = [described.description, *limited, TAKES.get(field.kind, "")]
    return " ".join(sentence for sentence in sentences if sentence)


def _operation_docstring(described: DescribedOperation, arguments: list[Argument]) -> str:
    operation = described.operation
    words = [described.description] if described.description not in ("", operation.summary) else []
    if operation.deprecated:
        words.append(f"Deprecated: {operation.deprecated}")
    return _docstring(
        operation.summary,
        words,
        [
            f"order_id: {ORDER_ID}",
            *(f"{argument.keyword}: {argument.description}" for argument in arguments),
            f"marketplace: {MARKETPLACE}",
            *([f"check: {CHECK}"] if operation.kind == "send" else []),
        ],
        OWN_ANSWERS.get(operation.answer or "", RETURNS[operation.kind]),
        RAISES[operation.kind],
        _pace(operation),
        _source(operation),
    )


def upload_docstring(found: list[DescribedOperation]) -> str:
    """The documentation of `upload`. It needs the one operation that gives a place for a file."""
    uploads = [each.operation for each in found if each.operation.kind == UPLOAD]
    if len(uploads) != 1:
        names = ", ".join(each.operation_id for each in uploads) or "none"
        raise Problem(f"openapi.json: one operation must have `x-kind: {UPLOAD}`, set by an overlay; found: {names}")
    [operation] = uploads
    deprecated = [f"Deprecated: {operation.deprecated}"] if operation.deprecated else []
    summary = "Upload a file, to be sent later with this type of message for this order."
    return _docstring(
        summary, deprecated, UPLOAD_FILE, RETURNS[UPLOAD], RAISES[UPLOAD], _pace(operation), _source(operation)
    )


def send_docstring(found: list[DescribedOperation], guide: str) -> str:
    """The documentation of `send`, which sends every message by its type. `guide` is the address of a page about it."""
    sends = [each.operation for each in found if each.operation.kind == "send"]
    pace = _most_common([_pace(each) for each in sends])
    method = _most_common([each.http_method for each in sends])
    path = _most_common([each.path.rsplit("/", 1)[0] for each in sends])
    return _docstring(
        "Send a message by its type's name.",
        [],
        SEND_BY_TYPE,
        RETURNS["send"],
        RAISES["send"],
        f"that of the type's operation, as a rule {pace}" if pace else "that of the type's operation",
        f"Source: `{method} {path}/{{message_type}}`\n{guide}",
    )


def preflight_docstring(found: list[DescribedOperation]) -> str:
    """The documentation of `preflight`, which asks with the reads whose answers the wrapper knows."""
    reads = [each.operation for each in found if each.operation.answer in OWN_ANSWERS]
    pace = _most_common([_pace(each) for each in reads])
    return _docstring(
        "Check a message before it goes out, and send nothing.",
        [
            "Checks the local rules, the content of text and files, what Amazon allows for the order now, and the "
            "limits that Amazon has for this order. What Amazon answers about an order is kept for 60 seconds.",
        ],
        PREFLIGHT_OF,
        RETURNS["preflight"],
        RAISES["preflight"],
        f"that of the reads, {pace} each" if pace else "that of the reads",
        "\n".join(_source(each) for each in reads),
    )


def _most_common(texts: list[str]) -> str:
    return Counter(texts).most_common(1)[0][0] if texts else ""


def _source(operation: Operation) -> str:
    return f"Source: `{operation.http_method} {operation.path}`\n{operation.documentation}"


def _docstring(
    summary: str,
    words: list[str],
    arguments: Sequence[str],
    returns: str,
    raises: list[str],
    pace: str,
    source: str,
) -> str:
    parts = [
        summary,
        *map(_filled, words),
        _section("Args", arguments),
        _section("Returns", [returns]),
        _section("Raises", raises),
        f"Usage plan: {pace}.",
        source,
    ]
    # A second quote in a row gets a backslash. Otherwise three in a row would end the docstring.
    return "\n\n".join(parts).replace("\\", "\\\\").replace('""', '"\\"')


def _filled(text: str) -> str:
    return textwrap.fill(" ".join(text.split()), WIDTH, break_long_words=False, break_on_hyphens=False)


def _section(title: str, lines: Sequence[str]) -> str:
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


def _pace(operation: Operation) -> str:
    if operation.rate is None or operation.burst is None:
        return "none published"
    return f"{plural(operation.rate, 'request')} per second, burst {plain(operation.burst)}"
