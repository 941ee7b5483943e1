"""The files of a line of a report, by a pattern over its columns: ``invoices/{order}.pdf``."""

from __future__ import annotations

import os
import re
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from pathlib import Path

from spapi_messaging.bulk.preparing.findings import Findings, shown
from spapi_messaging.bulk.preparing.folders import is_not_meant, is_readable
from spapi_messaging.bulk.preparing.patterns import normal, pieces
from spapi_messaging.errors import ConfigurationError, quoted

__all__ = ["AttachedFiles"]


class AttachedFiles:
    """Finds the files that a pattern names for a line. A file's capital and small letters matter only between files.

    Args:
        written: the pattern, with ``/`` or ``\\`` between folders, columns in braces, and ``*`` for anything in a name.
        names: the columns that it may use.
        together: whether several files may fit.

    Raises:
        ConfigurationError: this cannot be a pattern.
    """

    def __init__(self, written: str, names: Sequence[str], *, together: bool) -> None:
        self.written = written
        path = Path(os.path.expanduser(written.replace("\\", "/")))  # noqa: PTH111 - `~` stays if it is nobody's
        self._start = path.anchor or "."
        self._parts = [pieces(part) for part in path.parts if part != path.anchor]
        self._together = together
        self._listings: dict[tuple[str, bool], _Listing] = {}
        for piece in (piece for part in self._parts for piece in part):
            _check(written, piece, names)

    def find(self, values: Mapping[str, str], place: str, findings: Findings) -> list[str] | None:
        """The absolute paths of a line's files. None: the findings say what is wrong.

        Args:
            values: the line's cells, by column.
            place: the line.
            findings: takes problems.
        """
        place = f"{place}, attachments"
        for name in (piece[1:-1] for part in self._parts for piece in part if piece.startswith("{")):
            if wrong := _what_is_wrong(_filled(f"{{{name}}}", values)):
                told = f"the column {name} names the file, and {wrong}."
                findings.wrong(place, told, "file-name", "Correct the cell, or give another --attach.")
                return None
        found = [os.path.abspath(path) for path in self._matching(values)]  # noqa: PTH100
        if not found:
            told = f"there is no file {shown(self._filled(values))}."
            findings.wrong(place, told, "file-missing", "Put it there, remove the line, or give another --attach.")
            return None
        if len(found) > 1 and not self._together:
            told = f"{len(found)} files fit {shown(self._filled(values))}: {_name(found[0])}, {_name(found[1])}, …"
            remedy = "Make the pattern narrower, or send them in one message: --together."
            findings.wrong(place, told, "file-ambiguous", remedy)
            return None
        is_sound = [is_readable(place, path, findings) for path in found]  # all of them: each may have a problem
        return found if all(is_sound) else None

    def _filled(self, values: Mapping[str, str]) -> str:
        written = [piece for part in self._parts for piece in ("/", *part)][1:]
        start = "" if self._start == "." else self._start
        return start + "".join(_filled(each, values) for each in written)

    def _matching(self, values: Mapping[str, str]) -> list[str]:
        folders = [self._start]
        for number, part in enumerate(self._parts):
            if not any(each.startswith(("{", "*")) for each in part):
                folders = [os.path.join(folder, "".join(part)) for folder in folders]  # noqa: PTH118
                continue
            filled = [_filled(each, values) for each in part]
            wild = [each == "*" for each in part]
            is_last = number == len(self._parts) - 1
            folders = [path for folder in folders for path in self._listing(folder, is_last).matching(filled, wild)]
        return [path for path in folders if os.path.lexists(path)]

    def _listing(self, folder: str, of_files: bool) -> _Listing:
        if (found := self._listings.get((folder, of_files))) is None:
            found = self._listings[folder, of_files] = _Listing(folder, of_files)
        return found


class _Listing:
    """What a folder holds, sorted, so that a name is found among 10,000 without looking at each."""

    def __init__(self, folder: str, of_files: bool) -> None:
        try:
            with os.scandir(folder) as found:
                names = [each.name for each in found if each.is_dir() != of_files and not is_not_meant(each.name)]
        except OSError:  # it is not there: neither are its files
            names = []
        self._folder = folder
        self._sorted = sorted((normal(name).casefold(), name) for name in names)

    def matching(self, filled: Sequence[str], wild: Sequence[bool]) -> list[str]:
        """The paths that fit. One that is written exactly so comes before those that differ in capital letters.

        Args:
            filled: the pieces of the name, with the cells in their places.
            wild: which of them stand for anything.
        """
        whole = [normal(each) for each in filled]
        regex = "".join(".*" if is_wild else re.escape(each) for each, is_wild in zip(whole, wild, strict=True))
        first = wild.index(True) if True in wild else len(wild)
        begin = "".join(whole[:first]).casefold()
        found = []
        for key, name in self._sorted[bisect_left(self._sorted, (begin, "")) :]:
            if not key.startswith(begin):
                break
            if re.fullmatch(regex, normal(name), re.IGNORECASE | re.DOTALL):
                found.append(name)
        exact = [name for name in found if re.fullmatch(regex, normal(name), re.DOTALL)]
        return [os.path.join(self._folder, name) for name in exact or found]  # noqa: PTH118


def _filled(piece: str, values: Mapping[str, str]) -> str:
    """A piece of a pattern, with the cell in place of a column."""
    return values.get(piece[1:-1], "").strip() if piece.startswith("{") else piece


def _check(written: str, piece: str, names: Sequence[str]) -> None:
    if piece.startswith("{") and piece.endswith("}"):
        if piece[1:-1] not in names:
            known = " ".join(f"{{{name}}}" for name in dict.fromkeys(names))
            told = f"--attach names the column {piece}, which is not there. Use {known}."
            raise ConfigurationError(told)
    elif "{" in piece or "}" in piece:
        raise ConfigurationError(f"In --attach {quoted(written)}, a brace is missing, or one too many is there.")


def _what_is_wrong(cell: str) -> str | None:
    """Why a cell cannot be a part of a file's name. None: it can."""
    if not cell:
        return "is empty"
    if "/" in cell or "\\" in cell or cell in (".", ".."):  # a report must not name files elsewhere
        return "holds a slash or is ."
    return None if cell.isprintable() else "holds a character that does not show"


def _name(path: str) -> str:
    return shown(os.path.basename(path))  # noqa: PTH119
