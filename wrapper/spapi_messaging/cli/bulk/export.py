"""`export`: the messages of a ledger and their outcomes, as a table for spreadsheets or as lines of JSON."""

from __future__ import annotations

import csv
import io
import json
import os
import secrets
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

import click

from spapi_messaging.cli.bulk.counts import counted
from spapi_messaging.cli.bulk.ledger import ledger_option, open_existing
from spapi_messaging.cli.bulk.selection import selection_of, selection_options
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
DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t"}
BOM = "\ufeff"
"""Without it, spreadsheets take UTF-8 for another encoding."""
FORMULAS = ("=", "+", "-", "@", "\t", "\r")
"""What spreadsheets take for a formula begins with one of these."""


@click.command(
    cls=Command,
    params=[
        *selection_options(),
        Once(
            ["--output", "-o"],
            metavar="FILE",
            type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
            help="Default: stdout.",
        ),
        Once(
            ["--delimiter"],
            type=click.Choice(list(DELIMITERS)),
            default="comma",
            show_default=True,
            help="What stands between two cells.",
        ),
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
def export(session: Session, /, ledger: str | None, output: Path | None, delimiter: str, **given: Any) -> None:
    """Write messages and their outcomes as CSV, or with --json as a line of JSON each. Their texts are not in it.

    The CSV is UTF-8 with a byte order mark, times are in UTC, and several files stand in one cell. A cell that a
    spreadsheet would take for a formula gets an apostrophe before it.

    An earlier export of this name is replaced once the new one is whole. Any other file is not.
    """
    selection = selection_of(session, given)
    with open_existing(session, ledger, None) as opened:
        rows = opened.export(**selection)
        lines = as_json(rows) if session.json else as_csv(rows, DELIMITERS[delimiter])
        if output is None or str(output) == "-":
            write(sys.stdout.buffer, lines)
            check_written(sys.stdout)
            return
        with replaced(output) as file:
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


@contextmanager
def replaced(path: Path) -> Iterator[BinaryIO]:
    """A new file that takes the place of an earlier export when it is whole.

    Raises:
        click.BadParameter: there is another file of that name, or none can be made.
    """
    target = Path(os.path.realpath(path))
    part = target.with_name(f".export.{secrets.token_hex(8)}.part")
    try:
        if target.exists() and not target.is_file():
            told = f"{path.name} is a pipe or a device. Leave --output out: the table goes to stdout then."
            raise click.BadParameter(told, param_hint="--output")
        if target.exists() and not is_export(target):
            raise click.BadParameter(f"{path.name} exists, and is no export. Name another file.", param_hint="--output")
        file = part.open("xb")
    except OSError as error:
        told = f"{path.name} cannot be written: {error.strerror or type(error).__name__}."
        raise click.BadParameter(told, param_hint="--output") from error
    try:
        with file:
            yield file
        part.replace(target)
    finally:
        with suppress(OSError):
            part.unlink()


def is_export(path: Path) -> bool:
    """Whether an export made this file, or nobody has written into it."""
    with path.open("rb") as file:
        begin = file.read(64).decode("utf-8", "replace").removeprefix(BOM)
    heads = [f"account{delimiter}marketplace{delimiter}" for delimiter in DELIMITERS.values()]
    return not begin or begin.startswith((*heads, '{"account": '))
