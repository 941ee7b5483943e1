"""Differences between two JSON documents by where they are, for everything that has no words of its own. Pure."""

import json
from collections.abc import Collection, Iterator
from typing import Any, NamedTuple

from regeneration.documents import Document, escaped
from regeneration.reporting.change import HARMLESS, OTHER, TEXTS, Change, Place
from regeneration.reporting.markdown import code, shortened

# Sentences. All of them are our own, because none of Amazon's are kept.
SENTENCES = ("description", "summary")


class Missing:
    """The value of what is not there. JSON has null, which is something else."""


MISSING = Missing()


class Difference(NamedTuple):
    """A value that differs, by its JSON pointer."""

    pointer: str
    old: Any
    new: Any


def same(old: Any, new: Any) -> bool:
    """Whether two values are the same in JSON. For Python, 1, 1.0 and True are equal."""
    return old is new or _canonical(old) == _canonical(new)


def _canonical(value: Any) -> str | None:
    return None if value is MISSING else json.dumps(value, sort_keys=True)


def at(node: Document, key: str) -> Any:
    """The value of a key, or MISSING."""
    return node.get(key, MISSING)


def leaves(old: Any, new: Any, pointer: str = "") -> Iterator[Difference]:
    """Every value that differs. What is new or gone as a whole is one difference."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in [*old, *(key for key in new if key not in old)]:
            yield from leaves(at(old, key), at(new, key), f"{pointer}/{escaped(key)}")
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for number, (before, after) in enumerate(zip(old, new, strict=True)):
            yield from leaves(before, after, f"{pointer}/{number}")
    elif not same(old, new):
        yield Difference(pointer, old, new)


def listed(place: Place, old: Any, new: Any, pointer: str = "") -> Iterator[Change]:
    """A line for each difference: its pointer, seen from the place, and both values."""
    for difference in leaves(old, new, pointer):
        if _is_sentence(difference):
            yield place.change(TEXTS, HARMLESS, ": another description.")
        else:
            values = f"{_value(difference.new)}, before {_value(difference.old)}"
            yield place.change(OTHER, HARMLESS, f": {code(difference.pointer)}: {values}.")


def remaining(
    place: Place, old: Document, new: Document, known: Collection[str], pointer: str = ""
) -> Iterator[Change]:
    """A line for each difference in keys that are not `known`."""
    return listed(place, _without(old, known), _without(new, known), pointer)


def or_listed(place: Place, found: Iterator[Change], old: Any, new: Any, pointer: str = "") -> Iterator[Change]:
    """The changes that were `found`. Without any, the differences of the two values are listed."""
    changes = list(found)
    yield from changes or listed(place, old, new, pointer)


def _without(node: Document, keys: Collection[str]) -> Document:
    return {key: value for key, value in node.items() if key not in keys}


def _is_sentence(difference: Difference) -> bool:
    values = [value for value in (difference.old, difference.new) if value is not MISSING]
    return difference.pointer.rsplit("/", 1)[-1] in SENTENCES and all(isinstance(value, str) for value in values)


def _value(value: Any) -> str:
    return "none" if value is MISSING else code(shortened(json.dumps(value, ensure_ascii=False)))
