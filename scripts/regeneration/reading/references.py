"""Finds references that lead nowhere. Pure."""

from collections.abc import Iterator
from typing import Any

from regeneration.documents import Document, escaped, lookup
from regeneration.problem import Problem


def check_references(document: Document, name: str) -> None:
    """Refuse a document with a reference whose target is not an object in it."""
    for place, target in _all_references(document, "#"):
        if not _exists(document, target):
            raise Problem(f"{name}: {place}: the reference {target} has no target")


def _all_references(node: Any, place: str) -> Iterator[tuple[str, str]]:
    if isinstance(node, list):
        for index, value in enumerate(node):
            yield from _all_references(value, f"{place}/{index}")
    elif isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield place, node["$ref"]
        for key, value in node.items():
            if not key.startswith("x-"):
                yield from _all_references(value, f"{place}/{escaped(key)}")


def _exists(document: Document, target: str) -> bool:
    try:
        return target.startswith("#/") and isinstance(lookup(document, target), dict)
    except LookupError:
        return False
