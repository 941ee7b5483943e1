"""Files that are written whole or not at all."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

__all__ = ["begin_of_file", "replaced"]


@contextmanager
def replaced(path: Path) -> Iterator[BinaryIO]:
    """A new file beside this place, to be written and read. It takes the place if the block ends without an error.

    It has the rights of the file that it replaces, before anything is written. A link stays a link.

    Args:
        path: the place. Whether an earlier file there may be replaced is for the caller to know.

    Raises:
        OSError: it cannot be written.
    """
    place = Path(os.path.realpath(path))
    # Hidden: if the machine stops right now, it is not taken for a file of the folder.
    new = place.with_name(f".{os.urandom(8).hex()}.part")
    try:
        with new.open("x+b") as file:
            with suppress(FileNotFoundError):
                new.chmod(stat.S_IMODE(place.stat().st_mode))
            yield file
            file.flush()
            os.fsync(file.fileno())
        new.replace(place)
    finally:
        with suppress(OSError):
            new.unlink()


def begin_of_file(path: Path, most: int = 64 * 1024) -> bytes | None:
    """What a file begins with. None: it is not a regular file. Nothing is read from a pipe or a device.

    Args:
        path: the file.
        most: how many bytes at most.

    Raises:
        OSError: it cannot be read.
    """
    if not stat.S_ISREG(path.stat().st_mode):
        return None
    with path.open("rb") as file:
        return file.read(most)
