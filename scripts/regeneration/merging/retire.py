"""Makes an overlay that keeps an operation, from the last published model that had it. Pure."""

from typing import Any

import yaml

from regeneration.documents import Document, operation_ids, operations, reachable


def gone(committed: Document, given: Document) -> set[str]:
    """The operations of `committed` that left. One that has another name now, on the same path, did not leave."""
    left = operation_ids(committed) - operation_ids(given)
    return {name for name in left if successor(name, committed, given) is None}


def successor(operation_id: str, document: Document, other: Document) -> str | None:
    """The name of the operation that `other` has where `document` has this one."""
    places = {(path, method): node["operationId"] for path, method, node in operations(other)}
    for path, method, node in operations(document):
        if node["operationId"] == operation_id:
            return places.get((path, method))
    return None


def retired_overlay(document: Document, operation_id: str, date: str | None, commit: str | None) -> Document:
    """The overlay that keeps one operation of a reduced `document`. The document must have the operation."""
    path, method, node = next(found for found in operations(document) if found[2]["operationId"] == operation_id)
    known = {name: value for name, value in (("date", date), ("commit", commit)) if value}
    components = document["components"]
    return {
        "overlay": "1.0.0",
        "info": {"title": f"Keep {operation_id}, which left the published model", "version": "1"},
        "x-retired": {"operation": operation_id, **known},
        "actions": [
            {
                "target": "$.components.schemas",
                "update": _picked(components["schemas"], reachable(components["schemas"], node)),
            },
            {"target": "$.components.parameters", "update": _picked(components["parameters"], _parameters(node))},
            {"target": "$.paths", "update": {path: {}}},
            {"target": f"$.paths['{path}']", "update": {method: node | {"deprecated": True, "x-retired": known}}},
        ],
    }


def _picked(nodes: Document, names: set[str]) -> Document:
    return {name: nodes[name] for name in sorted(names)}


def _parameters(node: Document) -> set[str]:
    return {reference["$ref"].rsplit("/", 1)[-1] for reference in node["parameters"]}


def to_yaml(overlay: Document) -> str:
    """The text of the overlay's file."""
    text: str = yaml.dump(overlay, Dumper=_Plain, sort_keys=False, allow_unicode=True, width=120)
    return (
        "# Written by scripts/regenerate.py --retire. It applies only while the published model lacks the operation.\n"
        + text
    )


class _Plain(yaml.SafeDumper):
    """Writes equal parts in full. YAML aliases are hard to read in a diff."""

    def ignore_aliases(self, data: Any) -> bool:
        return True
