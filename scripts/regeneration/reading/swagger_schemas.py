"""Schemas of Swagger 2.0 as schemas of OpenAPI 3, reduced to their facts. Pure."""

import re
from typing import Any

from regeneration.documents import Document, lookup, pointer, unescaped
from regeneration.problem import Problem

SCHEMA_FACTS = {
    "type", "format", "enum", "default", "nullable", "readOnly", "minLength", "maxLength", "pattern", "minItems",
    "maxItems", "uniqueItems", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf",
    "minProperties", "maxProperties", "required",
}  # fmt: skip
# A parameter of Swagger 2.0 has the facts of its schema beside its own, in any order.
PARAMETER_FACTS = (
    "type", "format", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minLength", "maxLength",
    "multipleOf", "minItems", "maxItems", "uniqueItems", "pattern", "enum", "default", "items", "x-nullable",
)  # fmt: skip
_DEFINITION = re.compile(r"#/definitions/([^/]+)")
# OpenAPI 3 allows fewer characters in the names of components than Swagger 2.0 in those of definitions.
_NOT_ALLOWED = re.compile(r"[^A-Za-z0-9_.-]+")


class Schemas:
    """The schemas of one Swagger 2.0 document."""

    def __init__(self, document: Document) -> None:
        self.document = document

    def components(self) -> Document:
        """Every definition, sorted by name."""
        found: Document = {}
        for name, node in sorted(self.document.get("definitions", {}).items()):
            component, place = _component(name), pointer("definitions", name)
            if component in found:
                raise Problem(f"{place}: another definition is called {component} in OpenAPI 3, too")
            found[component] = self.reduced(node, place)
        return found

    def reduced(self, node: Any, place: str, above: tuple[str, ...] = ()) -> Any:
        """The facts of one schema. `above` are the references whose targets it is part of."""
        if not isinstance(node, dict):
            return node
        if "$ref" in node:
            return self._reference(node["$ref"], place, above)
        facts = {key: value for key, value in _rewritten(node, place).items() if key in SCHEMA_FACTS}
        facts |= self._parts(node, place, above)
        if "required" in facts:
            facts["required"] = sorted(facts["required"])
        return facts

    def _parts(self, node: Document, place: str, above: tuple[str, ...]) -> Document:
        """The schemas that `node` consists of."""
        parts: Document = {}
        if "properties" in node:
            parts["properties"] = {
                name: self.reduced(value, place, above) for name, value in node["properties"].items()
            }
        if "items" in node or node.get("type") == "array":
            parts["items"] = self._items(node.get("items", {}), place, above)
        if "additionalProperties" in node:
            parts["additionalProperties"] = self.reduced(node["additionalProperties"], place, above)
        if "allOf" in node:
            parts["allOf"] = [self.reduced(value, place, above) for value in node["allOf"]]
        return parts

    def _items(self, items: Any, place: str, above: tuple[str, ...]) -> Any:
        """Swagger 2.0 allows a list of schemas here."""
        if not isinstance(items, list):
            return self.reduced(items, place, above)
        choices = [self.reduced(value, place, above) for value in items]
        return choices[0] if len(choices) == 1 else {"anyOf": choices} if choices else {}

    def _reference(self, target: str, place: str, above: tuple[str, ...]) -> Document:
        """A reference to a definition stays one. What is at another place has no name, so it is written out."""
        if definition := _DEFINITION.fullmatch(target):
            return {"$ref": f"#/components/schemas/{_component(unescaped(definition[1]))}"}
        if target in above:
            raise Problem(f"{place}: the reference {target} leads back to itself, and has no name in #/definitions")
        found: Document = self.reduced(lookup(self.document, target), place, (*above, target))
        return found


def _rewritten(node: Document, place: str) -> Document:
    """`node` with what OpenAPI 3 writes differently: files, and values that may be null."""
    if isinstance(node.get("x-nullable"), bool):
        node = node | {"nullable": node["x-nullable"]}
    if node.get("type") == "file":
        return node | {"type": "string", "format": "binary"}
    if isinstance(node.get("type"), list) or node.get("type") == "null":
        return _with_one_type(node, place)
    return node


def _with_one_type(node: Document, place: str) -> Document:
    """`node` whose type is null, or a list of types. OpenAPI 3 has one type, which may be nullable."""
    found = node["type"] if isinstance(node["type"], list) else [node["type"]]
    others = [name for name in found if name != "null"]
    if len(others) > 1:
        raise Problem(f"{place}: a value of several types ({', '.join(others)}), and OpenAPI 3 has no way to write it")
    rest = {key: value for key, value in node.items() if key != "type"}
    return rest | ({"type": others[0]} if others else {}) | ({"nullable": True} if "null" in found else {})


def _component(name: str) -> str:
    return _NOT_ALLOWED.sub("_", name)
