"""Published models for tests: Swagger 2.0 as Amazon writes it, made from the committed facts."""

from __future__ import annotations

import copy
import json
from pathlib import Path

from regeneration.apis import Api
from regeneration.documents import Document, operations, resolve
from regeneration.fetching.provenance import read
from regeneration.project import REPOSITORY, Project

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared" / "models"
"""The folder of Amazon's own files. It is not on every machine."""


def main_api() -> Api:
    """The Messaging API, as `spec/sources.toml` describes it."""
    return read(Project(REPOSITORY).sources).apis[0]


def committed_facts() -> Document:
    """The committed facts of the Messaging API."""
    facts: Document = json.loads((ROOT / "spec" / "published" / "messaging.json").read_text())
    return facts


def to_swagger(facts: Document) -> Document:
    """A Swagger 2.0 model with these facts, as Amazon writes it: lengths of arrays, usage plans in prose."""
    facts = copy.deepcopy(facts)
    paths: Document = {}
    for path, method, node in operations(facts):
        paths.setdefault(path, {})[method] = _operation(facts, node)
    swagger = {
        "swagger": "2.0",
        "info": {"title": "A published model", "version": facts["info"]["version"], "description": "Prose."},
        "produces": ["application/hal+json"],
        "paths": paths,
        "definitions": {name: _schema(node) for name, node in facts["components"]["schemas"].items()},
    }
    moved: Document = json.loads(json.dumps(swagger).replace("#/components/schemas/", "#/definitions/"))
    return moved


def _operation(facts: Document, node: Document) -> Document:
    parameters = [_parameter(resolve(facts, reference)) for reference in node["parameters"]]
    if "requestBody" in node:
        schema = node["requestBody"]["content"]["application/json"]["schema"]
        parameters.append({"in": "body", "name": "body", "required": True, "schema": _schema(schema)})
    plan = node.get("x-usage-plan")
    rows = (
        f"\n\n| Rate (requests per second) | Burst |\n| ---- | ---- |\n| {plan['rate']} | {plan['burst']} |"
        if plan
        else ""
    )
    return {
        "operationId": node["operationId"],
        "description": f"Some prose.{rows}",
        "parameters": parameters,
        "responses": {status: _response(answer) for status, answer in node["responses"].items()},
    }


def _parameter(node: Document) -> Document:
    kept = {key: node[key] for key in ("name", "in", "required") if key in node}
    return kept | {"description": "Prose."} | _schema(node["schema"])


def _response(node: Document) -> Document:
    answer = {"description": "Prose."} | {key: value for key, value in node.items() if key.startswith("x-")}
    for entry in node.get("content", {}).values():
        answer["schema"] = _schema(entry["schema"])
    return answer


def _schema(node: Document) -> Document:
    alternatives: list[Document] = node.get("allOf") or node.get("oneOf") or []
    if alternatives:
        return _schema(alternatives[0])
    names = {"x-wire-format": "format", "x-enum": "enum", "x-default": "default"}
    if node.get("type") == "array":
        names |= {"maxItems": "maxLength", "minItems": "minLength"}
    swagger = {names.get(key, key): value for key, value in node.items() if key != "nullable"}
    if "properties" in swagger:
        swagger["properties"] = {name: _schema(value) for name, value in swagger["properties"].items()}
    for key in ("items", "additionalProperties"):
        if isinstance(swagger.get(key), dict):
            swagger[key] = _schema(swagger[key])
    return swagger
