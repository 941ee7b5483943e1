"""The rows of a table as jobs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from spapi_messaging.bulk.adding.entries import Entry
from spapi_messaging.bulk.job_files.field_values import value_in
from spapi_messaging.bulk.job_files.headings import Columns, ColumnUse, missing, misspelled, sorted_out
from spapi_messaging.bulk.job_files.names import JOB_COLUMNS, ORDER_ELSEWHERE, TEXT, key_of, name_of
from spapi_messaging.bulk.job_files.orders_in_names import are_no_headings
from spapi_messaging.bulk.job_files.refusals import refused, refused_for
from spapi_messaging.bulk.job_files.rows import Row, Rows, RowVariables
from spapi_messaging.bulk.job_files.settings import Settings
from spapi_messaging.bulk.job_files.sources import Source
from spapi_messaging.bulk.job_files.spreadsheets import mended_date, mended_order, number_problem, plain_cell
from spapi_messaging.bulk.job_files.tables import Table
from spapi_messaging.errors import Problem

__all__ = ["TableRows"]


class TableRows:
    """The rows of a table as jobs.

    Args:
        source: the file.
        settings: what the caller says.
        rows: makes jobs of rows.
        encoding: what ``checked_encoding`` gave.
        delimiter: what ``checked_delimiter`` gave.
    """

    def __init__(
        self, source: Source, settings: Settings, rows: Rows, *, encoding: str | None, delimiter: str | None
    ) -> None:
        self._source, self._settings, self._rows = source, settings, rows
        self._encoding, self._delimiter = encoding, delimiter
        self._headings: list[str] = []
        self._columns = sorted_out((), {})
        self._line = 1

    def __iter__(self) -> Iterator[Entry]:
        """The jobs.

        Raises:
            InvalidMessageError: the file cannot be read as a table of jobs.
        """
        table = Table(self._source, self._encoding, self._delimiter, self._is_known)
        if are_no_headings(table.headings):
            remedy = f"Write a line before it that names the columns: {', '.join(JOB_COLUMNS)}."
            raise refused(table.line, "this line holds an order id, and no headings.", remedy, rule="column")
        self._line, self._headings = table.line, table.headings
        self._columns = columns = sorted_out(table.headings, self._settings.columns)
        if problems := [*columns.problems, *missing(columns, self._settings.given)]:
            raise refused_for(table.line, problems)
        if problems := self._wrong_templates():
            raise refused_for(0, problems)
        for line, cells, wrong in table:
            yield Entry(line, None, wrong) if wrong else self._rows.entry(self._row(line, cells))

    def use(self) -> ColumnUse:
        """What the columns have been used for so far."""
        return ColumnUse.of(self._columns.headings(self._headings), self._columns.others, self._rows.texts.used)

    def at_the_end(self) -> Iterator[Entry]:
        """What is known to be wrong when all templates were seen."""
        unused = {key: heading for key, heading in self._columns.others.items() if key not in self._rows.texts.used}
        found = [problem for key, heading in unused.items() if (problem := misspelled(key, heading))]
        if found:
            yield Entry(self._line, None, tuple(found))

    def _is_known(self, heading: str) -> bool:
        key = key_of(heading)
        mapped = map(key_of, self._settings.columns.values())
        return name_of(key) is not None or key in ORDER_ELSEWHERE or key in mapped

    def _wrong_templates(self) -> list[Problem]:
        """What is wrong with the templates that the caller gave."""
        example = _as_row(0, self._columns, [""] * len(self._headings))
        example.values |= self._settings.given
        keys = RowVariables(example).keys()
        texts = self._settings.texts.items()
        return [each for language, text in texts for each in self._rows.texts.mistakes(text, language, keys)]

    def _row(self, line: int, cells: list[str]) -> Row:
        row = _as_row(line, self._columns, cells)
        for name, place in self._columns.used:
            cell = cells[place]
            if not cell or cell.isspace():
                continue
            value, problem = _mended(name, cell)
            row.values[name] = value
            if problem:
                row.problems.append(problem)
        return row


def _as_row(line: int, columns: Columns, cells: list[str]) -> Row:
    return Row(line, {}, columns.names, dict(zip(columns.keys, cells, strict=True)), [])


def _mended(name: str, cell: str) -> tuple[Any, Problem | None]:
    """What a cell means, and what is wrong with it."""
    if name == "order":
        return mended_order(cell)
    if name in ("due", "not_before"):
        return mended_date(name, cell)
    if name in ("document", "key"):
        value = plain_cell(cell).strip()
        return value, number_problem(name, value)
    if name == "attachments" or name == TEXT or name.startswith(f"{TEXT}_"):
        return cell, None
    if name in ("account", "marketplace", "type"):
        return plain_cell(cell).strip(), None
    return value_in(name, cell), None
