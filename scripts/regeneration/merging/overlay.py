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

from regeneration.documents import Document, operation_ids, reachable
from regeneration.problem import Problem


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
    """The document with the overlays applied, and the actions that matched nothing.

    Retired operations come first, so that corrections and documentation reach them as they reached the published ones.
    """
    document = copy.deepcopy(document)
    unmatched: list[Unmatched] = []
    for overlay in sorted(overlays, key=lambda overlay: (overlay.retired is None, overlay.file_name)):
        if overlay.retired is not None:
            document = _retained(document, overlay)
            continue
        for number, action in enumerate(overlay.document.get("actions", []), start=1):
            place = f"{overlay.file_name}: action {number}"
            if _applies(document, action, place):
                _apply(document, action, place)
            else:
                unmatched.append(Unmatched(overlay.file_name, number, action["target"]))
    return document, unmatched


def _applies(document: Document, action: Document, place: str) -> bool:
    if "x-unless" in action and _found(document, action["x-unless"], place):
        return False
    # The source of a copy must be there. Its target may be new.
    return bool(_found(document, action["copy"] if "copy" in action else action["target"], place))


def _apply(document: Document, action: Document, place: str) -> None:
    try:
        apply_overlay(document, {"actions": [copy.deepcopy(action)]})
    # As below: oas-patch parses targets and copies by itself.
    except Exception as error:
        raise Problem(f"{place}: {action['target']}: cannot be applied: {error!r}") from error


def _found(document: Document, path: str, place: str) -> list[Any]:
    """The values at a JSONPath."""
    try:
        return [match.value for match in _path(path).find(document)]
    # The parser has errors of its own, and lets some of Python's through.
    except Exception as error:
        raise Problem(f"{place}: {path}: not a JSONPath: {error}") from error


@cache
def _path(path: str) -> Any:
    """A parsed JSONPath. Parsing one takes longer than looking it up."""
    return parse(path)


def _retained(document: Document, overlay: Overlay) -> Document:
    """The document with a retired operation, unless the published model has it again, or another one in its place."""
    if overlay.retired in operation_ids(document):
        return document
    tried = copy.deepcopy(document)
    _forget_unused(tried, overlay)
    for number, action in enumerate(overlay.document["actions"], start=1):
        _add_absent(tried, action, f"{overlay.file_name}: action {number}")
    return tried if overlay.retired in operation_ids(tried) else document


def _forget_unused(document: Document, overlay: Overlay) -> None:
    """Remove the operation's models that no other operation uses, so that the overlay's take their place.

    Amazon leaves models behind. Without a use, nothing says whether they are sent or answered, and what may be null.
    """
    schemas = document.get("components", {}).get("schemas", {})
    used = reachable(schemas, document.get("paths", {}))
    own = (action["update"] for action in overlay.document["actions"] if action["target"] == "$.components.schemas")
    for name in {name for update in own for name in update} & (schemas.keys() - used):
        del schemas[name]


def _add_absent(document: Document, action: Document, place: str) -> None:
    there = next(iter(_found(document, action["target"], place)), None)
    if not isinstance(there, dict):
        raise Problem(f"{place}: {action['target']}: there is no object in the document")
    absent = {name: node for name, node in action["update"].items() if name not in there}
    _apply(document, {"target": action["target"], "update": absent}, place)
