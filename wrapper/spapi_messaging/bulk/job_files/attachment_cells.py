"""The files that a cell names, as paths of this machine or as URLs."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from spapi_messaging.bulk.files.urls import looks_like_url
from spapi_messaging.errors import Problem

__all__ = ["paths_in", "paths_of_list"]


class _BadPath(ValueError):
    """What is wrong with a path, and what to do."""


def paths_in(cell: str, folder: str, *, is_windows: bool) -> tuple[list[str], list[Problem]]:
    """The files that a cell names, one or more with ``;`` or line breaks between them, and what is wrong with them.

    Whether the files are there, and whether a URL can be one of a file, is found out when the job is checked.

    Args:
        cell: the cell.
        folder: where relative paths begin: an absolute path, or a URL.
        is_windows: whether this machine runs Windows.
    """
    whole = cell.strip()
    if (";" in whole or "\n" in whole) and not os.path.lexists(_joined(folder, whole)):
        return paths_of_list(re.split(r"[;\n]", whole), folder, is_windows=is_windows)
    return paths_of_list([whole], folder, is_windows=is_windows)


def paths_of_list(written: list[Any], folder: str, *, is_windows: bool) -> tuple[list[str], list[Problem]]:
    """Likewise, for paths one by one."""
    paths, problems = [], []
    for each in written:
        if not isinstance(each, str):
            told = f"this is {type(each).__name__}, not the path of a file."
            problems.append(Problem("attachments", told, rule="type", remedy="Write a list of paths."))
        elif path := each.strip():
            try:
                paths.append(_path(path, folder, is_windows))
            except _BadPath as bad:
                told, remedy = bad.args
                problems.append(Problem("attachments", told, rule="file-path", remedy=remedy))
    return paths, problems


def _path(written: str, folder: str, is_windows: bool) -> str:
    if looks_like_url(bare := _without_quotes(written)):
        return bare
    for path in _readings(written, is_windows):
        if os.path.lexists(found := _joined(folder, path)):
            return found
    path = [*_readings(written, is_windows)][-1]
    if not is_windows and re.match(r"[A-Za-z]:[\\/]|\\\\", written.strip('"')):
        remedy = "Write where the file is on this machine, or a path that begins in the folder of the job file."
        raise _BadPath("this is a path of Windows, but this machine does not run Windows.", remedy)
    if path.startswith("~") and path.isprintable():
        raise _BadPath("there is no such home folder.", "Write the folder's name instead of ~.")
    if "\0" in path or not path.isprintable():
        raise _BadPath("this cannot be a path: it holds characters that do not show.", "Remove them.")
    return _joined(folder, path)


def _readings(written: str, is_windows: bool) -> Iterator[str]:
    """The ways to read a path. If none of the files exists, the last way is the most likely one."""
    yield written
    path = _without_quotes(written)
    if path.startswith("~"):
        with suppress(ValueError):  # NUL, or half a character, which only JSON can write: told as such below
            path = os.path.expanduser(path)  # noqa: PTH111 - Path.expanduser raises
    yield path
    if not is_windows and "\\" in path:
        yield path.replace("\\", "/")


def _without_quotes(written: str) -> str:
    return written[1:-1].strip() if len(written) > 2 and written[0] == written[-1] == '"' else written


def _joined(folder: str, path: str) -> str:
    if looks_like_url(folder) and not os.path.isabs(path):  # noqa: PTH117
        return f"{folder}/{path}"
    # There may be 100,000 files, and os.path is several times as quick as Path.
    return os.path.join(folder, path)  # noqa: PTH118
