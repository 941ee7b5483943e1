"""Where the files of jobs lie. A ledger keeps their paths and digests, and a sender reads them again."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, NamedTuple

from spapi_messaging.bulk.files.refusals import Refused
from spapi_messaging.bulk.files.urls import below_url, checked_url, joined, local_path, looks_like_url, name_of

__all__ = ["Located", "Root", "below", "locate", "place_of"]

#: The folder, or the URL of one, below which all files lie. None: files may lie anywhere.
Root = Path | str | None


class Located(NamedTuple):
    """A file of a job.

    Args:
        name: what the buyer sees.
        place: where it is now: a path, or a URL as a string.
        kept: what the ledger keeps: an absolute path, a URL, or the way below the root with ``/`` between its parts.
    """

    name: str
    place: Path | str
    kept: str


def locate(source: Any, root: Root) -> Located:
    """Finds out where a file of a job is.

    Args:
        source: a path or a URL, or ``(name, path)``. A relative path begins at the root, or where the program runs.
        root: the folder, or the URL of one, below which all files lie.

    Raises:
        Refused: a ledger does not take this as a file.
    """
    name, content = source if isinstance(source, tuple) and len(source) == 2 else (None, source)
    path = _checked_path(content)
    if looks_like_url(path):
        url = checked_url(path)
        if (local := local_path(url)) is None:
            return _behind_url(url, name, root)
        path = local
    if isinstance(root, str):
        if Path(path).is_absolute():
            raise _elsewhere()
        return _behind_url(joined(root, path.replace(os.sep, "/")), name, root)
    if path.startswith("~") and not os.path.lexists(path):
        raise Refused("file-path", "~ is not replaced by the home folder here.", "Give Path(…).expanduser().")
    return _on_this_machine(path, name, root)


def place_of(kept: str, root: Root) -> Path | str:
    """Where a file is, by what the ledger keeps of it. The result is a path, or a URL as a string."""
    if looks_like_url(kept):
        return kept
    if isinstance(root, str) and not Path(kept).is_absolute():
        return joined(root, kept)
    return (root if isinstance(root, Path) else Path()) / kept


def _behind_url(url: str, name: Any, root: Root) -> Located:
    kept = url if root is None else below_url(url, root) if isinstance(root, str) else None
    if kept is None:
        raise _elsewhere()
    return Located(name_of(url) if name is None else name, url, kept)


def _on_this_machine(path: str, name: Any, root: Path | None) -> Located:
    # The functions of os.path are three times as quick as those of Path, and there may be 100,000 files.
    full = path if root is None else os.path.join(root, path)  # noqa: PTH118
    clean = os.path.abspath(full)  # noqa: PTH100
    if name is None:
        name = os.path.basename(clean)  # noqa: PTH119
    if ".." in path:  # behind a symbolic link, it leads elsewhere than it seems
        clean = os.path.realpath(full)
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
    raise _elsewhere()


def _elsewhere() -> Refused:
    told = "the file is not below attachments_root."
    return Refused("file-root", told, "Move it there, or leave attachments_root out.")


def _checked_path(content: Any) -> str:
    if isinstance(content, bytes | bytearray | memoryview) or hasattr(content, "read"):
        told = "a ledger keeps paths and URLs, and this is the content of a file."
        raise Refused("file-path", told, 'Write it into a file, and give its path or ("invoice.pdf", path).')
    if hasattr(content, "upload_destination_id"):
        told = "this was uploaded before, and will be too old when its turn comes."
        raise Refused("file-path", told, "Give the path of the file.")
    if not isinstance(content, str | os.PathLike):
        told = f"this is {type(content).__name__}, not the path or the URL of a file."
        raise Refused("type", told, 'Give its path or ("invoice.pdf", path).')
    path = os.fsdecode(content)
    if not path or "\0" in path:
        raise Refused("file-path", "this cannot be a path.", "Give the path of a file.")
    return path
