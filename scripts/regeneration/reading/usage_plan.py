"""Reads the usage plan from a published description, where it is a Markdown table."""

import re

from regeneration.problem import Problem

Plan = dict[str, float]

COLUMNS = ("rate", "burst")
_NUMBER = re.compile(r"\d+\.?\d*|\.\d+")
# A heading may say more after a colon or in parentheses, such as the unit.
_HEADING = re.compile(r"\W*usage plans?(?:\W*|\s*[:(].*)", re.IGNORECASE)
# Only a plan has a burst, in whatever form it is written.
_BURST = re.compile(r"\bburst\b", re.IGNORECASE)
# The line between a table's header and its rows.
_RULE = re.compile(r"[\s|:-]*")
_OTHER_UNIT = re.compile(r"(?:\bper\s+|/\s*)(?!(?:second|sec|s)\b)\w+", re.IGNORECASE)
# Some of Amazon's descriptions have these two characters in the place of each line break.
_WRITTEN_OUT_BREAK = "\\n"


def usage_plan(description: str, place: str) -> Plan | None:
    """`{"rate": …, "burst": …}` of the first table with these two columns. None: the description promises no plan.

    A plan that is promised and cannot be read is a Problem. Without a plan the client would keep to a default pace,
    which may be faster than Amazon allows.
    """
    lines = (_plain(line) for line in description.replace(_WRITTEN_OUT_BREAK, "\n").splitlines())
    rows = [line for line in lines if line]
    for index, line in enumerate(rows):
        if None not in _columns(line):
            row = next((row for row in rows[index + 1 :] if not _RULE.fullmatch(row)), "")
            headings = [row for row in rows[:index] if _HEADING.fullmatch(row)]
            return _plan(line, row, headings, place)
    if any(_HEADING.fullmatch(line) or _BURST.search(line) for line in rows):
        raise Problem(f"{place}: its description announces a usage plan, and has no table of rate and burst")
    return None


def _plain(line: str) -> str:
    """A line without Markdown's marks for bold, italic and code."""
    return re.sub(r"[*_`]", "", line).strip()


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")] if "|" in line else []


def _columns(line: str) -> list[int | None]:
    """Where a table with this header has the rate and the burst."""
    cells = [cell.lower() for cell in _cells(line)]
    return [next((index for index, cell in enumerate(cells) if cell.startswith(name)), None) for name in COLUMNS]


def _plan(header: str, row: str, headings: list[str], place: str) -> Plan:
    """The plan in a row. The unit of its rate stands in the table's header or in a heading above it."""
    cells = _cells(row) if len(_cells(row)) == len(_cells(header)) else []
    found = [cells[column] for column in _columns(header) if cells and column is not None]
    numbers = [float(cell) for cell in found if _NUMBER.fullmatch(cell)]
    other_unit = any(_OTHER_UNIT.search(text) for text in (header, *headings))
    if len(numbers) < len(COLUMNS) or not all(numbers) or not numbers[1].is_integer() or other_unit:
        raise Problem(
            f"{place}: the usage plan {row!r} below {header!r} cannot be read: the rate must be a number of requests "
            "per second, and the burst a whole number, both above 0"
        )
    return {name: int(number) if number.is_integer() else number for name, number in zip(COLUMNS, numbers, strict=True)}
