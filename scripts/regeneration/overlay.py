"""Step 3, second half: apply Overlay documents with oas-patch, and say which of their actions match nothing. Pure.

oas-patch is silent on a target that matches nothing, so each target is looked up first.
Two extensions of our own: `x-unless` on an action is a path that must match nothing, or the action has become needless;
`x-retired` on an overlay names the operation that it keeps, and the overlay then only fills in what is absent.
"""

import copy
from dataclasses import dataclass
from typing import NamedTuple

from jsonpath_ng.ext.parser import parse
from oas_patch import apply_overlay  # type: ignore[import-untyped]

from regeneration.documents import Document, operations


@dataclass(frozen=True)
class Overlay:
    """An Overlay document and the file it stands in."""

    file_name: str
    document: Document

    @property
    def retired(self) -> str | None:
        """The operationId that this overlay keeps alive."""
        operation = self.document.get("x-retired", {}).get("operation")
        return str(operation) if operation else None


class Unmatched(NamedTuple):
    """An action that matches nothing, counted from 1."""

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
    if "x-unless" in action and parse(action["x-unless"]).find(document):
        return False
    # What is copied must be there; where it is copied to may be new.
    return bool(parse(action["copy"] if "copy" in action else action["target"]).find(document))


def _retain(document: Document, overlay: Overlay) -> None:
    """Put a retired operation back, unless the published model has it again."""
    if any(operation["operationId"] == overlay.retired for _, _, operation in operations(document)):
        return
    for action in overlay.document["actions"]:
        there = parse(action["target"]).find(document)[0].value
        absent = {name: node for name, node in action["update"].items() if name not in there}
        apply_overlay(document, {"actions": [{"target": action["target"], "update": copy.deepcopy(absent)}]})
