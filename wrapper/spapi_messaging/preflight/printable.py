"""What somebody else wrote, as it may be shown."""

from __future__ import annotations

__all__ = ["printable"]


def printable(text: str, most: int = 200) -> str:
    """A text in one line, without characters that a terminal would obey, and of at most so many characters."""
    begin = text[: 4 * most]
    line = " ".join("".join(each if each.isprintable() else " " for each in begin).split())
    return line if len(line) <= most and begin == text else f"{line[: most - 1].rstrip()}…"
