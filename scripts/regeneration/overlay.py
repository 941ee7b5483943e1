"""Step 3, second half: applies Overlay documents with oas-patch, and says which actions match nothing. Pure.

oas-patch says nothing when a target matches nothing, so each target is looked up first. There are two extensions:
`x-unless` is a path; when it matches something, Amazon has made the correction itself, and the action counts as one
that matches nothing. `x-retired` names an operation that the overlay keeps; the overlay then only adds what is missing.
"""

import copy
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

from jsonpath_ng.ext.parser import parse
from oas_patch import apply_overlay  # type: ignore[import-untyped]

from regeneration.documents import Document, operations


@dataclass(frozen=True)
class Overlay:
    """An Overlay document and the name of its file."""

    file_name: str
    document: Document

    @property
    def retired(self) -> str | None:
        """The operationId of the retired operation that this overlay keeps."""
        operation = self.document.get("x-retired", {}).get("operation")
        return str(operation) if operation else None


class Unmatched(NamedTuple):
    """An action that matches nothing. Its number counts from 1."""

    file_name: str
    number: int
    target: str

    def __str__(self) -> str:
        return f"{self.file_name}: action {self.number}: {self.target}"


def apply_overlays(document: Document, overlays: list[Overlay]) -> tuple[Document, list[Unmatched]]:
    """The document with the overlays applied in order, and the actions that matched nothing."""
    document = copy.deepcopy(document)
    unmatched: list[Unmatched] = []
    for overlay in overlays:
        if overlay.retired is not None:
            _retain(document, overlay)
            continue
        for number, action in enumerate(overlay.document.get("actions", []), start=1):
            if _applies(document, action):
                apply_overlay(document, {"actions": [copy.deepcopy(action)]})
            else:
                unmatched.append(Unmatched(overlay.file_name, number, action["target"]))
    return document, unmatched


def _applies(document: Document, action: Document) -> bool:
    if "x-unless" in action and _path(action["x-unless"]).find(document):
        return False
    # The source of a copy must be there. Its target may be new.
    return bool(_path(action["copy"] if "copy" in action else action["target"]).find(document))


@cache
def _path(target: str) -> Any:
    """A parsed JSONPath. Parsing one takes longer than looking it up."""
    return parse(target)


def _retain(document: Document, overlay: Overlay) -> None:
    """Put a retired operation back, unless the published model has it again."""
    if any(operation["operationId"] == overlay.retired for _, _, operation in operations(document)):
        return
    for action in overlay.document["actions"]:
        there = _path(action["target"]).find(document)[0].value
        absent = {name: node for name, node in action["update"].items() if name not in there}
        apply_overlay(document, {"actions": [{"target": action["target"], "update": copy.deepcopy(absent)}]})
