"""Reads the usage plan from a published description, where it is a Markdown table."""

import re

_NUMBER = re.compile(r"\d+(?:\.\d+)?")


def usage_plan(description: str) -> dict[str, float] | None:
    """`{"rate": …, "burst": …}` of the first table with these two columns. None: no table has them."""
    header: list[str] = []
    for line in description.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")] if "|" in line else []
        if _column(cells, "rate") is not None and _column(cells, "burst") is not None:
            header = cells
        elif header and len(cells) == len(header):
            rate, burst = (cells[_column(header, name) or 0] for name in ("rate", "burst"))
            if _NUMBER.fullmatch(rate) and _NUMBER.fullmatch(burst):
                return {"rate": _plain(rate), "burst": _plain(burst)}
        else:
            header = []
    return None


def _column(cells: list[str], name: str) -> int | None:
    return next((index for index, cell in enumerate(cells) if cell.lower().startswith(name)), None)


def _plain(number: str) -> float:
    value = float(number)
    return int(value) if value.is_integer() else value
