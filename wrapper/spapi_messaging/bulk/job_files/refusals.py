"""The error for a file that cannot be read at all, or only in part."""

from __future__ import annotations

from collections.abc import Iterable

from spapi_messaging.errors import InvalidMessageError, Problem

__all__ = ["refused", "refused_for"]


def refused(line: int, told: str, remedy: str = "", *, column: str = "", rule: str = "file") -> InvalidMessageError:
    """An error with one problem.

    Args:
        line: the line, of which the first is 1; 0 if no line is to blame.
        told: what is wrong, as a sentence.
        remedy: what to do.
        column: the column.
        rule: the problem's rule.
    """
    return refused_for(line, [Problem(column, told, rule=rule, remedy=remedy)])


def refused_for(line: int, problems: Iterable[Problem]) -> InvalidMessageError:
    """An error with these problems of a line, whose place they will name."""
    placed = tuple(each._replace(field=_place(line, each.field)) for each in problems)
    return InvalidMessageError("\n".join(["This is not a job file.", *map(str, placed)]), problems=placed)


def _place(line: int, column: str) -> str:
    return ", ".join(part for part in (f"line {line}" if line else "", column) if part)
