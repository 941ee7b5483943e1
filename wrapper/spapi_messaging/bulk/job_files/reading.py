"""Job files: one message in each row of a spreadsheet, or in each line of JSON."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

from spapi_messaging._safeguards.tracebacks import methods_without_variables
from spapi_messaging.bulk.adding.entries import Entry
from spapi_messaging.bulk.files.roots import checked_root
from spapi_messaging.bulk.files.urls import looks_like_url
from spapi_messaging.bulk.job_files.decoding import checked_encoding
from spapi_messaging.bulk.job_files.dialects import checked_delimiter
from spapi_messaging.bulk.job_files.headings import ColumnUse
from spapi_messaging.bulk.job_files.json_rows import JsonRows
from spapi_messaging.bulk.job_files.refusals import refused
from spapi_messaging.bulk.job_files.rows import Rows
from spapi_messaging.bulk.job_files.settings import checked_settings
from spapi_messaging.bulk.job_files.sources import Source
from spapi_messaging.bulk.job_files.table_rows import TableRows
from spapi_messaging.errors import ConfigurationError, Problem, quoted

__all__ = ["ColumnUse", "JobFile"]

_FORMATS = {".csv": "csv", ".tsv": "csv", ".txt": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl"}


@methods_without_variables
class JobFile:
    """A file of jobs, for ``Ledger.add`` and ``Ledger.check``, which name problems by their lines.

    It is read row by row, so it may be longer than memory. A path is read anew each time; a stream can be read once.

    Args:
        source: a path, or a stream of bytes.
        format: ``"csv"`` (whatever stands between the cells) or ``"jsonl"``. None: by the file's extension, and
            ``"csv"`` for a stream.
        encoding: such as ``"windows-1252"``. None: UTF-8, or UTF-16 with its mark.
        delimiter: what stands between the cells. None: a comma, a semicolon, a tab or ``|``, by the headings.
        columns: the file's heading for each of our names that it does not have: ``{"order": "Bestellnummer"}``.
        texts: texts or templates for rows without a text of their own, by language; None: for any other language.
        account: for rows that leave it out.
        marketplace: likewise.
        message_type: likewise.
        accounts: the accounts that exist; a row with another one is a problem. None: any.
        folder: where relative paths of attachments begin; it may be a URL. None: in the file's folder.

    Raises:
        ConfigurationError: an argument makes no sense.
        InvalidMessageError: raised while the file is read, if the rest of it cannot be read.
    """

    #: Problems name the lines of the file.
    has_lines = True

    def __init__(
        self,
        source: str | os.PathLike[str] | BinaryIO,
        *,
        format: str | None = None,
        encoding: str | None = None,
        delimiter: str | None = None,
        columns: Mapping[str, str] | None = None,
        texts: Mapping[str | None, str] | None = None,
        account: str | None = None,
        marketplace: str | None = None,
        message_type: str | None = None,
        accounts: Iterable[str] | None = None,
        folder: str | os.PathLike[str] | None = None,
    ) -> None:
        self._source = Source(source)
        self._format = _checked_format(format, self._source.path)
        self._encoding = checked_encoding(encoding)
        self._delimiter = checked_delimiter(delimiter)
        self._reading: TableRows | JsonRows | None = None
        self._settings = checked_settings(
            columns=columns,
            texts=texts,
            given={"account": account, "marketplace": marketplace, "type": message_type},
            accounts=accounts,
            folder=_folder(folder, self._source.path),
        )

    @property
    def columns(self) -> ColumnUse:
        """What the columns are used for. Empty until the first row was read, complete after the last one."""
        return self._reading.use() if self._reading else ColumnUse.of({}, {}, ())

    def __iter__(self) -> Iterator[Entry]:
        """The rows, one by one."""
        rows = Rows(self._settings)
        reading = self._reading = self._opened(rows)
        is_empty = True
        for entry in reading:
            is_empty = False
            yield entry
        if is_empty:
            raise refused(1, "the file holds no message.", "Write one in each row.", rule="empty")
        yield from reading.at_the_end()
        if self._settings.texts and not rows.has_text:
            told = "a text was given, and no message of the file takes one."
            yield Entry(1, None, (Problem("text", told, rule="text", remedy="Leave the text out."),))

    def _opened(self, rows: Rows) -> TableRows | JsonRows:
        if self._format == "jsonl":
            return JsonRows(self._source, self._settings, rows, encoding=self._encoding)
        return TableRows(self._source, self._settings, rows, encoding=self._encoding, delimiter=self._delimiter)


def _checked_format(given: str | None, path: Path | None) -> str:
    if given is None and path is None:
        return "csv"
    found = _FORMATS.get(path.suffix.lower()) if given is None and path is not None else given
    if found not in _FORMATS.values():
        whose = quoted(given) if given is not None else f"of {path.name!r}" if path is not None else ""
        raise ConfigurationError(
            f'The format {whose} is not known: it is "csv" or "jsonl". Files end with .csv or .jsonl.'
        )
    return found or "csv"


def _folder(given: str | os.PathLike[str] | None, path: Path | None) -> str:
    """Where relative paths begin. Absolute, so that they lead there whatever the working folder will be."""
    if given is not None:
        if not isinstance(given, str | os.PathLike):
            raise ConfigurationError(f"folder is a path, not {quoted(given)}.")
        if looks_like_url(str(given)):
            return str(checked_root(given, "folder"))
        return os.path.abspath(given)  # noqa: PTH100 - Path has nothing that does the same
    return str(Path.cwd() if path is None else path.parent)
