"""Models that Amazon might publish next: a published model with changes."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from regeneration.documents import Document, operations, resolve
from regeneration.generating.names import python_name

ORDERS = "/messaging/v1/orders/{amazonOrderId}"
CASES = "x-amzn-api-sandbox"

# Ordinary names, and names that Python, the generator's templates or the facade use.
NAMES = [
    *("giftText", "gift_note", "x-ui-hidden", "$schema", "_links", "2ndLine", "MD5", "größe", "a b", "id", "type"),
    *("class", "from", "self", "None", "True", "str", "list", "datetime", "orderId", "marketplace", "Operation"),
    *("client", "body", "params", "headers", "kwargs", "response", "quote", "httpx", "errors", "data", "cast", "d"),
    *("cls", "additionalProperties", "toDict", "fromDict", "fieldDict", "srcDict", "json", "warnings", "OPERATIONS"),
    *("url", "cookies"),
]
# The names that a query parameter may have, and those that a header may have.
ASCII_NAMES = [name for name in NAMES if name.isascii()]
HEADER_NAMES = [name for name in ASCII_NAMES if " " not in name]
WORDS = st.from_regex(r"[a-z]{2,8}([A-Z][a-z]{1,6}){0,2}", fullmatch=True)
FILE = {"uploadDestinationId": "id", "fileName": "a.pdf"}
Draw = Callable[[st.SearchStrategy[Any]], Any]

# JSON types, each with a value.
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


class Mutant:
    """A model and its changes. A failed test shows only the changes, because the model is long."""

    def __init__(self, model: Document, changes: list[str]) -> None:
        self.model = model
        self.changes = changes

    def __repr__(self) -> str:
        return f"Mutant(changes={self.changes})"


@st.composite
def mutated(draw: Draw, model: Document) -> Mutant:
    """`model` with one to four changes."""
    model = copy.deepcopy(model)
    changes = draw(st.lists(st.sampled_from(CHANGES), min_size=1, max_size=4))
    for change in changes:
        change(draw, model)
    return Mutant(model, [change.__name__ for change in changes])


def with_every_name(model: Document) -> Document:
    """`model` with all of `NAMES` as required parameters, as headers, and as fields of a message and of answers."""
    model = copy.deepcopy(model)
    reads = [operation for _, method, operation in operations(model) if method == "get"]
    for operation, where, names in ((reads[0], "query", ASCII_NAMES), (reads[1], "header", HEADER_NAMES)):
        schemas = itertools.cycle(SCALARS + (LISTS if where == "query" else []))
        for name, (schema, _) in zip(names, schemas, strict=False):
            operation["parameters"].append({"name": name, "in": where, "required": True, **_without_default(schema)})
    body = next(_body(model, operation) for _, operation in _sends(model))
    assert body is not None
    for name, (schema, value) in zip(NAMES, itertools.cycle(SCALARS + LISTS + OBJECTS), strict=False):
        body["properties"][name] = copy.deepcopy(schema)
        for user in _users(model, body):
            _publish(user, body, name, value)
        for answer in _answers(model):
            _add_property(model["definitions"][answer], name, schema)
    body["required"] = [*body.get("required", []), *NAMES]
    return model


def _sends(model: Document) -> list[tuple[str, Document]]:
    return [(path, operation) for path, method, operation in operations(model) if method == "post"]


def _any_send(draw: Draw, model: Document) -> Document:
    operation: Document = draw(st.sampled_from(_sends(model)))[1]
    return operation


def _any_operation(draw: Draw, model: Document) -> Document:
    operation: Document = draw(st.sampled_from(list(operations(model))))[2]
    return operation


def _parameters(model: Document, operation: Document) -> list[Document]:
    return [resolve(model, parameter) for parameter in operation["parameters"]]


def _body(model: Document, operation: Document) -> Document | None:
    """The schema of an operation's body; of a composed one, the part that only this body has."""
    for parameter in _parameters(model, operation):
        if parameter["in"] == "body":
            schema = resolve(model, parameter["schema"])
            own: Document = schema["allOf"][-1] if "allOf" in schema else schema
            return own
    return None


def _users(model: Document, body: Document) -> list[Document]:
    """The operations whose bodies have the fields of this one: it may be a part of them."""
    return [operation for _, operation in _sends(model) if any(part is body for part in _parts(model, operation))]


def _parts(model: Document, operation: Document) -> list[Document]:
    """The objects that an operation's body is composed of."""
    for parameter in _parameters(model, operation):
        if parameter["in"] == "body":
            schema = resolve(model, parameter["schema"])
            return [resolve(model, part) for part in schema.get("allOf", [schema])]
    return []


def _successes(operation: Document) -> list[Document]:
    """The published cases that succeed."""
    return [
        case
        for status, answer in operation["responses"].items()
        if status.startswith("2")
        for case in answer.get(CASES, {}).get("static", [])
    ]


def _cases(operation: Document) -> list[Document]:
    """The published cases that succeed and have a body."""
    return [case for case in _successes(operation) if "body" in case["request"]["parameters"]]


def add_operation(draw: Draw, model: Document) -> None:
    """A new operation that sends a message. It is a copy of another one."""
    name, path = draw(WORDS), f"{ORDERS}/messages/{draw(WORDS)}"
    taken = {operation["operationId"].lower() for _, _, operation in operations(model)}
    if path in model["paths"] or f"send{name}".lower() in taken:
        return
    operation = copy.deepcopy(_any_send(draw, model))
    operation["operationId"] = f"send{name[0].upper()}{name[1:]}"
    operation.pop("tags", None)
    model["paths"][path] = {draw(st.sampled_from(["post", "put", "patch"])): operation}


