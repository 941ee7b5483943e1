"""Models that Amazon might publish next: a published one with something more, less or other in it."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

from regeneration.documents import Document, operations

ORDERS = "/messaging/v1/orders/{amazonOrderId}"
CASES = "x-amzn-api-sandbox"

# Ordinary names, and names that mean something in Python, in the generator's templates or in the facade.
NAMES = st.sampled_from(
    [
        *("giftText", "gift_note", "x-ui-hidden", "$schema", "_links", "2ndLine", "MD5", "größe", "a b", "id", "type"),
        *("class", "from", "self", "None", "True", "str", "list", "datetime", "orderId", "marketplace", "Operation"),
        *("client", "body", "params", "headers", "kwargs", "response", "quote", "httpx", "errors", "data", "cast", "d"),
        *(
            "cls",
            "additionalProperties",
            "toDict",
            "fromDict",
            "fieldDict",
            "srcDict",
            "json",
            "warnings",
            "OPERATIONS",
        ),
    ]
)
WORDS = st.from_regex(r"[a-z]{2,8}([A-Z][a-z]{1,6}){0,2}", fullmatch=True)
FILE = {"uploadDestinationId": "id", "fileName": "a.pdf"}
Draw = Callable[[st.SearchStrategy[Any]], Any]

# JSON types with a value of each.
SCALARS: list[tuple[Document, Any]] = [
    ({"type": "string"}, "some words"),
    ({"type": "string", "minLength": 1, "maxLength": 300}, "some words"),
    ({"type": "string", "format": "date-time"}, "2004-12-13T21:39:45.618-08:00"),
    ({"type": "string", "format": "date"}, "2004-12-13"),
    ({"type": "string", "format": "uuid"}, "4e936e26-7b72-4b84-af27-e6baee1d546d"),
    ({"type": "string", "enum": ["warm", "formal", "a-b", "a_b"], "default": "warm"}, "formal"),
    ({"type": "integer", "minimum": 1, "maximum": 5}, 3),
    ({"type": "integer", "enum": [1, 2]}, 2),
    ({"type": "integer", "format": "int64", "default": 3}, 7),
    ({"type": "number"}, 1.5),
    ({"type": "boolean"}, True),
]
LISTS: list[tuple[Document, Any]] = [
    ({"type": "array", "items": {"type": "string"}, "maxLength": 3}, ["a", "b"]),
    ({"type": "array", "items": {"type": "string", "enum": ["x", "y"]}, "minLength": 1}, ["x"]),
]
OBJECTS: list[tuple[Document, Any]] = [
    (
        {"type": "object", "properties": {"street": {"type": "string"}}, "required": ["street"]},
        {"street": "High Street"},
    ),
    ({"type": "object"}, {"anything": 1}),
    ({"type": "object", "additionalProperties": {"type": "string"}}, {"a": "b"}),
    ({"type": "array", "items": {"type": "object", "properties": {"n": {"type": "integer"}}}}, [{"n": 1}]),
    ({"$ref": "#/definitions/Attachment"}, FILE),
    ({"allOf": [{"$ref": "#/definitions/Attachment"}]}, FILE),
]


@dataclass(frozen=True)
class Mutant:
    """A model and what was changed in it, for a readable failure."""

    model: Document = field(repr=False)
    changes: list[str]


@st.composite
def mutated(draw: Draw, model: Document) -> Mutant:
    """`model` with one to four changes."""
    model = copy.deepcopy(model)
    changes = draw(st.lists(st.sampled_from(CHANGES), min_size=1, max_size=4))
    for change in changes:
        change(draw, model)
    return Mutant(model, [change.__name__ for change in changes])


def _sends(model: Document) -> list[tuple[str, Document]]:
    return [(path, operation) for path, method, operation in operations(model) if method == "post"]


def _any_send(draw: Draw, model: Document) -> Document:
    operation: Document = draw(st.sampled_from(_sends(model)))[1]
    return operation


def _any_operation(draw: Draw, model: Document) -> Document:
    operation: Document = draw(st.sampled_from(list(operations(model))))[2]
    return operation


def _body(model: Document, operation: Document) -> Document | None:
    """The schema of an operation's body."""
    for parameter in operation["parameters"]:
        if parameter["in"] == "body":
            schema: Document = model["definitions"][parameter["schema"]["$ref"].rsplit("/", 1)[-1]]
            return schema
    return None


def _successes(operation: Document) -> list[Document]:
    """The published cases of a success."""
    return [
        case
        for status, answer in operation["responses"].items()
        if status.startswith("2")
        for case in answer.get(CASES, {}).get("static", [])
    ]


def _cases(operation: Document) -> list[Document]:
    """Those of them whose body is matched."""
    return [case for case in _successes(operation) if "body" in case["request"]["parameters"]]


def add_operation(draw: Draw, model: Document) -> None:
    """A new message, of a kind that is there already or of none."""
    name, path = draw(WORDS), f"{ORDERS}/messages/{draw(WORDS)}"
    taken = {operation["operationId"].lower() for _, _, operation in operations(model)}
    if path in model["paths"] or f"send{name}".lower() in taken:
        return
    operation = copy.deepcopy(_any_send(draw, model))
    operation["operationId"] = f"send{name[0].upper()}{name[1:]}"
    operation.pop("tags", None)
    model["paths"][path] = {draw(st.sampled_from(["post", "put", "patch"])): operation}


