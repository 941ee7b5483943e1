"""If a file cannot be read, says where below the root it was looked for."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path, PureWindowsPath

from spapi_messaging.bulk.files.locating import Root
from spapi_messaging.bulk.files.urls import looks_like_url
from spapi_messaging.errors import Problem

__all__ = ["is_below_a_root", "looked_for"]


def is_below_a_root(kept: str) -> bool:
    """Whether the ledger keeps a file's path from a root. Such a file was added with a root."""
    return not (looks_like_url(kept) or Path(kept).is_absolute() or PureWindowsPath(kept).is_absolute())


def looked_for(problem: Problem, files: Iterable[tuple[str, str]], root: Root) -> Problem:
    """The same problem. If a file below the root cannot be read, it says where it was looked for.

    Args:
        problem: what is wrong with a message.
        files: the message's files: what the buyer sees as their names, and what the ledger keeps of them.
        root: the folder, or the URL of one, below which they lie.
    """
    if root is None or problem.rule != "file-unreadable":
        return problem
    for name, kept in files:
        if problem.message.startswith(f"{name}: ") and is_below_a_root(kept):
            told = f"It was looked for as {kept!r} below attachments_root (--attachments-root): paths begin there."
            return problem._replace(remedy=told)
    return problem
