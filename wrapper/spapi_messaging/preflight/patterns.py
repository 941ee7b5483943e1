"""Whether a text plainly breaks a ``pattern``. Anything but the simplest patterns is left alone."""

from __future__ import annotations

import re

__all__ = ["plainly_breaks"]

# A pattern of JSON Schema is one of JavaScript's. This much of the two languages is the same, and cannot take long:
# characters and classes of characters that may repeat. No groups, no alternatives, nothing that looks around.
_CHARACTER = r"\\[-dDwWsS.*+?()\[\]{}^$|/\\]|\[\^?(?:[^\\\[\]^]|\\[-dDwWsS.*+?()\[\]{}^$|/\\])+\]|[^\\\[\](){}*+?|^$]"
_REPEAT = r"[*+?]|\{[0-9]{1,4}(?:,[0-9]{0,4})?\}"
_SIMPLE = re.compile(rf"\^?(?:(?:{_CHARACTER})(?:{_REPEAT})?){{0,40}}\$?")
_PART = re.compile(rf"({_CHARACTER})({_REPEAT})?")
_MAX_PATTERN = 200  # characters
_MAX_TEXT = 2500  # characters


def plainly_breaks(text: str, pattern: str) -> bool:
    """Whether a text does not match a pattern, whatever ``.``, ``\\d`` and ``\\w`` may mean where it comes from."""
    if len(pattern) > _MAX_PATTERN or len(text) > _MAX_TEXT or not _SIMPLE.fullmatch(pattern):
        return False
    # Each repeat multiplies the work, and so does each place at which a match may begin.
    repeats = [repeat for _, repeat in _PART.findall(pattern) if repeat]
    if len(repeats) > (2 if pattern.startswith("^") else 1):
        return False
    try:
        return not any(re.search(pattern, text, re.DOTALL | meaning) for meaning in (0, re.ASCII))
    except (re.error, OverflowError):
        return False
