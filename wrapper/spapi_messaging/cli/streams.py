"""stdout and stderr that cannot fail. A full disk or a closed pipe must not change the exit code of a message."""

from __future__ import annotations

import io
import sys
from errno import EPIPE
from typing import Any, TextIO


class Tolerant(io.RawIOBase):
    """The lowest part of a stream. After a write that failed, it takes everything and writes nothing.

    Attributes:
        failure: why a write failed.
    """

    failure: OSError | None = None

    def __init__(self, raw: io.RawIOBase) -> None:
        self._raw = raw

    def write(self, content: Any) -> int:
        if self.failure is None:
            try:
                if (written := self._raw.write(content)) is not None:
                    return written
                raise BlockingIOError("It does not wait until there is room")
            except OSError as error:
                self.failure = error
        return len(content)

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._raw.fileno()

    def isatty(self) -> bool:
        return self._raw.isatty()


def tolerate_failures() -> None:
    """Let nothing fail that prints: not click, not Python when it ends, and no character that the encoding lacks."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if isinstance(stream, io.TextIOWrapper):  # None: it was closed before the program began
            setattr(sys, name, tolerant(stream))


def tolerant(stream: io.TextIOWrapper) -> io.TextIOWrapper:
    """The same stream above a lowest part that cannot fail."""
    raw: Any = getattr(stream.buffer, "raw", stream.buffer)  # where Python does not buffer, there is one part less
    return io.TextIOWrapper(
        io.BufferedWriter(Tolerant(raw)),
        encoding=stream.encoding,
        errors="backslashreplace",
        line_buffering=stream.line_buffering,
        write_through=stream.write_through,
    )


def check_written(stream: TextIO) -> None:
    """Raise an OSError if something could not be written. A pipe that its reader has closed is no failure."""
    lowest = getattr(getattr(stream, "buffer", None), "raw", None)
    failure = lowest.failure if isinstance(lowest, Tolerant) else None
    if failure is not None and failure.errno != EPIPE:
        told = failure.strerror or type(failure).__name__
        raise OSError(failure.errno, f"The output could not be written: {told}")
