"""Descriptions made from names, for everything that no overlay describes yet. Pure."""

import re
from collections.abc import Iterator

from regeneration.documents import Document, operations


def undescribed(document: Document) -> list[str]:
    """Everything that no overlay describes."""
    return [place for place, node, _ in _places(document) if not node.get("description")]


def describe(document: Document) -> None:
    """Give each of them a simple description, so that a new operation can be used before anyone has described it."""
    for _, node, text in _places(document):
        if not node.get("description"):
            node["description"] = text
    for parameter in document["components"].get("parameters", {}).values():
        # The generator reads a parameter's description from its schema.
        parameter["schema"]["description"] = parameter["description"]
    for _, _, operation in operations(document):
        operation.setdefault("summary", operation["description"].split("\n")[0])


def _places(document: Document) -> Iterator[tuple[str, Document, str]]:
    for path, method, operation in operations(document):
        yield f"operation {operation['operationId']}", operation, _operation(path, method, operation["operationId"])
    for name, parameter in document["components"].get("parameters", {}).items():
        yield f"parameter {name}", parameter, f"The {words(parameter['name'])}."
    for name, schema in document["components"]["schemas"].items():
        yield f"model {name}", schema, f"The {words(name)}."
        for key, value in schema.get("properties", {}).items():
            if "$ref" not in value:
                yield f"field {name}.{key}", value, f"The {words(key)}."


def _operation(path: str, method: str, operation_id: str) -> str:
    if "/messages/" in path and method in ("post", "put", "patch"):
        return f"Send the buyer a message of the type {path.rsplit('/', 1)[-1]}."
    return f"Call {operation_id}."


def words(name: str) -> str:
    """The words of a name: `coverage start date` for `coverageStartDate`."""
    parts = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", name)
    return " ".join(part if part.isupper() and len(part) > 1 else part.lower() for part in parts) or name
