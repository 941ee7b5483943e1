"""What files must look like before the steps can work with them, as JSON Schemas. Pure."""

import json
import math
from functools import cache
from hashlib import sha256
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match
from oas_patch.validator import load_schema  # type: ignore[import-untyped]
from openapi_spec_validator import OpenAPIV30SpecValidator

from regeneration.documents import METHODS, Document, escaped, pointer
from regeneration.problem import Problem
from regeneration.reading.references import check_references

_TEXT: Document = {"type": "string", "minLength": 1}
_DATE: Document = {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"}
_COMMIT: Document = {"type": "string", "pattern": "^[0-9a-f]{7,40}$"}

SOURCES: Document = {
    "type": "object",
    "required": ["tools"],
    "minProperties": 2,
    # A name is the name of a file, too.
    "propertyNames": {"pattern": "^[A-Za-z0-9][A-Za-z0-9_.-]*$"},
    "properties": {"tools": {"type": "object", "additionalProperties": _TEXT}},
    "additionalProperties": {
        "type": "object",
        "required": ["title", "tag", "prefix", "media_type", "repository", "path"],
        "properties": {
            "title": _TEXT,
            "tag": {"type": "string", "pattern": "^[a-z][a-z0-9_]*$"},
            "prefix": {"type": "string", "pattern": "^/"},
            "media_type": {"type": "string", "pattern": r"^[\w.+-]+/[\w.+-]+$"},
            "repository": _TEXT,
            "path": _TEXT,
            "commit": _COMMIT,
            "date": _DATE,
            "sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
            "looked_up": _DATE,
        },
        "additionalProperties": False,
    },
}

# Beyond the Overlay Specification: what our two extensions look like, and that an action does something.
OVERLAY: Document = {
    "properties": {
        "x-retired": {
            "type": "object",
            "required": ["operation"],
            "properties": {"operation": _TEXT, "date": _DATE, "commit": _COMMIT},
            "additionalProperties": False,
        },
        "actions": {
            "items": {
                "type": "object",
                "properties": {"x-unless": _TEXT},
                "anyOf": [{"required": [name]} for name in ("update", "remove", "copy")],
            }
        },
    },
    "if": {"required": ["x-retired"]},
    "then": {
        "properties": {
            "actions": {"items": {"required": ["update"], "properties": {"update": {"type": "object"}}}},
        }
    },
}

# Beyond OpenAPI 3.0: what the steps rely on in our own documents.
_CONTENT: Document = {"additionalProperties": {"required": ["schema"]}}
_SANDBOX_CASE: Document = {
    "type": "object",
    "properties": {
        "request": {
            "type": "object",
            "properties": {"parameters": {"type": "object", "additionalProperties": {"type": "object"}}},
        }
    },
}
_RESPONSE: Document = {
    "properties": {
        "content": _CONTENT,
        "x-amzn-api-sandbox": {
            "type": "object",
            "properties": {"static": {"type": "array", "items": _SANDBOX_CASE}},
        },
    }
}
_OPERATION: Document = {
    "required": ["operationId", "tags", "parameters", "responses"],
    "properties": {
        "tags": {"minItems": 1},
        "parameters": {"items": {"required": ["$ref"]}},
        "requestBody": {"properties": {"content": _CONTENT}},
        "responses": {"additionalProperties": _RESPONSE},
        "x-usage-plan": {
            "type": "object",
            "required": ["rate", "burst"],
            "properties": {
                "rate": {"type": "number", "exclusiveMinimum": 0},
                "burst": {"type": "integer", "exclusiveMinimum": 0},
            },
        },
        "x-retired": {"type": "object", "properties": {"date": _DATE, "commit": _COMMIT}},
    },
}
DOCUMENT: Document = {
    "required": ["components"],
    "properties": {
        "paths": {"additionalProperties": {"properties": dict.fromkeys(METHODS, _OPERATION)}},
        "components": {"required": ["schemas", "parameters"]},
    },
}


def check_sources(content: Any, name: str) -> None:
    """Refuse a `sources.toml` with missing, unknown or unreadable entries."""
    _check(content, SOURCES, name)


def check_overlay(content: Any, name: str) -> None:
    """Refuse what is not an Overlay document, or not one of ours."""
    _check_json(content, name, "#")
    version = str(content.get("overlay")) if isinstance(content, dict) else ""
    _check(content, _overlay_schema("1.1.0" if version.startswith("1.1.") else "1.0.0"), name)
    _check(content, OVERLAY, name)


def check_document(content: Any, name: str) -> None:
    """Refuse what is not an OpenAPI 3.0 document, or not one as the steps make it."""
    _check(content, {"type": "object"}, name)
    check_references(content, name)
    digest = sha256(_encoded(content, name)).digest()
    if digest in _good:
        return
    refuse(next(iter(OpenAPIV30SpecValidator(content).iter_errors()), None), name)
    _check(content, DOCUMENT, name)
    _good.add(digest)


# The digests of documents that were checked. A check takes long, and a run reads some documents several times.
_good: set[bytes] = set()


@cache
def _overlay_schema(version: str) -> Document:
    schema: Document = load_schema(f"overlay_schema_{version}.yml")
    return schema


def _check(content: Any, schema: Document, name: str) -> None:
    refuse(best_match(Draft202012Validator(schema).iter_errors(content)), name)


def refuse(error: ValidationError | None, name: str) -> None:
    """Say where a validator found an error. None: it found no error."""
    if error is not None:
        raise Problem(f"{name}: {pointer(*map(str, error.absolute_path))}: {error.message[:300]}")


def _check_json(node: Any, name: str, place: str) -> None:
    """YAML also knows dates, numbers without a limit, and names that are not text."""
    if isinstance(node, dict):
        for key, value in node.items():
            if not isinstance(key, str):
                raise Problem(f"{name}: {place}: the name {key} is not text: write it in quotes")
            _check_json(value, name, f"{place}/{escaped(key)}")
    elif isinstance(node, list):
        for index, value in enumerate(node):
            _check_json(value, name, f"{place}/{index}")
    elif not isinstance(node, str | int | float | None) or (isinstance(node, float) and not math.isfinite(node)):
        raise Problem(f"{name}: {place}: {node!r} is not JSON: write text in quotes")


def _encoded(content: Any, name: str) -> bytes:
    """The document as UTF-8. Half of a surrogate pair can be read from JSON, and not be written."""
    try:
        return json.dumps(content, ensure_ascii=False).encode()
    except ValueError as error:
        raise Problem(f"{name}: a text cannot be written as UTF-8: {error}") from error
