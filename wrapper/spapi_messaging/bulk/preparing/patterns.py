"""How files are named: ``{marketplace}/{order}_{document}.pdf``."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from spapi_messaging.errors import ConfigurationError, quoted
from spapi_messaging.messages import ORDER_ID_PATTERN

__all__ = ["PLACEHOLDERS", "Pattern", "normal", "pieces"]

#: What a file's name, or the names of its folders, may say of a job.
PLACEHOLDERS = ("order", "document", "marketplace", "account", "type")

# An order id, and not a part of a longer number: that would be the order of somebody else.
_ORDER = rf"(?<![0-9])(?-i:{ORDER_ID_PATTERN})(?![0-9])"


class Pattern:
    """How files are named, below a folder. Upper and lower case counts as the same, except in an order id.

    Args:
        written: the pattern, with ``/`` or ``\\`` between folders. ``*`` stands for anything within a name.

    Attributes:
        depth: how many folders deep the files lie, plus one.
        names: its placeholders.

    Raises:
        ConfigurationError: this cannot be a pattern.
    """

    def __init__(self, written: str) -> None:
        self.written = written
        parts = [part for part in written.replace("\\", "/").split("/") if part != "."]
        _check(written, parts)
        self.depth = len(parts)
        self.names = {name for part in parts for name in re.findall(r"\{(\w+)\}", part)}
        self._parts = [_compiled(part, _ORDER) for part in parts]
        self._loose_parts = [_compiled(part, ".+?") for part in parts]

    def match(self, parts: Sequence[str]) -> dict[str, str] | None:
        """What a file's name says. None: it is named in another way.

        Args:
            parts: the names of the folders and of the file, below the folder where the search began.
        """
        return _match(self._parts, parts)

    def match_any_order(self, parts: Sequence[str]) -> dict[str, str] | None:
        """As ``match``, but anything may stand in the place of the order id."""
        return _match(self._loose_parts, parts)


def pieces(part: str) -> list[str]:
    """A name of a pattern in pieces: literal text, ``*``, and placeholders in their braces."""
    return [piece for piece in re.split(r"(\{[^{}]*\}|\*)", part) if piece]


def normal(name: str) -> str:
    """A name in the composed form of Unicode (NFC): some systems give names in another form."""
    return unicodedata.normalize("NFC", name)


def _match(regexes: Sequence[re.Pattern[str]], parts: Sequence[str]) -> dict[str, str] | None:
    if len(parts) != len(regexes):
        return None
    found: dict[str, str] = {}
    for regex, part in zip(regexes, parts, strict=True):
        matched = regex.fullmatch(normal(part))
        if matched is None:
            return None
        for name, value in matched.groupdict().items():
            if found.setdefault(name, value) != value:  # the folder says one thing and the file another
                return None
    return {name: value.strip() for name, value in found.items()}


def _check(written: str, parts: list[str]) -> None:
    if not all(parts) or ".." in parts or re.match(r"[A-Za-z]:", written):
        raise _bad(written, "It begins in the folder: write no / at its beginning or end, no drive and no ..")
    if any("**" in part for part in parts):
        raise _bad(written, "** is not understood. Write one * for each folder, such as */*/{order}.pdf.")
    found = [piece[1:-1] for part in parts for piece in pieces(part) if piece.startswith("{")]
    known = " ".join(f"{{{name}}}" for name in PLACEHOLDERS)
    if unknown := [name for name in found if name not in PLACEHOLDERS]:
        raise _bad(written, f"There is no placeholder {{{unknown[0]}}}. Use {known}.")
    if "order" not in found:
        raise _bad(written, "It holds no {order}, so that nobody knows whose files these are.")
    for part in parts:
        if re.search(r"[{}]", re.sub(r"\{\w+\}", "", part)):
            raise _bad(written, f"A brace is missing, or one too many is there. Use {known}.")
        if re.search(r"(\*|\{(?!order)\w+\})(\*|\{(?!order)\w+\})", part):
            raise _bad(written, "Put a sign between two placeholders, such as {document}_{account}.")


def _bad(written: str, told: str) -> ConfigurationError:
    shown = quoted(written) if not re.fullmatch(r"[\w{}*/\\ .+-]{1,80}", written) else repr(written)
    return ConfigurationError(f"The pattern {shown} cannot be used. {told}")


def _compiled(part: str, order: str) -> re.Pattern[str]:
    regex, seen = "", set()
    for piece in pieces(normal(part)):
        name = piece[1:-1]
        if piece == "*":
            regex += ".*?"
        elif not piece.startswith("{"):
            regex += re.escape(piece)
        elif name in seen:
            regex += f"(?P={name})"
        else:
            seen.add(name)
            regex += f"(?P<{name}>{order if name == 'order' else '.+?'})"
    return re.compile(regex, re.IGNORECASE | re.DOTALL)
