"""Rows of cells, as spreadsheets of several countries write them."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from typing import NamedTuple

from spapi_messaging.bulk.job_files.decoding import MAX_LINE, lines_of
from spapi_messaging.bulk.job_files.dialects import delimiter_named_by, guessed_delimiter
from spapi_messaging.bulk.job_files.open_cells import last_cell
from spapi_messaging.bulk.job_files.refusals import refused
from spapi_messaging.bulk.job_files.sources import Source
from spapi_messaging.errors import InvalidMessageError, Problem

__all__ = ["MAX_CELL", "MAX_COLUMNS", "Table", "TableRow"]

#: Characters of a cell, and columns: what a spreadsheet takes.
MAX_CELL, MAX_COLUMNS = 32_767, 16_384


class TableRow(NamedTuple):
    """A row of a table.

    Args:
        line: the line of the file in which it begins; the first line is 1.
        cells: a cell for each heading.
        problems: what is wrong with the row as a whole. Its cells are not to be used then.
    """

    line: int
    cells: list[str]
    problems: tuple[Problem, ...] = ()


class Table:
    """A file of rows below a row of headings. The headings are read at once, the rows one by one.

    Args:
        source: the file.
        encoding: what ``checked_encoding`` gave.
        delimiter: what ``checked_delimiter`` gave; None: guessed by the headings.
        is_known: whether a heading is one that the caller knows.

    Raises:
        InvalidMessageError: it cannot be read as a table.
        ConfigurationError: it cannot be opened.

    Attributes:
        headings: the headings as they are written, without white space around them.
        line: the line of the headings.
    """

    def __init__(
        self,
        source: Source,
        encoding: str | None = None,
        delimiter: str | None = None,
        is_known: Callable[[str], bool] = bool,
    ) -> None:
        self._lines = _NumberedLines(lines_of(source.chunks(), encoding))
        found = self._first_line_sets_delimiter()
        self.delimiter = delimiter or found or guessed_delimiter(self._lines.peek(), is_known)
        self._records = _records(self._lines, self.delimiter)
        self.line, cells = self._first_record()
        self.headings = [cell.strip() for cell in cells]
        while self.headings and not self.headings[-1]:
            self.headings.pop()
        if len(self.headings) > MAX_COLUMNS:
            told = f"the line has {len(self.headings):,} columns, and the limit is {MAX_COLUMNS:,}."
            raise refused(self.line, told, "Is this a job file?", rule="column")

    def __iter__(self) -> Iterator[TableRow]:
        """The rows that are not blank.

        Raises:
            InvalidMessageError: the file cannot be read on from here.
        """
        width = len(self.headings)
        for line, cells in self._records:
            if not any(map(str.strip, cells)):
                continue
            if len(cells) != width:
                surplus = cells[width:]
                cells = cells[:width] + [""] * (width - len(cells))
                if any(map(str.strip, surplus)):
                    yield TableRow(line, cells, (self._too_many(len(surplus)),))
                    continue
            if max(map(len, cells)) > MAX_CELL:
                yield TableRow(line, cells, tuple(self._too_long(cells)))
                continue
            yield TableRow(line, cells)

    def _first_line_sets_delimiter(self) -> str | None:
        found = delimiter_named_by(self._lines.peek())
        if found:
            next(self._lines)
        while self._lines.peek() and not self._lines.peek().strip():
            self._lines.end_row()  # many blank lines are not one long row
            next(self._lines)
        self._lines.end_row()
        return found

    def _first_record(self) -> tuple[int, list[str]]:
        for line, cells in self._records:
            if any(map(str.strip, cells)):
                return line, cells
        raise refused(1, "the file is empty.", "Its first line names the columns.", rule="empty")

    def _too_many(self, surplus: int) -> Problem:
        width = len(self.headings)
        told = f"the row has {width + surplus} cells, and there are {width} headings."
        name = {"\t": "a tab", ",": "a comma", ";": "a semicolon"}.get(self.delimiter, "a delimiter")
        remedy = f'Most likely a cell holds {name}: write the cell between quotes, "like this".'
        return Problem("", told, rule="cells", remedy=remedy)

    def _too_long(self, cells: list[str]) -> Iterator[Problem]:
        for heading, cell in zip(self.headings, cells, strict=True):
            if len(cell) > MAX_CELL:
                told = f"the cell has {len(cell):,} characters."
                yield Problem(heading, told, rule="cell-length", remedy=f"The limit is {MAX_CELL:,}.")


class _RowTooLong(Exception):
    """A row has more characters than any row needs."""


class _NumberedLines:
    """The lines of a file. It knows how many were read, and what was read since the last row."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self._peeked: str | None = None
        self._kept: list[str] = []
        self._size = 0
        self._count = 0

    def __iter__(self) -> _NumberedLines:
        return self

    def __next__(self) -> str:
        line = self.peek()
        if not line:
            raise StopIteration
        self._peeked = None
        self._count += 1
        self._kept.append(line)
        self._size += len(line)
        if self._size > MAX_LINE and len(self._kept) > 1:  # of a single line, the length was checked before
            raise _RowTooLong
        return line

    def peek(self) -> str:
        """Looks at the next line without reading on. Empty: the file has ended."""
        if self._peeked is None:
            self._peeked = next(self._lines, "")
        return self._peeked

    @property
    def begin(self) -> int:
        """The line in which the current row begins."""
        return max(1, self._count - len(self._kept) + 1)

    @property
    def row(self) -> str:
        """What was read of it."""
        return "".join(self._kept)

    def end_row(self) -> None:
        """The next line begins another row."""
        self._kept.clear()
        self._size = 0


def _records(lines: _NumberedLines, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """The rows with their first lines."""
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except (csv.Error, _RowTooLong):
            raise _explained(lines, delimiter) from None
        yield lines.begin, cells
        lines.end_row()


def _explained(lines: _NumberedLines, delimiter: str) -> InvalidMessageError:
    """Why a row cannot be read."""
    found = last_cell(lines.row, delimiter)
    line, column = lines.begin + found.line, f"cell {found.column + 1}"
    double = 'A quote that belongs to the text is written twice, "like ""this"" one".'
    if found.state == "open":
        told = "a cell begins here with a quote that is not closed."
        return refused(line, told, double, column=column, rule="quotes")
    if found.state == "closed":
        told = "something stands behind the quote that closes this cell."
        return refused(line, told, double, column=column, rule="quotes")
    told = f"the cell has more than {MAX_CELL:,} characters."
    return refused(line, told, "Is this a job file?", column=column, rule="cell-length")
