"""Rows of figures, as Markdown."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Figure(NamedTuple):
    """One row: what was measured, what was to be reached, what was seen, and the same for others."""

    name: str
    reach: str
    seen: str
    others: str = "–"


def markdown(figures: Iterable[Figure]) -> str:
    """The table."""
    head = ["| figure | reach | this run | others, same run |", "|---|---|---|---|"]
    return "\n".join(head + [f"| {f.name} | {f.reach} | {f.seen} | {f.others} |" for f in figures])
