"""Text in columns, by the width that a terminal gives to its characters."""

from __future__ import annotations

import unicodedata

__all__ = ["cut", "padded", "width_of", "wrapped"]


def width_of(text: str) -> int:
    """How many columns a text takes: two for a wide character of East Asia, none for a mark on another character."""
    return len(text) if text.isascii() else sum(map(_width, text))


def _width(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def padded(text: str, width: int) -> str:
    """A text with spaces behind it. A longer one is cut."""
    text = text if width_of(text) <= width else f"{_that_fits(text, width - 1)}…"
    return text + " " * (width - width_of(text))


def cut(text: str, width: int) -> str:
    """As much of a text as fits, and one character at least."""
    return _that_fits(text, width) or text[:1]


def _that_fits(text: str, width: int) -> str:
    used = 0
    for place, character in enumerate(text):
        used += _width(character)
        if used > width:
            return text[:place]
    return text


def wrapped(text: str, width: int, *, break_words: bool = True) -> list[str]:
    """A text in lines that break between words. A word that is longer than a line breaks anywhere, or stays whole."""
    lines = [""]
    for word in text.split():
        if lines[-1] and width_of(lines[-1]) + 1 + width_of(word) > width:
            lines.append("")
        lines[-1] += f" {word}" if lines[-1] else word
        while break_words and (begin := cut(lines[-1], width)) != lines[-1]:
            lines[-1:] = [begin, lines[-1][len(begin) :]]
    return lines
