"""The differences between the parameters of two versions of an operation, in words. Pure."""

from collections.abc import Iterator

from regeneration.documents import Document
from regeneration.generating.names import argument_name
from regeneration.reporting.change import ADDED, ADDS, BREAKS, CHANGED, HARMLESS, REMOVED, Change, Place
from regeneration.reporting.differences import remaining, same
from regeneration.reporting.markdown import code
from regeneration.reporting.matching import Version
from regeneration.reporting.schema_changes import SENT, described_type, schema_changes

# Where a parameter is, and its name.
Key = tuple[str, str]


def parameter_changes(place: Place, old: Version, new: Version) -> Iterator[Change]:
    """Parameters that are new, gone, moved or different."""
    before, after = _parameters(old), _parameters(new)
    moved = {
        key: other
        for key in before.keys() - after.keys()
        for other in after.keys() - before.keys()
        if key[1] == other[1]
    }
    for key in sorted(before.keys() | after.keys()):
        if key in moved.values():
            continue
        here = place.inside(_parameter_words(key))
        if key in moved:
            yield _moved_parameter(here, key, moved[key])
            yield from _slot_changes(here, before[key], after[moved[key]])
        elif key not in before:
            yield _new_parameter(place, key, after[key])
        elif key not in after:
            yield here.change(REMOVED, BREAKS, ".")
        else:
            yield from _slot_changes(here, before[key], after[key])


def _parameters(version: Version) -> dict[Key, Document]:
    nodes = (version.resolved(node) for node in version.node.get("parameters", ()))
    return {(node["in"], node["name"]): node for node in nodes}


def _parameter_words(key: Key) -> str:
    return f"{key[0]} parameter {code(key[1])}"


def _new_parameter(place: Place, key: Key, node: Document) -> Change:
    required = node.get("required", False)
    words = f"{'required ' if required else ''}{_parameter_words(key)}, {described_type(node.get('schema', {}))}"
    return place.change(ADDED, BREAKS if required else ADDS, f": {words}.")


def _moved_parameter(here: Place, old: Key, new: Key) -> Change:
    """For callers of Python, the place in the request matters only where it is part of the argument's name."""
    kept = argument_name(old[1], old[0]) == argument_name(new[1], new[0])
    return here.change(CHANGED, HARMLESS if kept else BREAKS, f" is a {_parameter_words(new)} now.")


def _slot_changes(here: Place, old: Document, new: Document) -> Iterator[Change]:
    if same(old, new):
        return
    required, needs = old.get("required", False), new.get("required", False)
    if needs and not required:
        yield here.change(CHANGED, BREAKS, " is required now.")
    if required and not needs:
        yield here.change(CHANGED, ADDS, " may be left out.")
    yield from schema_changes(here, old.get("schema", {}), new.get("schema", {}), SENT)
    yield from remaining(here, old, new, ("in", "name", "required", "schema"))
