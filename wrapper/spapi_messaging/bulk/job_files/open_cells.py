"""Finds the cell at which a row of a table becomes unreadable, so that an error can name its line."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["LastCell", "last_cell"]


class LastCell(NamedTuple):
    """Where reading ended.

    Args:
        line: in which line of the row the cell begins; the first is 0.
        column: which cell of the row it is; the first is 0.
        state: ``"open"``: its quote is not closed. ``"closed"``: something stands behind its closing quote.
            ``"plain"``: it has no quotes.
    """

    line: int
    column: int
    state: str


def last_cell(row: str, delimiter: str) -> LastCell:
    """The last cell that was read of a row, or the first cell that has text after its closing quote."""
    line = column = begin = position = 0
    state = "plain"
    while True:
        begin = line
        state = "plain"
        if row.startswith('"', position):
            position, state = _behind_quotes(row, position + 1)
            line = row.count("\n", 0, position)
            if state == "open" or row[position : position + 1] not in (delimiter, "\n", ""):
                return LastCell(begin, column, state)
        end = row.find(delimiter, position)
        if end < 0:
            return LastCell(begin, column, state if state == "open" else "plain")
        position, column = end + 1, column + 1


def _behind_quotes(row: str, position: int) -> tuple[int, str]:
    """Where a quoted cell ends, and its state. Two quotes in it stand for one."""
    while (position := row.find('"', position)) >= 0:
        if row[position + 1 : position + 2] != '"':
            return position + 1, "closed"
        position += 2
    return len(row), "open"
