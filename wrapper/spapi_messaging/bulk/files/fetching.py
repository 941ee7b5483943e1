"""Copies the file behind a URL to this machine. It blocks, so it is not for an event loop."""

from __future__ import annotations

import contextlib
import io
import os
import tempfile
from typing import IO, Any

from spapi_messaging.bulk.files.filesystems import filesystem_of
from spapi_messaging.bulk.files.refusals import Refused, StorageTrouble

__all__ = ["MAX_FETCH_SECONDS", "Fetched", "fetch", "took_too_long"]

#: Seconds to wait until a storage has given a file.
MAX_FETCH_SECONDS = 300.0
#: Bytes. A file of this size or smaller stays in memory, as most invoices do.
MAX_IN_MEMORY = 128 * 1024
_CHUNK = 256 * 1024
_NOT_THERE = (FileNotFoundError, IsADirectoryError, NotADirectoryError)
_DENIED = (401, 403)


class Fetched:
    """A copy of a file. Close it, or use it as a context manager, which gives its content.

    Args:
        file: the copy: a file without a name, which is gone when it is closed, or when the process ends.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def __enter__(self) -> bytes | IO[bytes]:
        small = self._file.read(MAX_IN_MEMORY + 1)
        self._file.seek(0)
        return small if len(small) <= MAX_IN_MEMORY else self._file

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Removes the copy."""
        self._file.close()

    __del__ = close  # of one that came after whoever wanted it had given up


def fetch(url: str, name: str, most: int) -> Fetched:
    """Copies a file.

    Args:
        url: where it is, as ``checked_url`` gives it.
        name: what the buyer sees, for errors.
        most: bytes that it may have. If it has more, one byte more than that is copied.

    Raises:
        Refused: there is no such file, or no such filesystem.
        StorageTrouble: it cannot be read now.
    """
    filesystem, path = _filesystem(url, name)
    try:
        filesystem.invalidate_cache()  # what it remembers of sizes and folders may be old
        with filesystem.open(path, "rb") as file:
            return _copy(file, most)
    except _NOT_THERE:
        wrong: Exception = Refused("file-unreadable", f"{name}: there is no such file.", "")
    except Exception as error:
        wrong = _trouble(name, error)
        with contextlib.suppress(Exception):
            filesystem.clear_instance_cache()  # its connection may be dead, or its credentials
    raise wrong  # outside of the `except`: nobody knows what the text of a storage's error holds


def took_too_long(name: str) -> StorageTrouble:
    """The trouble of a storage that has not given a file for MAX_FETCH_SECONDS."""
    told = f"{name} did not come from its storage within {MAX_FETCH_SECONDS:g} seconds."
    return StorageTrouble(told, "Try again later.", is_outage=True)


def _filesystem(url: str, name: str) -> tuple[Any, str]:
    try:
        return filesystem_of(url)
    except (Refused, StorageTrouble):
        raise
    except Exception as error:  # credentials that are not there, or an option of the environment
        trouble = _trouble(name, error)
    raise trouble


def _copy(file: Any, most: int) -> Fetched:
    copy = Fetched(kept := _temporary_file())
    try:
        if isinstance(file, io.BytesIO):  # all who open a file of memory:// get the same one, and would move it
            file = io.BytesIO(file.getvalue())
        left = most + 1
        while left > 0 and (chunk := file.read(min(_CHUNK, left))):
            kept.write(chunk)
            left -= len(chunk)
        kept.seek(0)  # writes what is still in a buffer, so a full disk is told here
    except BaseException:
        with contextlib.suppress(OSError):  # of a full disk, again
            copy.close()
        raise
    return copy


def _temporary_file() -> IO[bytes]:
    try:
        return tempfile.TemporaryFile()
    except OSError:  # a container without a folder for temporary files
        return io.BytesIO()


def _trouble(name: str, error: Exception) -> StorageTrouble:
    codes = (getattr(error, each, None) for each in ("status", "status_code", "code"))
    if isinstance(error, PermissionError) or any(code in _DENIED for code in codes):
        told = f"{name}: the storage denied access."
        return StorageTrouble(told, "Look at the credentials of this machine, and at whether the file is there.")
    told = f"{name} cannot be read from its storage now ({_reason(error)})."
    return StorageTrouble(told, "Try again later.", is_outage=True)


def _reason(error: Exception) -> str:
    """Why, in the system's words. The storage's own words may hold anything."""
    number = getattr(error, "errno", None)
    return os.strerror(number) if isinstance(number, int) and number > 0 else type(error).__name__
