"""The plain rules of an action's JSON Schema (draft 4), in the names of the message's body. Pure; it takes anything.

Whatever is not understood is left out. A rule that is left out refuses nothing, so a schema that is missing, broken,
circular or of another draft cannot stop a message. For the same reason nothing is read below ``not``, where leaving
something out would refuse more.

What is read, and what a message that breaks it is:

| keyword | broken, and so left out | otherwise |
|---|---|---|
| `$schema` of another draft | the whole schema | |
| `$ref` to another document, to nothing, or of more than 1,000 characters | the rules there | the rules there |
| `type` that the message, or its field, cannot have | the rules beside it; of an odd field this is a warning | |
| `required`: fields of the operation | if a name is not a string | error |
| `required`: a name that this release does not know | if a name is not a string; after 20 of them | warning |
| `minLength`, `maxLength` of a text or an odd field | no count; `min` > `max`, also of the model | error |
| `minItems`, `maxItems` of attachments or an odd field | the same | error |
| `enum` of a text or of an odd field | empty; values that the field cannot have | error |
| `allOf`, `anyOf` | if it is not a list | as what is in it |
| `oneOf` | if it is not a list | warning if nothing in it fits; whether more than one fits is not asked |
| `pattern` of a text | hard to compute, or with another meaning in other languages | warning |
| `additionalProperties: false` | beside `patternProperties` | warning for a field that `properties` lacks |
| everything below `attachments[]`, `format`, `not`, `dependencies`, numbers' limits and all others | always | |

An odd field is one that is neither a text nor attachments nor a date; a date's form is checked elsewhere.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from itertools import islice
from typing import Any
from urllib.parse import unquote

from spapi_messaging.messages import Field, Operation

_LOG = logging.getLogger("spapi_messaging")

__all__ = ["RAW_TEXT", "plain_schema"]

RAW_TEXT = "rawMessageBody"
"""What the schema calls the text."""

_DRAFT_4 = "json-schema.org/draft-04/schema"
_MAX_STEPS = 10_000  # schemas within the schema, names and values that are read; circular ones never end
_MAX_DEPTH = 32
_MAX_COUNT = 2**31 - 1
_MAX_REFERENCE = 1000  # characters; of longer ones, following a few takes minutes
_MAX_UNKNOWN = 20  # names that are asked for and not known
_JSON_TYPES = {"text": "string", "attachments": "array", "date-time": "string"}


class _Unreadable(Exception):
    """The schema says nothing that could be trusted."""


def plain_schema(operation: Operation, schema: Mapping[str, Any], *, doubtful: bool = False) -> dict[str, Any]:
    """The plain rules of a schema, without references. It never raises.

    Args:
        operation: whose message it is.
        schema: the action's own JSON Schema, as Amazon gave it.
        doubtful: whether to include the rules that are worth only a warning.

    Returns:
        A schema of draft 4; ``{}`` when there are no such rules.
    """
    try:
        return _Reader(operation, schema, doubtful).read()
    except Exception as error:  # whatever Amazon, or something before it, made of a schema
        reason = str(error) if isinstance(error, _Unreadable) else type(error).__name__
        _LOG.debug("%s: the order's schema is not used: %s", operation.operation_id, reason)
        return {}


class _Reader:
    def __init__(self, operation: Operation, schema: Mapping[str, Any], doubtful: bool) -> None:
        self._root = schema
        self._doubtful = doubtful
        self._steps = 0
        self._unknown = 0
        self._fields = {field.wire_name: field for field in operation.fields}
        self._content = [field for field in operation.fields if field.kind in ("text", "attachments")]
        texts = [field.wire_name for field in operation.fields if field.kind == "text"]
        self._wire_names = ({RAW_TEXT: texts[0]} if texts else {}) | {name: name for name in self._fields}

    def read(self) -> dict[str, Any]:
        if not _is_draft_4(self._root):
            raise _Unreadable("it is of another draft")
        return self._message(self._root, 0)

    def _message(self, schema: Any, depth: int) -> dict[str, Any]:
        schema = self._followed(schema, depth)
        if not _takes(schema, "object"):
            return {}
        required = self._required(schema)
        properties = self._properties(schema, required, depth)
        plain: dict[str, Any] = {"properties": properties} if properties else {}
        if required:
            plain["required"] = required
        if self._doubtful and schema.get("additionalProperties") is False and "patternProperties" not in schema:
            given = _dict(schema.get("properties"))
            listed = [wire_name for name, wire_name in self._wire_names.items() if name in given]
            if listed:  # a schema that lists nothing we know speaks another language
                plain["properties"] = {name: {} for name in listed} | properties
                plain["additionalProperties"] = False
        return plain | self._combined(schema, depth, self._message)

    def _required(self, schema: Mapping[str, Any]) -> list[str]:
        names = schema.get("required")
        if not isinstance(names, list):
            return []
        self._step(len(names))
        if not all(isinstance(name, str) for name in names):
            return []
        known = [self._wire_names[name] for name in names if name in self._wire_names]
        unknown = [name for name in names if name not in self._wire_names] if self._doubtful else []
        # Each name is a problem of its own, and the more there are, the longer each one takes.
        unknown = list(islice(dict.fromkeys(unknown), _MAX_UNKNOWN - self._unknown))
        self._unknown += len(unknown)
        return [*dict.fromkeys(known), *unknown]

    def _properties(self, schema: Mapping[str, Any], required: list[str], depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        given = _dict(schema.get("properties"))
        for name, wire_name in self._wire_names.items():  # the schema's own name of the text comes first
            if name in given and wire_name not in found:
                field = self._fields[wire_name]
                is_needed = field.required or wire_name in required or [field] == self._content
                found[wire_name] = self._field(field, is_needed, given[name], depth + 1)
        return {name: rules for name, rules in found.items() if rules}

    def _field(self, field: Field, is_needed: bool, schema: Any, depth: int) -> dict[str, Any]:
        schema = self._followed(schema, depth)
        json_type = _JSON_TYPES.get(field.kind)
        if json_type and not _takes(schema, json_type):
            return {}
        plain: dict[str, Any] = {}
        if field.kind != "attachments" and field.kind != "date-time":
            least = field.min_length or int(field.kind == "text")
            plain |= _span(schema, "minLength", "maxLength", least, field.max_length)
            plain |= self._enum(field, schema)
        if field.kind == "attachments" or json_type is None:
            plain |= _span(schema, "minItems", "maxItems", field.min_items or int(is_needed), field.max_items)
        if self._doubtful and field.kind == "text" and isinstance(schema.get("pattern"), str):
            plain["pattern"] = schema["pattern"]
        if self._doubtful and json_type is None and _is_type(schema.get("type")):
            plain["type"] = schema["type"]
        return plain | self._combined(schema, depth, lambda part, below: self._field(field, is_needed, part, below))

    def _enum(self, field: Field, schema: Mapping[str, Any]) -> dict[str, Any]:
        values = schema.get("enum")
        if not isinstance(values, list) or not values:
            return {}
        self._step(len(values))
        if field.kind == "text":
            could_be_sent = all(isinstance(value, str) and value.strip() for value in values)
        else:
            could_be_sent = not field.enum or any(value in field.enum for value in values)
        return {"enum": values} if could_be_sent else {}

    def _combined(self, schema: Mapping[str, Any], depth: int, read: Any) -> dict[str, Any]:
        """What is combined of several schemas. An alternative without a rule takes everything."""
        found = {}
        for keyword in ("allOf", "anyOf", *(["oneOf"] if self._doubtful else [])):
            parts = schema.get(keyword)
            if isinstance(parts, list) and parts:
                plain = [read(part, depth + 1) for part in parts]
                if keyword == "allOf":
                    plain = [part for part in plain if part]
                elif not all(plain):
                    continue
                if plain:
                    found[keyword] = plain
        if "oneOf" in found:  # at least one must fit
            found.setdefault("allOf", []).append({"anyOf": found.pop("oneOf")})
        return found

    def _step(self, count: int) -> None:
        self._steps += count
        if self._steps > _MAX_STEPS:
            raise _Unreadable("it is circular, or too large")

    def _followed(self, schema: Any, depth: int) -> dict[str, Any]:
        """The schema that a reference leads to, which replaces all that stands beside it."""
        while True:
            self._step(1)
            if depth > _MAX_DEPTH:
                raise _Unreadable("it is too deep")
            if not isinstance(schema, dict) or "$ref" not in schema:
                return _dict(schema)
            schema = _pointed_at(self._root, schema["$ref"])


def _pointed_at(root: Any, reference: object) -> Any:
    """What a JSON pointer within the schema leads to. Other references are not followed: nothing is ever fetched."""
    if not isinstance(reference, str) or not (reference + "/").startswith("#/") or len(reference) > _MAX_REFERENCE:
        return {}
    found = root
    for part in unquote(reference).split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        if isinstance(found, list) and key.isascii() and key.isdigit() and len(key) < 6 and int(key) < len(found):
            found = found[int(key)]
        else:
            found = _dict(found).get(key)
    return found


def _span(schema: Mapping[str, Any], lowest: str, highest: str, own_least: int, own_most: int | None) -> dict[str, int]:
    """The limits of a length, unless they contradict themselves or the model: then nothing could be sent at all."""
    least, most = _count(schema.get(lowest)), _count(schema.get(highest))
    most_of_all = min((limit for limit in (most, own_most) if limit is not None), default=_MAX_COUNT)
    if max(least or 0, own_least) > most_of_all:
        return {}
    return {name: limit for name, limit in ((lowest, least), (highest, most)) if limit is not None}


def _count(value: object) -> int | None:
    """A limit. Some write 400.0 for 400."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _MAX_COUNT:
        return None
    return int(value) if value == int(value) else None


def _is_draft_4(schema: Mapping[str, Any]) -> bool:
    """Whether the schema says that it is of draft 4, or says nothing."""
    if "$schema" not in schema:
        return True
    named = schema["$schema"]
    return isinstance(named, str) and named.strip().rstrip("#").partition("://")[2].casefold() == _DRAFT_4


def _takes(schema: Mapping[str, Any], json_type: str) -> bool:
    """Whether the schema is about values of this type."""
    types = schema.get("type", json_type)
    return types == json_type or (isinstance(types, list) and json_type in types)


def _is_type(value: object) -> bool:
    return value in ("array", "boolean", "integer", "number", "object", "string")


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
