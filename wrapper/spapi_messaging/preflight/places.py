"""Where something stands in a text. A report names places, because it must not repeat the text."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import islice

__all__ = ["places"]

MAX_PLACES = 3
_LINE_END = re.compile("\r\n|\r|\n")


def places(text: str, indexes: Iterable[int]) -> str:
    """Where some characters stand, such as ``line 2, character 14``. Of many, the first and the number of the rest."""
    indexes = sorted(indexes)
    shown = [_place(text, index) for index in islice(indexes, MAX_PLACES)]
    more = len(indexes) - len(shown)
    return "; ".join([*shown, f"and {more} more"] if more else shown)


def _place(text: str, index: int) -> str:
    ends = [end.end() for end in _LINE_END.finditer(text, 0, index)]
    return f"line {len(ends) + 1}, character {index - (ends[-1] if ends else 0) + 1}"
