"""Finds emoji in a text."""

from __future__ import annotations

import re
from collections.abc import Iterator

from spapi_messaging.preflight.libraries import load

__all__ = ["find_emoji"]

_AS_TEXT = "\ufe0e"
_JOINER = "\u200d"
# The library's time grows with the square of joined characters, so it gets no more than this at once.
_PIECE = re.compile("[#*0-9]?[\u00a9-\U0010ffff]{1,400}")


def find_emoji(text: str) -> list[int]:
    """Where emoji begin. A flag, and people joined to a family, are one.

    Signs that are shown as text do not count: ©, ®, ™, digits, arrows, ✓. With the variation selector for emoji behind
    them, they do.
    """
    if text.isascii():
        return []
    return [start for piece in _PIECE.finditer(text) for start in _in_piece(piece[0], piece.start())]


def _in_piece(piece: str, offset: int) -> Iterator[int]:
    load("emoji")
    from spapi_messaging.preflight.emoji_library import emoji_list

    last_end = len(piece)
    for each in emoji_list(piece):
        start, end = each["match_start"], each["match_end"]
        if not _is_shown(each["emoji"]) or piece[end : end + 1] == _AS_TEXT:
            continue
        if piece[last_end:start] != _JOINER:  # a joined family that Unicode does not list
            yield offset + start
        last_end = end


def _is_shown(sequence: str) -> bool:
    """Whether it is shown as an emoji: several characters are, and one that needs no variation selector."""
    from spapi_messaging.preflight.emoji_library import EMOJI_DATA, STATUS

    return len(sequence) > 1 or EMOJI_DATA[sequence]["status"] == STATUS["fully_qualified"]
