"""stdout and stderr that cannot fail. A full disk or a closed pipe must not change the exit code of a message."""

from __future__ import annotations

import io
import os
import sys
from errno import EPIPE
from pathlib import Path
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
    replace_closed()
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if isinstance(stream, io.TextIOWrapper):
            setattr(sys, name, tolerant(stream))


def replace_closed() -> None:
    """Let streams lead nowhere that were closed before the program began. Else a ledger or a connection would get the
    number of such a stream, and whatever is written to that number without Python would end there."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            stream = Path(os.devnull).open(mode, encoding="utf-8")  # noqa: SIM115  it is open to the end
            setattr(sys, name, stream)
            setattr(sys, f"__{name}__", stream)  # who wraps the first one does not close it


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
