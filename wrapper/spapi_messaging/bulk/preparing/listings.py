"""What folders hold, so that a name is found among 10,000 without looking at each."""

from __future__ import annotations

import os
import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import groupby
from typing import Literal, NamedTuple

from spapi_messaging.bulk.preparing.folders import is_hidden
from spapi_messaging.bulk.preparing.patterns import normal
from spapi_messaging.messages import ORDER_ID_PATTERN

__all__ = ["Listing", "Piece", "WantedName"]

# Also where one begins within another, as in 303-1234567-1234567-1234567.
_ORDERS = re.compile(rf"(?=({ORDER_ID_PATTERN}))", re.IGNORECASE)
_NUMBERS = re.compile(r"[0-9]+")


class Piece(NamedTuple):
    """A piece of a name.

    Args:
        text: the text itself; any, if it is ``"any"``.
        kind: ``"text"``: it was typed. ``"cell"``: it comes from a cell. ``"any"``: anything may stand there.
    """

    text: str
    kind: Literal["text", "cell", "any"]


class WantedName:
    """A name that is looked for. Between a cell and a ``*`` there must be a sign: R-1 does not find R-10.

    Args:
        pieces: what it consists of.
    """

    def __init__(self, pieces: Sequence[Piece]) -> None:
        pieces = [Piece(normal(each.text), each.kind) for each in pieces]
        pattern = _regex(pieces)
        self._any_case = re.compile(pattern, re.IGNORECASE | re.DOTALL)
        self._exact = re.compile(pattern, re.DOTALL)
        literals = ["" if each.kind == "any" else each.text.casefold() for each in pieces]
        first = next((place for place, each in enumerate(pieces) if each.kind == "any"), len(pieces))
        self.begin = "".join(literals[:first])
        self.order = next((each for each in literals if re.fullmatch(ORDER_ID_PATTERN, each, re.IGNORECASE)), None)
        self.longest = max(literals, key=len)
        self.has_any = first < len(pieces)
        self.numbers = list(_numbers(pieces)) if self.has_any else []

    def fits(self, name: str, *, exactly: bool) -> bool:
        """Whether a name is this one.

        Args:
            name: the name.
            exactly: whether capital letters matter.
        """
        return (self._exact if exactly else self._any_case).fullmatch(normal(name)) is not None


def _numbers(pieces: Sequence[Piece]) -> Iterator[str]:
    """The numbers that every fitting name has. Each must be a whole number, not a part of a longer one."""
    for is_any, group in groupby(pieces, lambda each: each.kind == "any"):
        if is_any:
            continue
        part = list(group)
        text = "".join(each.text.casefold() for each in part)
        # What was typed may go on beside a *, and so may what begins with a sign.
        is_begin = part[0] is pieces[0] or (part[0].kind == "cell" and part[0].text[0].isalnum())
        is_end = part[-1] is pieces[-1] or (part[-1].kind == "cell" and part[-1].text[-1].isalnum())
        for found in _NUMBERS.finditer(text):
            if (is_begin or found.start() > 0) and (is_end or found.end() < len(text)):
                yield found[0]


def _regex(pieces: Sequence[Piece]) -> str:
    regex = ""
    for place, piece in enumerate(pieces):
        if piece.kind == "any":
            regex += ".*"
            continue
        is_cell = piece.kind == "cell"
        # Typed text may stand right beside a cell, as in RE{number}.pdf.
        if is_cell and piece.text[0].isalnum() and place and pieces[place - 1].kind == "any":
            regex += r"(?<![^\W_])"
        regex += re.escape(piece.text)
        if is_cell and piece.text[-1].isalnum() and pieces[place + 1 : place + 2] and pieces[place + 1].kind == "any":
            regex += r"(?![^\W_])"
    return regex


class Listing:
    """What a folder holds.

    Args:
        folder: the folder.
        of_files: whether its files are wanted, or its folders.
    """

    def __init__(self, folder: str, *, of_files: bool) -> None:
        try:
            with os.scandir(folder) as found:
                names = [each.name for each in found if each.is_dir() != of_files and not is_hidden(each.name)]
        except OSError:  # it is not there: neither are its files
            names = []
        self._folder = folder
        self._sorted = sorted((normal(name).casefold(), name) for name in names)

    def matching(self, wanted: WantedName) -> tuple[list[str], bool]:
        """The paths that fit, and whether they are certain: the name has no ``*``, and upper and lower case fit too.

        Exact matches come before names that differ in upper and lower case.
        """
        found = [name for key, name in self._near(wanted) if wanted.longest in key and wanted.fits(name, exactly=False)]
        exact = [name for name in found if wanted.fits(name, exactly=True)]
        paths = [os.path.join(self._folder, name) for name in exact or found]  # noqa: PTH118
        return paths, bool(exact) and not wanted.has_any

    def _near(self, wanted: WantedName) -> Iterator[tuple[str, str]]:
        if wanted.order is not None:
            yield from self._by_order.get(wanted.order, ())
            return
        if wanted.numbers:
            yield from min((self._by_number.get(each, ()) for each in wanted.numbers), key=len)
            return
        for place in range(bisect_left(self._sorted, (wanted.begin, "")), len(self._sorted)):
            if not self._sorted[place][0].startswith(wanted.begin):
                return
            yield self._sorted[place]

    @cached_property
    def _by_order(self) -> dict[str, list[tuple[str, str]]]:
        return self._by(_ORDERS)

    @cached_property
    def _by_number(self) -> dict[str, list[tuple[str, str]]]:
        return self._by(_NUMBERS)

    def _by(self, kind: re.Pattern[str]) -> dict[str, list[tuple[str, str]]]:
        found: dict[str, list[tuple[str, str]]] = {}
        for key, name in self._sorted:
            for each in dict.fromkeys(kind.findall(key)):
                found.setdefault(each, []).append((key, name))
        return found
