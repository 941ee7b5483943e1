"""The differences between two specifications, and what each does to callers. Pure.

Every difference is said once: in words, or by where it is. So there are no changes only where the files are the same.
"""

from collections.abc import Iterator
from itertools import chain

from regeneration.documents import METHODS, Document, operations, reachable, to_json
from regeneration.reporting.change import (
    ADDED,
    ADDS,
    BREAKS,
    CHANGED,
    HARMLESS,
    OTHER,
    REMOVED,
    Change,
    Place,
    Subject,
    grouped,
)
from regeneration.reporting.differences import listed, remaining
from regeneration.reporting.markdown import code
from regeneration.reporting.matching import Matching, match
from regeneration.reporting.operation_changes import added, operation_changes, removed
from regeneration.reporting.schema_changes import Way, schema_changes

DOCUMENT = Place(Subject(code("openapi.json"), code("openapi.json")))


def changes(old: Document, new: Document) -> list[Change]:
    """Every difference. The same two documents give the same order."""
    matching = match(old, new)
    found = grouped(chain(_operations(matching), _schemas(matching, old, new), _rest(old, new)))
    if found or to_json(old) == to_json(new):
        return found
    return list(listed(DOCUMENT, old, new)) or [DOCUMENT.change(OTHER, HARMLESS, " has its parts in another order.")]


def _operations(matching: Matching) -> Iterator[Change]:
    yield from (added(each) for each in matching.added)
    yield from (removed(each) for each in matching.removed)
    for old, new in matching.pairs:
        yield from operation_changes(old, new)


def _schemas(matching: Matching, old: Document, new: Document) -> Iterator[Change]:
    """Models. Those of bodies are compared with their operations, because their fields are arguments there."""
    before, after = old["components"].get("schemas", {}), new["components"].get("schemas", {})
    compared = {_body(one.node) for one, other in matching.pairs if _body(one.node) == _body(other.node)}
    ways = _ways(old), _ways(new)
    for name in sorted(before.keys() | after.keys()):
        place = Place(Subject(code(name), code(name)))
        if name in before and name in after:
            if name not in compared:
                way = Way(*(name in one or name in other for one, other in zip(*ways, strict=True)))
                yield from schema_changes(place, before[name], after[name], way)
        elif name in after and not _used(name, ways[1]):
            yield place.change(ADDED, ADDS, " is a new model that no operation uses.")
        elif name in before and not _used(name, ways[0]):
            yield place.change(REMOVED, BREAKS, " is gone, a model that no operation used.")


def _body(node: Document) -> str | None:
    """The name of the model of an operation's body."""
    for entry in node.get("requestBody", {}).get("content", {}).values():
        if "$ref" in entry.get("schema", {}):
            return str(entry["schema"]["$ref"].rsplit("/", 1)[-1])
    return None


def _ways(document: Document) -> tuple[set[str], set[str]]:
    """The models that are sent, and those that are answered."""
    schemas = document["components"].get("schemas", {})
    nodes = [node for _, _, node in operations(document)]
    sent = [node.get("requestBody", {}) for node in nodes]
    sent += [document["components"].get("parameters", {}), *(node.get("parameters", []) for node in nodes)]
    return reachable(schemas, sent), reachable(schemas, [node.get("responses", {}) for node in nodes])


def _used(name: str, ways: tuple[set[str], set[str]]) -> bool:
    return any(name in way for way in ways)


def _rest(old: Document, new: Document) -> Iterator[Change]:
    """All that belongs to no operation and no model."""
    yield from remaining(DOCUMENT, old, new, ("paths", "components"))
    yield from remaining(DOCUMENT, old["components"], new["components"], ("schemas", "parameters"), "/components")
    before, after = (one["components"].get("parameters", {}) for one in (old, new))
    used = _used_parameters(old) | _used_parameters(new)
    kept_out = sorted(after.keys() - before.keys() - used)
    yield from (_kept_out(name, after[name]) for name in kept_out)
    yield from remaining(DOCUMENT, before, after, used.union(kept_out), "/components/parameters")
    yield from listed(DOCUMENT, _beside_operations(old), _beside_operations(new), "/paths")


def _kept_out(name: str, node: Document) -> Change:
    """A parameter that Amazon added to an operation whose parameters are written in an overlay."""
    required = node.get("required", False)
    words = f"{'required ' if required else ''}{node['in']} parameter"
    text = f" is a new {words} that no operation takes: an overlay replaces a list of parameters."
    return Place(Subject(code(name), code(name))).change(CHANGED, BREAKS if required else HARMLESS, text)


def _used_parameters(document: Document) -> set[str]:
    """The shared parameters that an operation takes. They are compared with the operation."""
    nodes = [node for _, _, node in operations(document)]
    return {item.get("$ref", "").rsplit("/", 1)[-1] for node in nodes for item in node.get("parameters", ())}


def _beside_operations(document: Document) -> Document:
    """What a path has besides operations."""
    rest = {
        path: {key: value for key, value in item.items() if key not in METHODS}
        for path, item in document.get("paths", {}).items()
    }
    return {path: item for path, item in rest.items() if item or not document["paths"][path]}