def add_read(draw: Draw, model: Document) -> None:
    """A new operation that reads."""
    name = draw(WORDS)
    reads = [path for path, method, _ in operations(model) if method == "get"]
    taken = {operation["operationId"].lower() for _, _, operation in operations(model)}
    if f"{ORDERS}/{name}" not in model["paths"] and f"read{name}".lower() not in taken:
        # The parameters that a path has for all of its operations come along.
        item = copy.deepcopy(model["paths"][draw(st.sampled_from(reads))])
        item["get"]["operationId"] = f"read{name[0].upper()}{name[1:]}"
        model["paths"][f"{ORDERS}/{name}"] = item


def remove_operation(draw: Draw, model: Document) -> None:
    """An operation less. The models that it used stay."""
    sends = _sends(model)
    if len(sends) > 3:
        del model["paths"][draw(st.sampled_from(sends))[0]]


def add_model(draw: Draw, model: Document) -> None:
    """A new model that nothing uses yet."""
    schema = copy.deepcopy(draw(st.sampled_from(SCALARS + LISTS + OBJECTS))[0])
    model["definitions"].setdefault(draw(WORDS).capitalize() + "Thing", schema)


def add_field(draw: Draw, model: Document) -> None:
    """A new field of a message. The published case may have it."""
    operation = _any_send(draw, model)
    body = _body(model, operation)
    name = draw(st.sampled_from(NAMES) | WORDS)
    schema, value = draw(st.sampled_from(SCALARS + LISTS + OBJECTS))
    if body is None or not _add_property(body, name, schema):
        return
    required = draw(st.booleans())
    if required:
        body["required"] = [*body.get("required", []), name]
    for other in _users(model, body):
        if required or draw(st.booleans()):
            _publish(other, body, name, value)


def _add_property(owner: Document, name: str, schema: Document) -> bool:
    """Add a property. Returns False when the model has one with the same name in Python: no code can have both."""
    free = python_name(name) not in map(python_name, owner["properties"])
    if free:
        owner["properties"][name] = copy.deepcopy(schema)
    return free


def _publish(operation: Document, body: Document, name: str, value: Any) -> None:
    """Put the field into the published successes. A case without a body gets one, with a file if it takes files."""
    files = {"attachments": [FILE]} if "attachments" in body["properties"] else {}
    for case in _successes(operation):
        published = case["request"]["parameters"].setdefault("body", {"value": files.copy()})
        published["value"][name] = value


def remove_field(draw: Draw, model: Document) -> None:
    """A field of a message less."""
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
    for other in _users(model, body):
        for case in _cases(other):
            case["request"]["parameters"]["body"]["value"].pop(name, None)


def add_answer_field(draw: Draw, model: Document) -> None:
    """A new field in an answer."""
    answer = model["definitions"][draw(st.sampled_from(_answers(model)))]
    schema, _ = draw(st.sampled_from(SCALARS + LISTS + OBJECTS))
    _add_property(answer, draw(st.sampled_from(NAMES) | WORDS), schema)


def _answers(model: Document) -> list[str]:
    """The names of the models of answers to reads."""
    reads = [operation for _, method, operation in operations(model) if method == "get"]
    return sorted({read["responses"]["200"]["schema"]["$ref"].rsplit("/", 1)[-1] for read in reads})


def add_parameter(draw: Draw, model: Document) -> None:
    """A new query parameter or header."""
    operation = _any_operation(draw, model)
    where = draw(st.sampled_from(["query", "query", "header"]))
    name = draw(st.sampled_from(ASCII_NAMES if where == "query" else HEADER_NAMES) | WORDS)
    if python_name(name) in {python_name(parameter["name"]) for parameter in _parameters(model, operation)}:
        return
    schema = _without_default(draw(st.sampled_from(SCALARS + (LISTS if where == "query" else [])))[0])
    operation["parameters"].append({"name": name, "in": where, "required": draw(st.booleans()), **schema})


def _without_default(schema: Document) -> Document:
    return {key: copy.deepcopy(value) for key, value in schema.items() if key != "default"}


def remove_marketplace(draw: Draw, model: Document) -> None:
    """An operation without the marketplace, which every operation takes."""
    operation = _any_operation(draw, model)
    operation["parameters"] = [
        node for node in operation["parameters"] if resolve(model, node)["name"] != "marketplaceIds"
    ]


def change_limit(draw: Draw, model: Document) -> None:
    """Other limits. The published cases are still within them."""
    body = _body(model, _any_send(draw, model))
    fields = [] if body is None else [field for field in body["properties"].values() if "maxLength" in field]
    if fields:
        field = draw(st.sampled_from(fields))
        field["maxLength"] = draw(st.integers(10, 9999))
        field["minLength"] = draw(st.integers(0, 1))


def add_enum(draw: Draw, model: Document) -> None:
    """A list of the texts that are allowed."""
    operation = _any_send(draw, model)
    body = _body(model, operation)
    values = [case["request"]["parameters"]["body"]["value"].get("text") for case in _cases(operation)]
    if body is not None and "text" in body["properties"] and values and all(values):
        body["properties"]["text"]["enum"] = [*values, "Another message"]


def change_statuses(draw: Draw, model: Document) -> None:
    """One status code more, or one less."""
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
    """Another usage plan, or no usage plan."""
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
