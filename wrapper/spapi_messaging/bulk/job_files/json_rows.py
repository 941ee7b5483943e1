"""Lines of JSON as jobs."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from spapi_messaging.bulk.adding.entries import Entry
from spapi_messaging.bulk.job_files.headings import Columns, ColumnUse, misspelled, shown, sorted_out
from spapi_messaging.bulk.job_files.json_lines import json_lines
from spapi_messaging.bulk.job_files.names import key_of
from spapi_messaging.bulk.job_files.refusals import refused_for
from spapi_messaging.bulk.job_files.rows import Row, Rows
from spapi_messaging.bulk.job_files.settings import Settings
from spapi_messaging.bulk.job_files.sources import Source
from spapi_messaging.errors import Problem

__all__ = ["JsonRows"]

# Keys that people are told of. Each line may have other keys, and a file may have any number of lines.
_MAX_OTHERS = 10_000


class JsonRows:
    """Lines of JSON as jobs. Each may have other keys.

    Args:
        source: the file.
        settings: what the caller says.
        rows: makes jobs of rows.
        encoding: what ``checked_encoding`` gave.
    """

    def __init__(self, source: Source, settings: Settings, rows: Rows, *, encoding: str | None) -> None:
        self._source, self._settings, self._rows = source, settings, rows
        self._encoding = encoding
        self._used: dict[str, str] = {}
        self._others: dict[str, tuple[int, str]] = {}
        self._sorted_out = lru_cache(256)(self._columns_of)

    def __iter__(self) -> Iterator[Entry]:
        """The jobs.

        Raises:
            InvalidMessageError: the file cannot be read as lines of JSON.
        """
        texts = self._settings.texts.items()
        if wrong := [each for language, text in texts for each in self._rows.texts.mistakes(text, language, None)]:
            raise refused_for(0, wrong)
        for line, values, problems in json_lines(self._source, self._encoding):
            if problems:
                yield Entry(line, None, problems)
                continue
            columns = self._sorted_out(tuple(values))
            self._remember(line, tuple(values), columns)
            if columns.problems:
                yield Entry(line, None, columns.problems)
            else:
                yield self._rows.entry(_row(line, values, columns))

    def use(self) -> ColumnUse:
        """What the keys have been used for so far."""
        others = {key: heading for key, (_, heading) in self._others.items()}
        return ColumnUse.of(self._used, others, self._rows.texts.used)

    def at_the_end(self) -> Iterator[Entry]:
        """What is known to be wrong when all lines were seen."""
        used = self._rows.texts.used
        for key, (line, heading) in self._others.items():
            if key not in used and (problem := misspelled(key, heading)):
                yield Entry(line, None, (problem,))
        for name, heading in self._settings.columns.items():
            if name not in self._used:
                told = f"no line has the key {shown(heading)}, which was to be used for {name}."
                yield Entry(1, None, (Problem("", told, rule="column", remedy="Compare the names."),))

    def _columns_of(self, headings: tuple[str, ...]) -> Columns:
        keys = set(map(key_of, headings))
        mapped = {name: heading for name, heading in self._settings.columns.items() if key_of(heading) in keys}
        return sorted_out(headings, mapped)

    def _remember(self, line: int, headings: tuple[str, ...], columns: Columns) -> None:
        for name, place in columns.used:
            self._used.setdefault(name, headings[place])
        if len(self._others) < _MAX_OTHERS:
            for key, heading in columns.others.items():
                self._others.setdefault(key, (line, heading))


def _row(line: int, values: dict[str, Any], columns: Columns) -> Row:
    others = dict(zip(columns.keys, values.values(), strict=True))
    cells = list(values.values())
    given = {name: cells[place] for name, place in columns.used if not _is_empty(cells[place])}
    return Row(line, given, columns.names, others, [])


def _is_empty(value: object) -> bool:
    return value is None or value == [] or (isinstance(value, str) and not value.strip())
