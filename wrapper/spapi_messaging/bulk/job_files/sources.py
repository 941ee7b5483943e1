"""Where the bytes of a job file come from: a path, or a stream such as standard input."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from spapi_messaging.bulk.files.urls import looks_like_url
from spapi_messaging.errors import ConfigurationError, quoted

__all__ = ["Source"]

_CHUNK = 64 * 1024


class Source:
    """A path, which can be read again and again; or a stream, which can be read once.

    Args:
        given: the path, or a stream of bytes.

    Raises:
        ConfigurationError: this is neither.
    """

    def __init__(self, given: Any) -> None:
        self._stream: Any = None
        self.path: Path | None = None
        self._was_read = False
        if hasattr(given, "read"):
            self._stream = given
        elif isinstance(given, str | os.PathLike) and looks_like_url(os.fsdecode(given)):  # which may hold a password
            raise ConfigurationError("A job file is a path on this machine, and no URL. Copy the file here first.")
        elif isinstance(given, str | os.PathLike) and (path := os.fsdecode(given)) and "\0" not in path:
            self.path = Path(path).absolute()
        else:
            raise ConfigurationError(f"A job file is a path or a stream of bytes, not {quoted(given)}.")

    def chunks(self) -> Iterator[bytes]:
        """The content, in pieces.

        Raises:
            ConfigurationError: it cannot be opened or read.
        """
        with self._opened() as stream:
            while True:
                try:
                    chunk = stream.read(_CHUNK)
                except (OSError, ValueError) as error:
                    reason = error.strerror if isinstance(error, OSError) else "it is closed, or not opened as bytes"
                    raise ConfigurationError(f"{self._named} cannot be read: {reason or 'no reason given'}.") from None
                if not isinstance(chunk, bytes | bytearray | memoryview):
                    raise ConfigurationError("A job file is read as bytes. Open it with mode 'rb', or give its path.")
                if not chunk:
                    return
                yield bytes(chunk)

    @property
    def _named(self) -> str:
        return "The stream" if self.path is None else f"The file {self.path.name!r}"

    @contextmanager
    def _opened(self) -> Iterator[IO[bytes]]:
        if self.path is None:
            if self._was_read:
                raise ConfigurationError("A stream can be read only once. Give the path of the file.")
            self._was_read = True
            yield self._stream
            return
        try:
            file = self.path.open("rb")
        except (OSError, ValueError) as error:
            raise ConfigurationError(f"{self._named} cannot be opened: {self._reason(error)}.") from None
        with file:
            yield file

    def _reason(self, error: Exception) -> str:
        if self.path is not None and self.path.is_dir():
            return "it is a folder"
        if isinstance(error, FileNotFoundError):
            return f"there is no such file in {str(self.path.parent if self.path else '')!r}"
        return getattr(error, "strerror", None) or "this cannot be a path"
