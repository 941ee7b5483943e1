"""Values of the message types' own fields, as a cell holds them."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from spapi_messaging.messages import OPERATIONS

__all__ = ["value_in"]


def value_in(name: str, cell: str) -> Any:
    """The value of a field: a time as it is written; anything else as JSON, or as a text if it is not JSON.

    Args:
        name: the field.
        cell: what stands in the file.
    """
    written = cell.strip()
    as_written = _taken_as_written(name)
    if as_written is None or written in as_written:
        return written
    try:
        return json.loads(written)
    except (ValueError, RecursionError):
        return written


@cache
def _taken_as_written(name: str) -> frozenset[str] | None:
    """The values of a field that are taken as they are written, and not as JSON. None: all values."""
    found: set[str] = set()
    for operation in OPERATIONS.values():
        for field in operation.fields:
            if field.name == name and field.kind == "date-time":
                return None
            if field.name == name:
                found.update(map(str, field.enum))
        for parameter in operation.parameters:
            if parameter.name == name:
                found.update(map(str, parameter.enum))
    return frozenset(found)
