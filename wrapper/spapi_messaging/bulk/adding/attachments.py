"""Where the files of jobs lie. A ledger keeps their paths and digests, and a sender reads them again."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any, NamedTuple

from spapi_messaging.errors import Problem

__all__ = ["Located", "Refused", "below", "locate"]


class Refused(ValueError):
    """A file that a ledger does not take, with a rule, a sentence and what to do."""

    def __init__(self, rule: str, told: str, remedy: str) -> None:
        super().__init__(told)
        self.rule, self.told, self.remedy = rule, told, remedy

    def problem(self) -> Problem:
        """As a problem of the job."""
        return Problem("attachments", self.told, rule=self.rule, remedy=self.remedy)


class Located(NamedTuple):
    """A file of a job.

    Args:
        name: what the buyer sees.
        path: where it is now.
        kept: what the ledger keeps: an absolute path, or one below the root with ``/`` between its parts.
    """

    name: str
    path: Path
    kept: str


def locate(source: Any, root: Path | None) -> Located:
    """Finds out where a file of a job is.

    Args:
        source: a path, or ``(name, path)``. A relative path begins at the root, or where the program runs.
        root: the folder that all files lie below; None: anywhere.

    Raises:
        Refused: a ledger does not take this as a file.
    """
    name, content = source if isinstance(source, tuple) and len(source) == 2 else (None, source)
    path = _checked_path(content)
    # The functions of os.path are three times as quick as those of Path, and there may be 100,000 files.
    joined = path if root is None else os.path.join(root, path)  # noqa: PTH118
    clean = os.path.abspath(joined)  # noqa: PTH100
    if name is None:
        name = os.path.basename(clean)  # noqa: PTH119
    if ".." in path:  # behind a symbolic link, it leads elsewhere than it seems
        clean = os.path.realpath(joined)
    return Located(name, Path(clean), clean if root is None else below(Path(clean), root))


def below(path: Path, root: Path) -> str:
    """The way from the root to a file, with symbolic links followed.

    Raises:
        Refused: the file is not below the root.
    """
    try:
        return path.resolve().relative_to(root.resolve()).as_posix()
    except (OSError, RuntimeError, ValueError):
        pass
    told = "the file is not below attachments_root."
    raise Refused("file-root", told, "Move it there, or leave attachments_root out.")


def _checked_path(content: Any) -> str:
    if isinstance(content, bytes | bytearray | memoryview) or hasattr(content, "read"):
        told = "a ledger keeps paths, and this is the content of a file."
        raise Refused("file-path", told, 'Write it into a file, and give its path or ("invoice.pdf", path).')
    if hasattr(content, "upload_destination_id"):
        told = "this was uploaded before, and will be too old when its turn comes."
        raise Refused("file-path", told, "Give the path of the file.")
    if not isinstance(content, str | os.PathLike):
        told = f"this is {type(content).__name__}, not the path of a file."
        raise Refused("type", told, 'Give its path or ("invoice.pdf", path).')
    path = os.fsdecode(content)
    if re.match(r"[a-z][a-z0-9+.-]+:/", path, re.IGNORECASE):
        raise Refused("file-path", "this is a URL.", "Download the file, and give its path.")
    if not path or "\0" in path:
        raise Refused("file-path", "this cannot be a path.", "Give the path of a file.")
    if path.startswith("~") and not os.path.lexists(path):
        raise Refused("file-path", "~ is not replaced by the home folder here.", "Give Path(…).expanduser().")
    return path
