"""The filters that a text may use. Each is bounded: no filter makes a huge text out of a small one."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from jinja2.filters import FILTERS, do_round

__all__ = ["MAX_TEXT", "BadValue", "EmptyCell", "filters"]

#: Characters of a text that is made from a template. Amazon takes far fewer.
MAX_TEXT = 100_000
_AS_THEY_ARE = ("upper", "lower", "title", "capitalize", "trim", "truncate", "length", "count", "first", "last", "abs")
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?", re.ASCII)


class BadValue(ValueError):
    """What a template cannot do with this row, as a sentence."""


class EmptyCell(ValueError):
    """A text would have a gap.

    Args:
        keys: the columns that were to fill it.
    """

    def __init__(self, keys: tuple[str, ...]) -> None:
        super().__init__(*keys)
        self.keys = keys


def filters(shown: str) -> Mapping[str, Callable[..., Any]]:
    """The filters by name.

    Args:
        shown: the name of the filter that every output goes through. No template can write it.
    """
    own = {"replace": _replace, "default": _default, "d": _default, "int": _int, "float": _float, "round": _round}
    return {**{name: FILTERS[name] for name in _AS_THEY_ARE}, **own, shown: _shown}


def _shown(value: Any, *keys: str) -> Any:
    if value is None or not str(value).strip():
        raise EmptyCell(keys)
    return value


def _default(value: Any, default_value: Any = "", boolean: bool = False) -> Any:
    """The value, or another if the cell is empty. Cells are never undefined, so the second argument is not needed."""
    is_missing = not value if boolean else value is None or value == ""
    return default_value if is_missing else value


def _replace(value: Any, old: str, new: str, count: int | None = None) -> str:
    text = str(value)
    found = text.count(old) if count is None else min(count, text.count(old))
    if len(text) + found * (len(new) - len(old)) > MAX_TEXT:
        raise BadValue(f"replace makes more than {MAX_TEXT:,} characters.")
    return text.replace(old, new, -1 if count is None else count)


def _float(value: Any, default: Any = None) -> Any:
    """A number. Jinja's own filter cannot read 12,50 and gives 0.0 instead, which a buyer would read."""
    if isinstance(value, int | float) or _NUMBER.fullmatch(str(value).strip()):
        found = float(value)
        if math.isfinite(found):
            return found
    if default is None:
        raise BadValue("a cell that must be a number is not a number. Write it like 12.50, without a comma.")
    return default


def _int(value: Any, default: Any = None) -> Any:
    found = _float(value, default)
    return int(found) if isinstance(found, float) else found


def _round(value: Any, precision: int = 0, method: Any = "common") -> Any:
    if not isinstance(precision, int) or not -10 <= precision <= 10:
        raise BadValue("round takes 10 places at most.")
    return do_round(_float(value), precision, method)
