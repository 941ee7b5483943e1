"""Step 3, first half: makes one document of the reduced documents of several APIs. Pure."""

import copy
from typing import Any

from openapi_python_client.strings import pascal_case

from regeneration.documents import Document, operation_ids
from regeneration.problem import Problem


def merge(documents: dict[str, Document]) -> Document:
    """One document made of `documents` (by the tag of the API, the main API first).

    Where two APIs define a component differently, both are kept: the name of the later one begins with its API's tag.
    """
    merged: Document = {}
    for api, document in documents.items():
        document = copy.deepcopy(document)
        if not merged:
            merged = document
            continue
        _refuse_duplicates(merged, document, api)
        # A new name changes the components that refer to it. They may then differ too, so look again.
        while clash := _clash(merged["components"], document["components"]):
            kind, name = clash
            document = _renamed(document, kind, name, pascal_case(api) + name)
        for kind, nodes in document["components"].items():
            merged["components"][kind] = dict(sorted((merged["components"].get(kind, {}) | nodes).items()))
        merged["paths"].update(document["paths"])
    return merged


def _refuse_duplicates(merged: Document, document: Document, api: str) -> None:
    """A path or an operation of two models would be lost in one of them."""
    paths = merged["paths"].keys() & document["paths"].keys()
    names = operation_ids(merged) & operation_ids(document)
    for kind, found in (("path", paths), ("operation", names)):
        if found:
            raise Problem(f"{api}: the {kind} {min(found)} is in another model, too")


def _clash(taken: Document, components: Document) -> tuple[str, str] | None:
    for kind, nodes in components.items():
        for name, node in nodes.items():
            if taken.get(kind, {}).get(name, node) != node:
                return kind, name
    return None


def _renamed(document: Document, kind: str, old: str, new: str) -> Document:
    """`document` with another name for one component, also in every reference to it."""

    def walk(node: Any) -> Any:
        if isinstance(node, list):
            return [walk(value) for value in node]
        if isinstance(node, dict):
            return {
                key: f"#/components/{kind}/{new}" if _refers(key, value) else walk(value) for key, value in node.items()
            }
        return node

    def _refers(key: str, value: Any) -> bool:
        return key == "$ref" and value == f"#/components/{kind}/{old}"

    nodes = {new if name == old else name: node for name, node in document["components"][kind].items()}
    renamed: Document = walk(document | {"components": document["components"] | {kind: nodes}})
    return renamed
