"""Rows of figures, as Markdown: all of them for the documentation, and for the README those of other clients too."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from math import inf
from types import MappingProxyType
from typing import NamedTuple

DIGITS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
#: Stands after a result that misses its goal.
MISSED = " ✗"
NOBODY: Mapping[str, str] = MappingProxyType({})


class Figure(NamedTuple):
    """One row: what was measured, the goal, the result, and the results of others.

    Attributes:
        others: The results of others, by their names.
        note: A line below the table. It says why others are missing, or what differs for them.
        plain: What was measured, in words for people who choose a client. Without it, the README leaves the row out.
        plain_seen: The part of the result that compares with those of the others. Without it, it is the whole.
    """

    name: str
    reach: str
    seen: str
    others: Mapping[str, str] = NOBODY
    note: str = ""
    plain: str = ""
    plain_seen: str = ""


def seen_as(value: float, form: str = "", unit: str = "", *, most: float = inf, least: float = -inf) -> str:
    """A result, with a mark if it misses its goal.

    Args:
        value: The result.
        form: How it is written, as in an f-string. What is written counts: 1.2004 does not miss 1.20.
        unit: What stands after it.
        most: The goal, for results that should be small.
        least: The goal, for results that should be large.
    """
    shown = f"{value:{form}}"
    return f"{shown}{unit}{'' if least <= float(shown) <= most else MISSED}"


def listed(others: Mapping[str, str]) -> str:
    """The results of others, each after its name."""
    return "; ".join(f"{name}: {seen}" for name, seen in others.items()) or "–"


def markdown(figures: Iterable[Figure]) -> str:
    """The table, with its notes below it."""
    lines = ["| figure | reach | this run | others, same run |", "|---|---|---|---|"]
    marks: dict[str, str] = {}
    for figure in figures:
        mark = marks.setdefault(figure.note, str(len(marks) + 1).translate(DIGITS)) if figure.note else ""
        lines.append(f"| {figure.name} | {figure.reach} | {figure.seen} | {listed(figure.others)}{mark} |")
    return "\n".join(lines + [f"\n{mark} {note}" for note, mark in marks.items()])


def comparison(figures: Iterable[Figure], clients: Collection[str]) -> str:
    """The table of the README: the rows in which all these clients were measured."""
    lines = [f"| | spapi-messaging | {' | '.join(clients)} |", f"|---|---|{'---|' * len(clients)}"]
    for figure in figures:
        if figure.plain and figure.others.keys() >= {*clients}:
            own = (figure.plain_seen or figure.seen).replace(MISSED, "")  # its goals are not in this table
            seen = [own, *(figure.others[name] for name in clients)]
            lines.append(f"| {figure.plain} | {' | '.join(seen)} |")
    return "\n".join(lines)
