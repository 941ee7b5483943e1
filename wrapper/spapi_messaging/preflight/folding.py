"""Makes texts comparable: capitals, full-width letters and composed accents make no difference. Accents do."""

from __future__ import annotations

import re
import unicodedata

__all__ = ["Folded", "fold"]

# A character with the marks that follow it. Half-width Japanese has its marks apart as well. Eight marks at most:
# Unicode sorts them, and that takes long for a row without end.
_CLUSTER = re.compile("(?s:.)[\u0300-\u036f\u3099\u309a\uff9e\uff9f]{0,8}")
_DOT_ABOVE = "\u0307"


def fold(text: str) -> str:
    """The text for comparison. Turkish has an i without a dot; capitals do not tell which one is meant."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return unicodedata.normalize("NFC", folded).replace(_DOT_ABOVE, "").replace("ı", "i")


class Folded:
    """A folded text that knows where its characters stood."""

    def __init__(self, text: str) -> None:
        self._origins: list[int] | None = None
        if text.isascii():
            self.text = text.lower()
            return
        pieces, self._origins = [], []
        for cluster in _CLUSTER.finditer(text):
            piece = fold(cluster[0])
            pieces.append(piece)
            self._origins += [cluster.start()] * len(piece)
        self.text = "".join(pieces)

    def index(self, position: int) -> int:
        """Where the character at this position stood before."""
        return position if self._origins is None else self._origins[position]
