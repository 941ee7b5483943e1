"""What each column of a file is used for."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import islice
from types import MappingProxyType
from typing import NamedTuple

from spapi_messaging.bulk.job_files.names import (
    JOB_COLUMNS,
    ORDER_ELSEWHERE,
    close_to,
    key_of,
    language_in,
    name_of,
)
from spapi_messaging.errors import Problem

__all__ = ["ColumnUse", "Columns", "missing", "misspelled", "shown", "sorted_out"]

_SHOWN_AT_MOST = 40
# Headings that are there twice.
_TOLD_AT_MOST = 20


class Columns(NamedTuple):
    """What the columns of a file are.

    Args:
        keys: the key of each heading; empty for an empty heading.
        used: our names, each with the place of its column.
        names: our name for the key of a column that is used.
        others: the headings of columns that only templates may use, by key.
        problems: what is wrong.
    """

    keys: tuple[str, ...]
    used: tuple[tuple[str, int], ...]
    names: Mapping[str, str]
    others: Mapping[str, str]
    problems: tuple[Problem, ...]

    def headings(self, headings: Sequence[str]) -> dict[str, str]:
        """The heading for each of our names."""
        return {name: headings[place] for name, place in self.used}


class ColumnUse(NamedTuple):
    """What the columns of a job file were used for.

    Args:
        used: the heading for each of our names, such as ``{"order": "Order ID"}``.
        for_templates: headings of columns that only templates use.
        unused: the others.
    """

    used: Mapping[str, str]
    for_templates: tuple[str, ...]
    unused: tuple[str, ...]

    @classmethod
    def of(cls, used: Mapping[str, str], others: Mapping[str, str], in_templates: Collection[str]) -> ColumnUse:
        """The use.

        Args:
            used: the heading for each of our names.
            others: the other headings, by key.
            in_templates: the keys that templates use.
        """
        for_templates = tuple(heading for key, heading in others.items() if key in in_templates)
        unused = tuple(heading for key, heading in others.items() if key not in in_templates)
        return cls(MappingProxyType(dict(used)), for_templates, unused)


def sorted_out(headings: Sequence[str], mapped: Mapping[str, str]) -> Columns:
    """Finds out what each column is used for.

    Args:
        headings: as the file writes them.
        mapped: a heading for each of our names, as the caller says. Each of these has to be there.
    """
    keys = tuple(map(key_of, headings))
    places = {key: place for place, key in enumerate(keys) if key}
    problems = list(islice(_twice(headings, keys), _TOLD_AT_MOST))
    used: dict[str, int] = {}
    for name, heading in mapped.items():
        if (place := places.get(key_of(heading))) is None:
            problems.append(_not_there(name, heading, headings))
        else:
            used[name] = place
    taken = {key_of(heading) for heading in mapped.values()}
    for key, place in places.items():
        if key in taken:
            continue
        ours = name_of(key)
        if language_in(key) == "":
            problems.append(_no_language(headings[place]))
        elif ours is not None and ours not in used:
            used[ours] = place
        elif ours is not None and ours not in mapped:
            problems.append(_same_meaning(ours, headings[used[ours]], headings[place]))
    if "order" not in used and "order" not in mapped and (place := _order_elsewhere(places)) is not None:
        used["order"] = place
    by_place = {place: name for name, place in used.items()}
    return Columns(
        keys=keys,
        used=tuple(used.items()),
        names={keys[place]: name for place, name in by_place.items()},
        others={key: headings[place] for key, place in places.items() if place not in by_place},
        problems=tuple(problems),
    )


def missing(columns: Columns, given: Mapping[str, str]) -> Iterator[Problem]:
    """The columns that a file needs and does not have.

    Args:
        columns: what it has.
        given: what rows may leave out.
    """
    used = {name for name, _ in columns.used}
    if not used and not any(map(close_to, columns.keys)):
        if any(key.startswith(("{", "[")) for key in columns.keys):
            remedy = 'These look like lines of JSON: say so with the format "jsonl", or name the file .jsonl.'
        else:
            remedy = f"It names the columns: {', '.join(JOB_COLUMNS)}."
        yield Problem("", "the first line has no heading of a job file.", rule="column", remedy=remedy)
        return
    options = {"type": "or say of which type all messages are", "marketplace": "or say which one all orders are from"}
    for name in ("order", "type", "marketplace"):
        if name in used or name in given:
            continue
        near = [heading for key, heading in columns.others.items() if name_of(close_to(key) or "") == name]
        if near:
            remedy = f"Did you mean {name} by {shown(near[0])}? Then rename that column."
        else:
            told = ", ".join(map(shown, [*columns.names, *columns.others.values()][:40]))
            remedy = f"There are {told}. Name the column that is meant"
            remedy += f", {options[name]}." if name in options else "."
        yield Problem("", f"there is no column {name}.", rule="column", remedy=remedy)


def misspelled(key: str, heading: str) -> Problem | None:
    """A problem if a heading that nothing uses looks like one that we know."""
    if name_of(key) is not None or (meant := close_to(key)) is None:
        return None
    told = f"the column {shown(heading)} is not known, and no template uses it."
    return Problem("", told, rule="column", remedy=f"Did you mean {meant}? If not, remove it or rename it.")


def shown(heading: str) -> str:
    """A heading as a problem shows it."""
    fits = len(heading) <= _SHOWN_AT_MOST and heading.isprintable()
    return repr(heading) if fits else f"[{len(heading)} characters]"


def _twice(headings: Sequence[str], keys: Sequence[str]) -> Iterator[Problem]:
    first: dict[str, int] = {}
    for place, key in enumerate(keys):
        if key and first.setdefault(key, place) != place:
            told = f"the heading {shown(headings[place])} is there twice, in columns {first[key] + 1} and {place + 1}."
            yield Problem("", told, rule="column", remedy="Rename or remove one of them.")


def _not_there(name: str, heading: str, headings: Sequence[str]) -> Problem:
    there = ", ".join(map(shown, [each for each in headings if each][:40]))
    told = f"there is no column {shown(heading)}, which was to be used for {name}."
    return Problem("", told, rule="column", remedy=f"There are {there}.")


def _same_meaning(name: str, one: str, other: str) -> Problem:
    told = f"the columns {shown(one)} and {shown(other)} both mean {name}."
    return Problem("", told, rule="column", remedy="Remove one of them, or say which one is used.")


def _no_language(heading: str) -> Problem:
    told = f"the column {shown(heading)} ends with no language."
    return Problem("", told, rule="language", remedy="Write text_de or text_pt_br, or give it another name.")


def _order_elsewhere(places: Mapping[str, int]) -> int | None:
    found = [places[key] for key in ORDER_ELSEWHERE if key in places]
    return found[0] if len(found) == 1 else None
