"""Step 2, second half: keeps the facts of an OpenAPI 3 document and drops its prose. Pure.

A list says what is kept; everything else (descriptions, examples, contacts, licences, headers) is dropped. The usage
plan is the only fact that Amazon writes in prose, so it is read from the description first.
"""

from collections.abc import Callable
from typing import Any

from regeneration.documents import Document, operations, resolve
from regeneration.usage_plan import usage_plan

SCHEMA_FACTS = {
    "$ref", "type", "format", "enum", "default", "nullable", "readOnly", "minLength", "maxLength", "pattern",
    "minItems", "maxItems", "uniqueItems", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf",
    "minProperties", "maxProperties", "required",
}  # fmt: skip
# The second is the name until 2022.
SANDBOX_KEYS = ("x-amzn-api-sandbox", "x-amazon-spds-sandbox-behaviors")


def reduce(document: Document, title: str) -> Document:
    """The facts of `document`. The published order does not change the result."""
    paths: Document = {}
    for path, method, operation in sorted(operations(document), key=lambda found: found[:2]):
        shared = document["paths"][path].get("parameters", [])
        paths.setdefault(path, {})[method] = _operation(document, operation, shared)
    return {
        "openapi": "3.0.3",
        "info": {"title": title, "version": str(document["info"]["version"])},
        "paths": paths,
        "components": {"schemas": _named(document.get("components", {}).get("schemas", {}), _schema)},
    }


def _named(nodes: Document, reduced: Callable[[Document], Document]) -> Document:
    return {name: reduced(node) for name, node in sorted(nodes.items())}


def _operation(document: Document, operation: Document, shared: list[Document]) -> Document:
    parameters = [resolve(document, node) for node in [*shared, *operation.get("parameters", [])]]
    # A parameter of the operation replaces one of its path.
    by_place = {(node["in"], node["name"]): _parameter(node) for node in parameters}
    facts: Document = {
        "operationId": operation["operationId"],
        "parameters": [by_place[place] for place in sorted(by_place)],
    }
    if "requestBody" in operation:
        facts["requestBody"] = _body(resolve(document, operation["requestBody"]))
    facts["responses"] = {
        str(status): _response(resolve(document, node)) for status, node in sorted(operation["responses"].items())
    }
    plan = usage_plan(operation.get("description", ""))
    return facts | ({"x-usage-plan": plan} if plan else {})


def _parameter(node: Document) -> Document:
    kept = {key: node[key] for key in ("name", "in", "required", "style", "explode") if key in node}
    return kept | {"schema": _schema(node.get("schema", {}))}


def _body(node: Document) -> Document:
    return {"required": node.get("required", False)} | _content(node)


def _response(node: Document) -> Document:
    found = next((node[key] for key in SANDBOX_KEYS if key in node), None)
    # The older form is a list of cases.
    cases = found.get("static", []) if isinstance(found, dict) else found
    return {"description": ""} | _content(node) | ({SANDBOX_KEYS[0]: {"static": cases}} if cases else {})


def _content(node: Document) -> Document:
    content = {media: {"schema": _schema(entry.get("schema", {}))} for media, entry in node.get("content", {}).items()}
    return {"content": content} if content else {}


def _schema(node: Any) -> Any:
    if not isinstance(node, dict):
        return node
    facts = {key: value for key, value in node.items() if key in SCHEMA_FACTS}
    if "properties" in node:
        facts["properties"] = {name: _schema(value) for name, value in node["properties"].items()}
    for key in ("items", "additionalProperties", "not"):
        if key in node:
            facts[key] = _schema(node[key])
    for key in ("allOf", "anyOf", "oneOf"):
        if key in node:
            facts[key] = [_schema(value) for value in node[key]]
    if "required" in facts:
        facts["required"] = sorted(facts["required"])
    return facts
