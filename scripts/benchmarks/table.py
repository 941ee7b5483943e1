"""Rows of figures, as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

DIGITS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


class Figure(NamedTuple):
    """One row: what was measured, the goal, the result, and the results of others.

    Attributes:
        note: A line below the table. It says why others are missing, or what differs for them.
    """

    name: str
    reach: str
    seen: str
    others: str = "–"
    note: str = ""


def listed(others: Mapping[str, str]) -> str:
    """The results of others, each after its name."""
    return "; ".join(f"{name} {seen}" for name, seen in others.items())


def markdown(figures: Iterable[Figure]) -> str:
    """The table, with its notes below it."""
    lines = ["| figure | reach | this run | others, same run |", "|---|---|---|---|"]
    marks: dict[str, str] = {}
    for figure in figures:
        mark = marks.setdefault(figure.note, str(len(marks) + 1).translate(DIGITS)) if figure.note else ""
        lines.append(f"| {figure.name} | {figure.reach} | {figure.seen} | {figure.others}{mark} |")
    return "\n".join(lines + [f"\n{mark} {note}" for note, mark in marks.items()])
