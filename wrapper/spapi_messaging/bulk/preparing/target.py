"""Where a job file is written. It appears whole, or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from spapi_messaging.bulk.job_files.dialects import checked_delimiter
from spapi_messaging.bulk.preparing.writing import Format
from spapi_messaging.bulk.whole_files import replaced
from spapi_messaging.errors import ConfigurationError, quoted

__all__ = ["Target"]

_FORMATS: dict[str, tuple[Format, str]] = {
    ".csv": ("csv", ","),
    ".tsv": ("csv", "\t"),
    ".jsonl": ("jsonl", ","),
    ".ndjson": ("jsonl", ","),
}


class Target:
    """The place of a job file.

    Args:
        path: where it goes; its suffix says what it is: .csv, .tsv, .jsonl or .ndjson.
        delimiter: of CSV; None: a comma, in .tsv a tab.

    Attributes:
        path: the file; for a link, the file that the link leads to.
        folder: where relative paths begin; for a link, the link's own folder, since it is read by the link's name.

    Raises:
        ConfigurationError: no job file can be written there.
    """

    def __init__(self, path: Path, delimiter: str | None = None) -> None:
        self.format: Format
        try:
            self.format, default = _FORMATS[path.suffix.lower()]
        except KeyError:
            told = f"{quoted(path.name)} does not say what kind of job file it is. Name it .csv or .jsonl."
            raise ConfigurationError(told) from None
        if delimiter and self.format != "csv":
            raise ConfigurationError("A .jsonl file has no delimiter. Name the file .csv, or leave the delimiter out.")
        self.delimiter = checked_delimiter(delimiter) or default
        self.path = Path(os.path.realpath(path))
        self.folder = Path(os.path.realpath(path.parent))
        if not self.path.parent.is_dir():
            told = f"There is no folder {quoted(self.path.parent.name)} for {path.name}. Make it first."
            raise ConfigurationError(told)
        if self.path.exists() and not self.path.is_file():
            raise ConfigurationError(f"{path.name} is there, and is not a file. Give another name.")

    @contextmanager
    def replaced(self) -> Iterator[BinaryIO]:
        """A new file beside the place, to be written and read. It takes the place if the block ends without an error.

        Raises:
            ConfigurationError: nothing can be written there.
        """
        try:
            with replaced(self.path) as stream:
                yield stream
        except OSError as error:
            told = f"{self.path.name} cannot be written: {error.strerror or type(error).__name__}."
            raise ConfigurationError(f"{told} Give another name or folder.") from error
