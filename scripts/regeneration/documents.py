"""JSON documents: how they are written and searched. Does no I/O."""

import json
from collections.abc import Iterator
from typing import Any

from regeneration.problem import Problem

Document = dict[str, Any]

METHODS = ("get", "put", "post", "delete", "options", "head", "patch")


def to_json(document: Document) -> str:
    """The document as text. Equal documents give equal text."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def operations(document: Document) -> Iterator[tuple[str, str, Document]]:
    """Every (path, method, operation) of a Swagger or OpenAPI document."""
    for path, item in document.get("paths", {}).items():
        for method in METHODS:
            if method in item:
                yield path, method, item[method]


def full_path(document: Document, path: str) -> str:
    """The path with its `basePath`, which OpenAPI 3 does not have."""
    return str(document.get("basePath", "")).rstrip("/") + path


def operation_ids(document: Document) -> set[str]:
    """The names of a document's operations."""
    nodes = (node for _, _, node in operations(document) if isinstance(node, dict))
    return {node["operationId"] for node in nodes if "operationId" in node}


def escaped(key: str) -> str:
    """The key as it stands in a JSON pointer."""
    return key.replace("~", "~0").replace("/", "~1")


def unescaped(key: str) -> str:
    """The key that stands in a JSON pointer."""
    return key.replace("~1", "/").replace("~0", "~")


def pointer(*keys: str) -> str:
    """The JSON pointer to a place, as it stands in a reference."""
    return "/".join(["#", *map(escaped, keys)])


def lookup(document: Document, target: str) -> Any:
    """What the JSON pointer `target` points to. Raises LookupError when there is nothing."""
    node: Any = document
    for key in map(unescaped, target.removeprefix("#/").split("/")):
        if isinstance(node, list) and key.isdecimal():
            node = node[int(key)]
        elif isinstance(node, dict):
            node = node[key]
        else:
            raise LookupError(target)
    return node


def resolve(document: Document, node: Document) -> Document:
    """`node`, or the target of its `$ref`. An `allOf` with one reference in it counts as that reference."""
    passed: list[str] = []
    while True:
        if len(node.get("allOf", ())) == 1:
            node = node["allOf"][0]
        if "$ref" not in node:
            return node
        if node["$ref"] in passed:
            raise Problem(f"the reference {node['$ref']} leads back to itself")
        passed.append(node["$ref"])
        node = lookup(document, node["$ref"])


def references(node: Any) -> Iterator[str]:
    """The names of the schemas that `node` refers to directly."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "$ref" and isinstance(value, str):
                yield value.rsplit("/", 1)[-1]
            elif not key.startswith("x-"):
                yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def reachable(schemas: Document, node: Any) -> set[str]:
    """The names of all schemas that `node` refers to, directly or through other schemas."""
    found: set[str] = set()
    waiting = set(references(node))
    while waiting:
        name = waiting.pop()
        found.add(name)
        waiting |= set(references(schemas.get(name, {}))) - found
    return found & schemas.keys()