def add_read(draw: Draw, model: Document) -> None:
    """Something new to know of an order."""
    name = draw(WORDS)
    reads = [operation for _, method, operation in operations(model) if method == "get"]
    taken = {operation["operationId"].lower() for _, _, operation in operations(model)}
    if f"{ORDERS}/{name}" not in model["paths"] and f"read{name}".lower() not in taken:
        operation = copy.deepcopy(draw(st.sampled_from(reads)))
        operation["operationId"] = f"read{name[0].upper()}{name[1:]}"
        model["paths"][f"{ORDERS}/{name}"] = {"get": operation}


def remove_operation(draw: Draw, model: Document) -> None:
    """A message that is no more; the models that it used may stay."""
    sends = _sends(model)
    if len(sends) > 3:
        del model["paths"][draw(st.sampled_from(sends))[0]]


def add_model(draw: Draw, model: Document) -> None:
    """A model that something may refer to some day."""
    schema = copy.deepcopy(draw(st.sampled_from(SCALARS + LISTS + OBJECTS))[0])
    model["definitions"].setdefault(draw(WORDS).capitalize() + "Thing", schema)


def add_field(draw: Draw, model: Document) -> None:
    """A field of a message; the published case may have it."""
    operation = _any_send(draw, model)
    body = _body(model, operation)
    name = draw(NAMES | WORDS)
    if body is None or name in body["properties"]:
        return
    schema, value = copy.deepcopy(draw(st.sampled_from(SCALARS + LISTS + OBJECTS)))
    body["properties"][name] = schema
    required = draw(st.booleans())
    if required:
        body["required"] = [*body.get("required", []), name]
    # The body may belong to several operations.
    for _, other in _sends(model):
        if _body(model, other) is body and (required or draw(st.booleans())):
            _publish(other, name, value)


def _publish(operation: Document, name: str, value: Any) -> None:
    """Have the published successes match the field; one that matches no body gets one."""
    for case in _successes(operation):
        body = case["request"]["parameters"].setdefault("body", {"value": {"attachments": [FILE]}})
        body["value"][name] = value


def remove_field(draw: Draw, model: Document) -> None:
    """A field that is no more."""
    operation = _any_send(draw, model)
    body = _body(model, operation)
    if body is None or len(body["properties"]) < 2:
        return
    name = draw(st.sampled_from(sorted(body["properties"])))
    del body["properties"][name]
    if name in body.get("required", []):
        body["required"] = [other for other in body["required"] if other != name]
        if not body["required"]:
            del body["required"]
    for _, other in _sends(model):
        if _body(model, other) is body:
            for case in _cases(other):
                case["request"]["parameters"]["body"]["value"].pop(name, None)


def add_answer_field(draw: Draw, model: Document) -> None:
    """Something more in what a read answers."""
    answers = [name for name in sorted(model["definitions"]) if name.startswith("Get")]
    answer = model["definitions"][draw(st.sampled_from(answers))]
    schema = copy.deepcopy(draw(st.sampled_from(SCALARS + LISTS + OBJECTS))[0])
    answer["properties"].setdefault(draw(NAMES | WORDS), schema)


def add_parameter(draw: Draw, model: Document) -> None:
    """A parameter of the query or a header."""
    operation = _any_operation(draw, model)
    name = draw(NAMES.filter(str.isascii) | WORDS)
    if name in {parameter["name"] for parameter in operation["parameters"]}:
        return
    where = draw(st.sampled_from(["query", "query", "header"]))
    schema = copy.deepcopy(draw(st.sampled_from(SCALARS + (LISTS if where == "query" else [])))[0])
    schema.pop("default", None)
    operation["parameters"].append({"name": name, "in": where, "required": draw(st.booleans()), **schema})


def remove_marketplace(draw: Draw, model: Document) -> None:
    """A model that forgets what every operation takes."""
    operation = _any_operation(draw, model)
    operation["parameters"] = [node for node in operation["parameters"] if node["name"] != "marketplaceIds"]


def change_limit(draw: Draw, model: Document) -> None:
    """Other limits, that the published cases still keep."""
    body = _body(model, _any_send(draw, model))
    fields = [] if body is None else [field for field in body["properties"].values() if "maxLength" in field]
    if fields:
        field = draw(st.sampled_from(fields))
        field["maxLength"] = draw(st.integers(10, 9999))
        field["minLength"] = draw(st.integers(0, 1))


def add_enum(draw: Draw, model: Document) -> None:
    """A text of which only some values are allowed."""
    operation = _any_send(draw, model)
    body = _body(model, operation)
    values = [case["request"]["parameters"]["body"]["value"].get("text") for case in _cases(operation)]
    if body is not None and "text" in body["properties"] and values and all(values):
        body["properties"]["text"]["enum"] = [*values, "Another message"]


def change_statuses(draw: Draw, model: Document) -> None:
    """A status code more or fewer."""
    operation = _any_operation(draw, model)
    responses = operation["responses"]
    failures = [status for status in responses if not status.startswith("2")]
    if draw(st.booleans()) and failures:
        del responses[draw(st.sampled_from(failures))]
    else:
        responses.setdefault(
            draw(st.sampled_from(["202", "204", "409", "418", "422", "default"])), {"description": "x"}
        )


def change_plan(draw: Draw, model: Document) -> None:
    """Another usage plan, or none."""
    plan = draw(st.sampled_from(["", "| Rate | Burst |\n| --- | --- |\n| 0.5 | 30 |"]))
    _any_operation(draw, model)["description"] = f"Prose.\n\n{plan}"


CHANGES = [
    add_operation,
    add_read,
    remove_operation,
    add_model,
    add_field,
    remove_field,
    add_answer_field,
    add_parameter,
    remove_marketplace,
    change_limit,
    add_enum,
    change_statuses,
    change_plan,
]
