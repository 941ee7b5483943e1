"""What Amazon may do to its model next, done to the model that is committed here.

Each change is a function that changes a published model. None of them knows an operation by name.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from contextlib import suppress

from regeneration.documents import Document, operations
from regeneration.project import REPOSITORY, Project
from tests.scripts.published import committed_facts, to_swagger

CASES = "x-amzn-api-sandbox"
ORDERS = "/messaging/v1/orders/{amazonOrderId}"
Change = Callable[[Document], None]


def sends(model: Document) -> Iterator[tuple[str, Document]]:
    """Every message of a model, with its path."""
    return ((path, node) for path, method, node in operations(model) if method == "post" and "/messages/" in path)


def body(model: Document, operation: Document) -> Document:
    """The schema of what an operation sends. Empty: it sends no body."""
    for parameter in operation["parameters"]:
        if parameter["in"] == "body":
            schema: Document = model["definitions"][parameter["schema"]["$ref"].rsplit("/", 1)[-1]]
            return schema
    return {}


def fields(model: Document) -> Iterator[Document]:
    """Every field of every message."""
    seen: list[Document] = []
    for _, operation in sends(model):
        schema = body(model, operation)
        if not any(schema is other for other in seen):
            seen.append(schema)
            yield from schema.get("properties", {}).values()


def plan(rate: float, burst: int) -> str:
    """A usage plan, as Amazon writes it into a description."""
    return f"Prose.\n\n| Rate (requests per second) | Burst |\n| ---- | ---- |\n| {rate} | {burst} |"


def an_operation_comes(model: Document) -> None:
    """A message with a text, files and a required date, and a usage plan of its own."""
    name = "repairNote"
    while f"{ORDERS}/messages/{name}" in model["paths"]:
        name += "Again"
    title = name[0].upper() + name[1:]
    _, known = next(
        (path, node) for path, node in sends(model) if "attachments" in body(model, node).get("properties", {})
    )
    node = copy.deepcopy(known)
    files = body(model, known)["properties"]["attachments"]["items"]
    model["definitions"][f"Send{title}Request"] = {
        "type": "object",
        "required": ["text", "repairDate"],
        "properties": {
            "text": {"type": "string", "minLength": 1, "maxLength": 300},
            "attachments": {"type": "array", "maxLength": 2, "items": files},
            "repairDate": {"type": "string", "format": "date-time"},
        },
    }
    sent = {"text": "My Message", "repairDate": "2004-12-13T21:39:45.618-08:00"}
    node |= {"operationId": f"send{title}", "description": plan(2, 10)}
    for parameter in node["parameters"]:
        if parameter["in"] == "body":
            parameter["schema"] = {"$ref": f"#/definitions/Send{title}Request"}
    for answer in node["responses"].values():
        answer.pop(CASES, None)
    node["responses"]["201"][CASES] = {"static": [case("123-1234567-1234567", sent)]}
    refusal = {"errors": [{"code": "InvalidInput", "message": "Invalid Input", "details": ""}]}
    node["responses"]["400"][CASES] = {"static": [case("123-1234567-0000000", None) | {"response": refusal}]}
    model["paths"][f"{ORDERS}/messages/{name}"] = {"post": node}


def case(order: str, sent: Document | None) -> Document:
    """A request that Amazon's static sandbox answers."""
    parameters: Document = {"amazonOrderId": {"value": order}}
    if sent is not None:
        parameters["body"] = {"value": sent}
    return {"request": {"parameters": parameters}, "response": {}}


def leaves(operation_id: str) -> Change:
    """An operation that is no longer there. What it used stays."""

    def change(model: Document) -> None:
        del model["paths"][next(path for path, _, node in operations(model) if node["operationId"] == operation_id)]

    return change


def an_operation_returns(model: Document) -> None:
    """A retired message is published again, as it was."""
    published = {node["operationId"] for _, _, node in operations(model)}
    overlays = [overlay for overlay in Project(REPOSITORY).read_overlays() if overlay.retired]
    overlay = next((overlay for overlay in overlays if overlay.retired not in published), None)
    if overlay is None:
        raise LookupError("no operation is retired")
    schemas, parameters, _, path = (action["update"] for action in overlay.document["actions"])
    target = overlay.document["actions"][3]["target"].removeprefix("$.paths['").removesuffix("']")
    [(method, node)] = path.items()
    node = {key: value for key, value in node.items() if key not in ("deprecated", "x-retired")}
    facts = {
        "info": {"version": "v1"},
        "paths": {target: {method: node}},
        "components": {"schemas": schemas, "parameters": parameters},
    }
    again = to_swagger(facts)
    model["paths"] |= again["paths"]
    model["definitions"] |= {
        name: node for name, node in again["definitions"].items() if name not in model["definitions"]
    }


def other_limits(model: Document) -> None:
    """Every limit of a text and of attachments is another one."""
    for field in fields(model):
        if field.get("type") == "string" and "maxLength" in field:
            field["maxLength"] += -100 if field["maxLength"] > 200 else 100
        if field.get("type") == "array":
            most = field.get("maxLength", 5)
            field["maxLength"] = most - 1 if most > 1 else most + 1


def other_plans(model: Document) -> None:
    """Every operation has another usage plan, also where none was published."""
    for number, (_, _, node) in enumerate(operations(model)):
        node["description"] = plan(2 + number, 10 + number)


def a_sandbox_case_more(model: Document) -> None:
    """Another request that the static sandbox answers."""
    for _, node in sends(model):
        published = node["responses"]["201"].get(CASES, {}).get("static", [])
        if published:
            again = copy.deepcopy(published[0])
            again["request"]["parameters"]["amazonOrderId"] = {"value": "123-1234567-7654321"}
            published.append(again)
            return


def prose(model: Document) -> None:
    """Other words, and nothing else."""
    model["info"]["description"] = "Other words."
    for _, node in sends(model):
        node["description"] = f"Other words. {node['description']}"


def a_field_is_renamed(model: Document) -> None:
    """A field that callers give by its name has another one. This breaks them."""
    operation, field = a_date(model)
    properties = body(model, operation)["properties"]
    properties[f"{field}Again"] = properties.pop(field)


def a_date(model: Document) -> tuple[Document, str]:
    """A message with a date, and the name of the date."""
    for _, node in sends(model):
        for name, schema in body(model, node).get("properties", {}).items():
            if schema.get("format") == "date-time":
                return node, name
    raise LookupError("no message has a date")


def all_at_once(model: Document) -> None:
    """Everything that needs no line of ours, in one commit."""
    published = [node["operationId"] for _, node in sends(model)]
    for change in (an_operation_comes, other_limits, other_plans, a_sandbox_case_more, prose, leaves(published[0])):
        change(model)
    with suppress(LookupError):
        an_operation_returns(model)


def published_operations() -> list[str]:
    """The operations that are published today."""
    return [node["operationId"] for _, _, node in operations(committed_facts())]
