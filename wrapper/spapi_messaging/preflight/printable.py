"""What somebody else wrote, as it may be shown."""

from __future__ import annotations

__all__ = ["printable"]

_JOINERS = "\u200c\u200d"  # scripts and emoji need them


def printable(text: str, most: int = 200) -> str:
    """A text in one line of at most ``most`` characters, ending with "…" if it was longer. Nothing in it moves a
    terminal's cursor: line breaks, control characters and the like become spaces.
    """
    begin = text[: 4 * most]
    line = " ".join("".join(each if each.isprintable() or each in _JOINERS else " " for each in begin).split())
    return line if len(line) <= most and begin == text else f"{line[: most - 1].rstrip()}…"
