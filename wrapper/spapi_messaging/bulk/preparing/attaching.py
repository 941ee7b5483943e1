"""The files of a line of a report, by a pattern over its columns: ``invoices/{order}.pdf``."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from spapi_messaging.bulk.job_files.orders_in_names import orders_in
from spapi_messaging.bulk.preparing.columns import heading_shown
from spapi_messaging.bulk.preparing.findings import Findings, shown
from spapi_messaging.bulk.preparing.folders import is_readable
from spapi_messaging.bulk.preparing.listings import Listing, Piece, WantedName
from spapi_messaging.bulk.preparing.patterns import pieces
from spapi_messaging.errors import ConfigurationError, quoted

__all__ = ["AttachedFiles", "Found", "check_piece", "filled", "what_is_wrong"]


class Found(NamedTuple):
    """A line's files.

    Args:
        paths: their absolute paths, or their URLs.
        are_certain: whether other lines may have the same files. If not, two lines with one file are most likely wrong.
    """

    paths: list[str]
    are_certain: bool


class AttachedFiles:
    """Finds the files that a pattern names for a line. Upper and lower case matters only between files.

    Args:
        written: the pattern, with ``/`` or ``\\`` between folders, columns in braces, and ``*`` for anything in a name.
        names: the columns that it may use.
        together: whether several files may fit.

    Attributes:
        columns: those that the pattern uses.

    Raises:
        ConfigurationError: this cannot be a pattern.
    """

    def __init__(self, written: str, names: Sequence[str], *, together: bool) -> None:
        self.written = written
        path = Path(os.path.expanduser(written.replace("\\", "/")))  # noqa: PTH111 - `~` stays if it is nobody's
        self._start = path.anchor or "."
        self._parts = [pieces(part) for part in path.parts if part != path.anchor]
        self._together = together
        used = {piece[1:-1] for part in self._parts for piece in part if piece.startswith("{")}
        self.columns = used
        self._is_of_one_line = bool(used - {"marketplace", "account", "type"})
        self._listings: dict[tuple[str, bool], Listing] = {}
        for piece in (piece for part in self._parts for piece in part):
            check_piece(written, piece, names)

    def find(self, values: Mapping[str, str], place: str, findings: Findings) -> Found | None:
        """A line's files. None: the findings say what is wrong.

        Args:
            values: the line's cells, by column.
            place: the line.
            findings: takes problems.
        """
        place = f"{place}, attachments"
        for name in (piece[1:-1] for part in self._parts for piece in part if piece.startswith("{")):
            if wrong := what_is_wrong(filled(f"{{{name}}}", values)):
                told = f"the column {name} names the file, and {wrong}."
                findings.wrong(place, told, "file-name", "Correct the cell, or give another --attach.")
                return None
        found, are_certain = self._matching(values)
        if not found:
            told = f"there is no file {shown(self._filled(values))}."
            findings.wrong(place, told, "file-missing", "Put it there, remove the line, or give another --attach.")
            return None
        if len(found) > 1 and not self._together:
            told = f"{len(found)} files fit {shown(self._filled(values))}: {_name(found[0])}, {_name(found[1])}, …"
            remedy = "Make the pattern narrower, or send them in one message: --together."
            findings.wrong(place, told, "file-ambiguous", remedy)
            return None
        others = [] if are_certain else [each for each in orders_in(*map(_base, found)) if each != values.get("order")]
        if others:
            told = f"{_name(found[0])} fits, and its name holds the order id {others[0]}, which is another one."
            findings.wrong(place, told, "file-ambiguous", "Rename the file, or give an --attach without *.")
            return None
        is_sound = [is_readable(place, path, findings) for path in found]  # all of them: each may have a problem
        return Found(found, are_certain or not self._is_of_one_line) if all(is_sound) else None

    def _filled(self, values: Mapping[str, str]) -> str:
        written = [piece for part in self._parts for piece in ("/", *part)][1:]
        start = "" if self._start == "." else self._start
        return start + "".join(filled(each, values) for each in written)

    def _matching(self, values: Mapping[str, str]) -> tuple[list[str], bool]:
        """The paths that fit, and whether they are certain."""
        folders, are_certain = [self._start], True
        for number, part in enumerate(self._parts):
            if not any(each.startswith(("{", "*")) for each in part):
                folders = [os.path.join(folder, "".join(part)) for folder in folders]  # noqa: PTH118
                continue
            wanted = WantedName([_piece(each, values) for each in part])
            is_last = number == len(self._parts) - 1
            found = [self._listing(folder, is_last).matching(wanted) for folder in folders]
            folders = [path for paths, _ in found for path in paths]
            are_certain = are_certain and all(is_certain for _, is_certain in found)
        return [os.path.abspath(path) for path in folders if os.path.lexists(path)], are_certain  # noqa: PTH100

    def _listing(self, folder: str, of_files: bool) -> Listing:
        if (found := self._listings.get((folder, of_files))) is None:
            found = self._listings[folder, of_files] = Listing(folder, of_files=of_files)
        return found


def filled(piece: str, values: Mapping[str, str]) -> str:
    """A piece of a pattern, with the cell in place of a column."""
    return values.get(piece[1:-1], "").strip() if piece.startswith("{") else piece


def _piece(piece: str, values: Mapping[str, str]) -> Piece:
    if piece == "*":
        return Piece("", "any")
    return Piece(filled(piece, values), "cell" if piece.startswith("{") else "text")


def check_piece(written: str, piece: str, names: Sequence[str]) -> None:
    """Raises ConfigurationError if a piece of a pattern names a column that does not exist."""
    if piece.startswith("{") and piece.endswith("}"):
        if piece[1:-1] not in names:
            known = " ".join(f"{{{heading_shown(name)}}}" for name in dict.fromkeys(names))
            told = f"--attach names the column {piece}, which is not there. Use {known}."
            raise ConfigurationError(told)
    elif "{" in piece or "}" in piece:
        raise ConfigurationError(f"In --attach {quoted(written)}, a brace is missing, or one too many is there.")


def what_is_wrong(cell: str) -> str | None:
    """Why a cell cannot be a part of a file's name. None: it can."""
    if not cell:
        return "is empty"
    if "/" in cell or "\\" in cell or cell in (".", ".."):  # a report must not name files elsewhere
        return "holds a slash or is ."
    return None if cell.isprintable() else "holds a character that does not show"


def _base(path: str) -> str:
    return os.path.basename(path)  # noqa: PTH119


def _name(path: str) -> str:
    return shown(_base(path))
