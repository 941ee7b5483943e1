"""Finds order ids in the name of a file, and in cells that should be headings."""

from __future__ import annotations

import re
from collections.abc import Iterable

from spapi_messaging.bulk.job_files.spreadsheets import mended_order
from spapi_messaging.messages import ORDER_ID_PATTERN

__all__ = ["are_no_headings", "orders_in"]

# Not a part of a longer number: that would be the order of somebody else.
_ORDER = re.compile(rf"(?<![0-9]){ORDER_ID_PATTERN}(?![0-9])")


def orders_in(*names: str) -> list[str]:
    """The order ids in the names of a file and its folders, each once."""
    return list(dict.fromkeys(order for name in names for order in _ORDER.findall(name)))


def are_no_headings(cells: Iterable[str]) -> bool:
    """Whether these are cells of a row, and the file has no headings. Then they must not be shown."""
    return any(orders_in(mended_order(cell)[0]) for cell in cells)
