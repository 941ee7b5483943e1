"""`export`: the messages of a ledger and their outcomes, as a table for spreadsheets or as lines of JSON."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import click

from spapi_messaging.cli.bulk.asking import may_be_replaced
from spapi_messaging.cli.bulk.ledger import ledger_option, open_existing
from spapi_messaging.cli.bulk.option_values import delimiter_option
from spapi_messaging.cli.bulk.output_files import check_output, output_file
from spapi_messaging.cli.bulk.selection import selection_of, selection_options
from spapi_messaging.cli.bulk.shown.counted import counted
from spapi_messaging.cli.global_options import Command, examples
from spapi_messaging.cli.once import Once
from spapi_messaging.cli.session import Session, pass_session
from spapi_messaging.cli.streams import check_written

__all__ = ["COLUMNS", "export"]

COLUMNS = (
    "account",
    "marketplace",
    "amazon_order_id",
    "message_type",
    "document",
    "key",
    "state",
    "request_id",
    "status_code",
    "error_type",
    "error",
    "attempts",
    "due",
    "not_before",
    "added_at",
    "sending_at",
    "finished_at",
    "note",
    "files",
)
"""Of the table, in their order. A line of JSON has the same names."""
KNOWN_AGAIN_BY = 8
"""A file that begins with this many of these columns is an earlier export."""
BOM = "\ufeff"
"""Without it, spreadsheets take UTF-8 for another encoding."""
FORMULAS = ("=", "+", "-", "@", "\t", "\r")
"""What spreadsheets take for a formula begins with one of these."""

OUTPUT, WHAT = "--output", "export"


@click.command(
    cls=Command,
    params=[
        *selection_options(),
        Once(
            [OUTPUT, "-o"],
            metavar="FILE",
            type=click.Path(path_type=Path, allow_dash=True),
            help="Default: stdout.",
        ),
        click.Option(["--force"], is_flag=True, help="Replace an earlier export of this name."),
        delimiter_option("What stands between two cells: a comma (default), ';' or tab."),
        ledger_option(),
    ],
    short_help="Write messages and their outcomes into a table.",
    epilog=examples(
        "spapi-messaging bulk export --output outcomes.csv",
        "spapi-messaging bulk export --state rejected --state unknown",
        "spapi-messaging bulk export --account shop-de --json",
    ),
)
@pass_session
def export(
    session: Session, /, ledger: str | None, output: Path | None, force: bool, delimiter: str | None, **given: Any
) -> None:
    """Write messages and their outcomes as CSV, or with --json as a line of JSON each. Their texts are not in it.

    The CSV is UTF-8 with a byte order mark, times are in UTC, and several files stand in one cell. A cell that a
    spreadsheet would take for a formula gets an apostrophe before it.

    An earlier export of this name is replaced with --force, once the new one is whole. Any other file is not.
    """
    selection = selection_of(session, given)
    to_stdout = output is None or str(output) == "-"
    if not to_stdout:
        check_output(OUTPUT, str(output), WHAT, is_export)
        if output is not None and output.exists() and output.stat().st_size:
            may_be_replaced(session, output, force=force)
    with open_existing(session, ledger, None) as opened:
        rows = opened.export(**selection)
        lines = as_json(rows) if session.json else as_csv(rows, delimiter or ",")
        if to_stdout:
            write(sys.stdout.buffer, lines)
            check_written(sys.stdout)
            return
        with output_file(OUTPUT, str(output), WHAT) as file:
            count = write(file, lines)
        click.echo(f"{counted(count)} in {output}", err=True)


def as_json(rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """A line of JSON for each message."""
    return (f"{json.dumps(row)}\n" for row in rows)


def as_csv(rows: Iterable[Mapping[str, Any]], delimiter: str) -> Iterator[str]:
    """The head of the table, and a line for each message."""
    line = io.StringIO()
    writer = csv.writer(line, delimiter=delimiter)
    writer.writerow(COLUMNS)
    yield BOM + taken(line)
    for row in rows:
        writer.writerow([cell(row[name]) for name in COLUMNS])
        yield taken(line)


def taken(line: io.StringIO) -> str:
    """What was written, and room for the next line."""
    written = line.getvalue()
    line.seek(0)
    line.truncate()
    return written


def cell(value: Any) -> Any:
    """A value as a cell. Text that a spreadsheet would take for a formula gets an apostrophe before it."""
    if isinstance(value, list):
        value = "; ".join(value)
    if isinstance(value, str) and value.lstrip(" ").startswith(FORMULAS):
        return f"'{value}"
    return value


def write(file: BinaryIO, lines: Iterable[str]) -> int:
    """Writes lines as they come, and counts the messages: a table has a head besides."""
    written = 0
    for line in lines:
        file.write(line.encode())
        written += not line.startswith(BOM)
    file.flush()
    return written


def is_export(begin: bytes) -> bool:
    """Whether a file that begins like this is an export. Job files have some of its columns."""
    first = list(COLUMNS[:KNOWN_AGAIN_BY])
    line = begin.decode("utf-8", "replace").partition("\n")[0]
    if line.startswith(BOM + first[0]):
        delimiter = line.removeprefix(BOM + first[0])[:1]
        return line.startswith(BOM + delimiter.join(first))
    try:
        found = json.loads(line)
    except (RecursionError, ValueError):
        return False
    return isinstance(found, dict) and list(found)[: len(first)] == first
