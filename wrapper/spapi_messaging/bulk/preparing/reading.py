"""Reads the lines of an order report, in whatever encoding and with whatever delimiter a job file may have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from spapi_messaging.bulk.job_files.decoding import checked_encoding
from spapi_messaging.bulk.job_files.sources import Source
from spapi_messaging.bulk.job_files.spreadsheets import plain_cell
from spapi_messaging.bulk.job_files.tables import Table
from spapi_messaging.bulk.preparing.columns import Columns, columns_of, is_known
from spapi_messaging.bulk.preparing.findings import Findings, shown
from spapi_messaging.errors import InvalidMessageError

__all__ = ["Report", "Row"]


class Row(NamedTuple):
    """A line of a report.

    Args:
        place: what people call it: ``line 18``, of which the first is 1.
        cells: the cells by their headings, without white space around them.
        columns: what each of them is taken for.
    """

    place: str
    cells: Mapping[str, str]
    columns: Columns

    def cell(self, name: str) -> str:
        """The cell for one of our names. Empty: the cell is empty, or there is no such column."""
        heading = self.columns.used.get(name)
        return "" if heading is None else self.cells[heading]


class Report:
    """An order report. It is read once.

    Args:
        path: the file.
        encoding: its encoding; None: it is seen.
        columns: its headings by our names, where they are not guessed.
        keep: headings that are taken over as they are.

    Attributes:
        name: its name.
        columns: what each column is taken for.
        headings: all of its headings.

    Raises:
        ConfigurationError: it cannot be opened, or has no such column.
        InvalidMessageError: it cannot be read as a table.
    """

    def __init__(
        self, path: Path, encoding: str | None, columns: Mapping[str, str], keep: tuple[str, ...] = ()
    ) -> None:
        self.name = path.name
        named = {*columns.values(), *keep}
        known = lambda heading: heading.strip() in named or is_known(heading)  # noqa: E731
        with self._named():
            self._table = Table(Source(path), checked_encoding(encoding), is_known=known)
        self.headings = self._table.headings
        self.columns = columns_of(self.name, self.headings, columns, keep)

    def rows(self, findings: Findings, place: str = "line {0}") -> Iterator[Row]:
        """The lines that are not blank. Lines that are not rows are problems.

        Args:
            findings: takes the problems.
            place: what lines are called.
        """
        with self._named():
            yield from self._rows(findings, place)

    def _rows(self, findings: Findings, place: str) -> Iterator[Row]:
        for line, cells, problems in self._table:
            plain = [plain_cell(cell).strip() for cell in cells]
            row = Row(place.format(line), dict(zip(self.headings, plain, strict=True)), self.columns)
            for each in problems:
                field = f"{row.place}, {each.field}" if each.field else row.place
                findings.wrong(field, each.message, each.rule, each.remedy)
            if not problems:
                yield row

    @contextmanager
    def _named(self) -> Iterator[None]:
        """Puts the report's name before the lines that an error names: several files may be read."""
        try:
            yield
        except InvalidMessageError as error:
            found = [each._replace(field=f"{shown(self.name)} {each.field}") for each in error.problems]
            told = "\n".join(map(str, found))
            raise InvalidMessageError(f"Nothing was written: {told}", problems=tuple(found)) from error
