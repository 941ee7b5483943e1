"""The files of a folder, as deep as the patterns go."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from spapi_messaging.bulk.preparing.findings import Findings, shown
from spapi_messaging.errors import ConfigurationError, quoted

__all__ = ["TOO_DEEP", "FoundFile", "files_below", "is_hidden", "is_readable", "is_sound"]

TOO_DEEP = "the folder lies deeper than the pattern goes"
# What systems and programs put into folders for themselves.
_SYSTEM_NAMES = {"thumbs.db", "desktop.ini", "__macosx", "$recycle.bin"}


class FoundFile(NamedTuple):
    """A file.

    Args:
        parts: the names of its folders, below that where the search began, and its own.
        path: where it is.
    """

    parts: tuple[str, ...]
    path: str

    @property
    def place(self) -> str:
        """What people call it."""
        return shown("/".join(self.parts))


def files_below(folder: Path, depth: int, findings: Findings) -> Iterator[FoundFile]:
    """All files, sorted by their names. Hidden ones, and those of the system, are passed over.

    Args:
        folder: where the search begins.
        depth: how deep it goes; 1: the folder's own files.
        findings: takes what cannot be read, and folders that lie deeper.

    Raises:
        ConfigurationError: the folder itself cannot be read.
    """
    try:
        yield from _below(os.path.realpath(folder), (), depth, findings)
    except OSError as error:
        told = error.strerror or type(error).__name__
        raise ConfigurationError(f"The folder {quoted(folder.name)} cannot be read: {told}.") from error


def _below(folder: str, parts: tuple[str, ...], depth: int, findings: Findings) -> Iterator[FoundFile]:
    with os.scandir(folder) as found:
        entries = sorted(found, key=lambda each: each.name)
    for entry in entries:
        if is_hidden(entry.name):
            continue
        file = FoundFile((*parts, entry.name), os.path.join(folder, entry.name))  # noqa: PTH118 - 10,000 files
        if not entry.is_dir():
            yield file
        elif len(file.parts) >= depth:
            findings.leave_out(TOO_DEEP, file.place)
        elif entry.is_symlink():  # it may lead out of the folder, or round in a circle
            told = "this is a link to a folder, and is not followed."
            findings.wrong(file.place, told, "file-link", "Put the folder itself here.")
        else:
            yield from _inside(file, depth, findings)


def _inside(folder: FoundFile, depth: int, findings: Findings) -> Iterator[FoundFile]:
    try:
        yield from _below(folder.path, folder.parts, depth, findings)
    except OSError as error:
        told = f"the folder cannot be read: {error.strerror or type(error).__name__}."
        findings.wrong(folder.place, told, "file-unreadable", "Give yourself the right to read it.")


def is_hidden(name: str) -> bool:
    """Whether a name is that of a hidden file, or of one that a system or a program keeps for itself."""
    return name.startswith((".", "~$")) or name.casefold() in _SYSTEM_NAMES


def is_sound(file: FoundFile, folder: Path, findings: Findings) -> bool:
    """Whether a file can be sent at all. If not, the findings say why.

    Args:
        file: the file.
        folder: where the search began. The file must lie in it, also behind a link.
        findings: takes the problem.
    """
    root = os.path.join(os.path.realpath(folder), "")  # noqa: PTH118
    if os.path.islink(file.path) and not os.path.realpath(file.path).startswith(root):  # noqa: PTH114
        told = "this is a link that leads out of the folder."
        findings.wrong(file.place, told, "file-link", "Put the file itself here.")
        return False
    return is_readable(file.place, file.path, findings)


def is_readable(place: str, path: str, findings: Findings) -> bool:
    """Whether a file can be read, and holds anything. If not, the findings say why."""
    try:
        path.encode()
        if not os.path.isfile(path) and os.path.exists(path):  # noqa: PTH110, PTH113 - opening a pipe would wait
            told = "this is a pipe or a device, not a file."
            findings.wrong(place, told, "file-kind", "Give a file that can be read again and again.")
            return False
        with open(path, "rb") as opened:  # noqa: PTH123
            is_empty = not opened.read(1)
    except UnicodeEncodeError:
        told = "the name holds characters that are not UTF-8."
        findings.wrong(place, told, "file-name", "Rename it.")
        return False
    except OSError as error:
        told = f"it cannot be read: {error.strerror or type(error).__name__}."
        findings.wrong(place, told, "file-unreadable", "Give yourself the right to read it, or remove it.")
        return False
    if is_empty:
        findings.wrong(place, "the file is empty (0 bytes).", "file-empty", "Write it again, or remove it.")
    return not is_empty
