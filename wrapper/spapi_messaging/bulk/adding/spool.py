"""Rows that wait to be written: in memory while they are few, and then in a file that has no name."""

from __future__ import annotations

import pickle
import tempfile
from collections.abc import Iterator
from typing import IO, Any

from spapi_messaging.bulk.adding.checking import NewRow

__all__ = ["CHUNK", "Spool"]

#: Rows that are written at a time. Each has some twenty parameters, of which SQLite takes 32,766.
CHUNK = 500
# Chunks that are kept in memory.
_MAX_CHUNKS = 8


class Spool:
    """Takes rows one by one, and gives them back in chunks, in order, as often as it is asked to."""

    def __init__(self) -> None:
        self._open: list[NewRow] = []
        self._kept: list[list[NewRow]] = []
        self._file: IO[bytes] | None = None

    def __enter__(self) -> Spool:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Forgets the rows."""
        self._kept, self._open = [], []
        if self._file is not None:
            self._file.close()

    def append(self, row: NewRow) -> None:
        """Adds a row."""
        self._open.append(row)
        if len(self._open) == CHUNK:
            self._put_away(self._open)
            self._open = []

    def chunks(self) -> Iterator[list[NewRow]]:
        """All rows."""
        yield from self._kept
        if self._file is not None:
            end = self._file.seek(0, 2)
            self._file.seek(0)
            while self._file.tell() < end:
                yield [NewRow(*row) for row in pickle.load(self._file)]
        if self._open:
            yield self._open

    def _put_away(self, chunk: list[NewRow]) -> None:
        if len(self._kept) < _MAX_CHUNKS:
            self._kept.append(chunk)
            return
        if self._file is None:
            self._file = tempfile.TemporaryFile()  # noqa: SIM115 - __exit__ closes it
        rows: list[tuple[Any, ...]] = [tuple(row) for row in chunk]
        pickle.dump(rows, self._file, pickle.HIGHEST_PROTOCOL)
