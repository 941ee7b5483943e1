"""Finds rows of empty lines in a text."""

from __future__ import annotations

import re

__all__ = ["find_rows"]

# Three line breaks are two empty lines. Spaces in the empty lines change nothing for the eye. "(?>" keeps the two
# characters of one line break together.
_ROW = re.compile(r"(?:(?>\r\n|[\n\r\x85\u2028\u2029])[^\S\n\r\x85\u2028\u2029]*){3,}")


def find_rows(text: str) -> list[int]:
    """Where more than two line breaks follow each other."""
    return [row.start() for row in _ROW.finditer(text.rstrip())]
