"""`bulk prepare`: from a folder of files, or an order report, to a job file that a person looks at."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import copyfileobj
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from spapi_messaging.cli.bulk.asking import may_be_replaced
from spapi_messaging.cli.bulk.option_values import delimiter_given, headings_by_name, message_type
from spapi_messaging.cli.global_options import Command, examples
from spapi_messaging.cli.once import Once
from spapi_messaging.cli.session import Session
from spapi_messaging.cli.streams import check_written
from spapi_messaging.marketplaces import Marketplace

if TYPE_CHECKING:  # loaded on first use: the command line works without the extra `bulk`
    from spapi_messaging.bulk.preparing.preparation import Request
    from spapi_messaging.bulk.preparing.target import Target

STDOUT = "-"


COLUMNS = ("order", "marketplace", "account", "type", "document", "text", "due", "not_before", "key", "status")
"""What a column of a report can be taken for. The status of an order decides whether it is left out."""


def columns_given(ctx: click.Context, parameter: click.Parameter, given: tuple[str, ...]) -> dict[str, str]:
    """Headings by the names that a job file has for them."""
    from spapi_messaging.bulk.job_files.names import name_of

    found = headings_by_name(ctx, parameter, given)
    if "attachments" in found:
        told = "--attach says where the files are, such as --attach 'invoices/{Heading of the column}'."
        raise click.BadParameter(told, ctx, parameter)
    if any(name not in COLUMNS and name_of(name) is None for name in found):
        told = f"a job file has no such column. It has {', '.join(COLUMNS)}, text_LANGUAGE and the type's fields."
        raise click.BadParameter(f"{told} For templates, use --keep.", ctx, parameter)
    return found


@click.command(
    cls=Command,
    epilog=examples(
        "spapi-messaging bulk prepare invoices/ --type invoice --marketplace DE",
        "spapi-messaging bulk prepare invoices/ --type invoice --pattern '{marketplace}/{order}_{document}.pdf'",
        "spapi-messaging bulk prepare invoices/ --type invoice --orders orders.txt",
        "spapi-messaging bulk prepare orders.txt --type invoice --attach 'invoices/{order}.pdf'",
        "spapi-messaging bulk prepare orders.csv --type invoice --column order=Bestellnummer --column document=Beleg",
    )
    + "\n\nExit codes: 0 all is in the job file, 1 something is wrong and was left out, 2 wrong usage.",
)
@click.argument("source", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--type", "message_type", cls=Once, metavar="TYPE", callback=message_type, help="The message type, such as invoice."
)
@click.option(
    "--output",
    cls=Once,
    metavar="FILE",
    default="jobs.csv",
    show_default=True,
    help="The job file: .csv, .tsv or .jsonl; - for standard output.",
)
@click.option("--force", is_flag=True, help="Replace the job file if it is there already.")
@click.option(
    "--delimiter",
    cls=Once,
    metavar="D",
    callback=delimiter_given,
    help="Between the cells of the job file: a comma (default), ';' or tab.",
)
@click.option(
    "--pattern",
    "patterns",
    multiple=True,
    metavar="P",
    help="How the files of a folder are named, with {order}, {document}, {marketplace}, {account}, {type} and *. "
    "Several: the first that fits. Default: {order}_{document}.pdf, then {order}.pdf.",
)
@click.option(
    "--orders",
    cls=Once,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="REPORT",
    help="For a folder: an order report that says which marketplace each order belongs to.",
)
@click.option(
    "--attach",
    multiple=True,
    metavar="P",
    help="For a report: the file of each line, with its columns in braces, such as 'invoices/{order}.pdf', or a URL.",
)
@click.option(
    "--together", is_flag=True, help="Send several files for the same order, type and document in one message."
)
@click.option(
    "--column",
    "columns",
    multiple=True,
    metavar="NAME=HEADING",
    callback=columns_given,
    help="Which column of the report is what, where it is not guessed, such as order=Bestellnummer.",
)
@click.option(
    "--keep",
    multiple=True,
    metavar="HEADING",
    help="A column of the report that texts need. Personal data stays out of the job file unless it is named here.",
)
@click.option("--encoding", cls=Once, metavar="E", help="Of the report, if it is not Unicode, such as windows-1252.")
@click.pass_context
def prepare(ctx: click.Context, /, output: str, force: bool, delimiter: str | None, **given: Any) -> None:
    """Make a job file to look at, from a folder or an order report. Nothing is sent.

    SOURCE is a folder of files that are named after their orders, or an order report (CSV or tab-separated).
    """
    from spapi_messaging.bulk import Ledger as _needs_the_extra  # noqa: F401 - its error says how to install it
    from spapi_messaging.bulk.preparing.preparation import prepared
    from spapi_messaging.bulk.preparing.target import Target
    from spapi_messaging.bulk.preparing.verifying import write_and_verify
    from spapi_messaging.cli.bulk.shown.prepared import Shown

    session = ctx.ensure_object(Session)
    if output == STDOUT and session.json:
        raise click.UsageError("--json and --output - both write to standard output. Name a file.", ctx)
    to_stdout = output == STDOUT
    target = Target(Path("jobs.csv" if to_stdout else output), delimiter)
    if not to_stdout:
        is_no_report(ctx, target, given["source"], given["orders"])
        may_be_replaced(session, target.path, force=force)
    found = prepared(request_of(session, target, given), target.format)
    shown = Shown(session, output, given["source"], found)
    if found.jobs:
        with opened(target, to_stdout=to_stdout) as stream:
            shown.verified = write_and_verify(found.jobs, stream, target)
    shown.tell()
    ctx.exit(1 if shown.has_problems else 0)


def request_of(session: Session, target: Target, given: dict[str, Any]) -> Request:
    """What the options ask for."""
    from spapi_messaging.bulk.preparing.defaults import Defaults
    from spapi_messaging.bulk.preparing.preparation import Request

    marketplace = session.marketplace_given()
    defaults = Defaults(
        given.pop("message_type"), Marketplace.parse(marketplace).name if marketplace else None, session.profile
    )
    return Request(defaults=defaults, ignored=target.path, **given)


@contextmanager
def opened(target: Target, *, to_stdout: bool) -> Iterator[BinaryIO]:
    """The stream for the job file. The file appears as a whole when the block ends."""
    if not to_stdout:
        with target.replaced() as stream:
            yield stream
        return
    with TemporaryFile() as stream:
        yield stream
        stream.seek(0)
        out = sys.stdout.buffer
        copyfileobj(stream, out)
        out.flush()
        check_written(sys.stdout)


def is_no_report(ctx: click.Context, target: Target, *reports: Path | None) -> None:
    """Refuse to write over what is read: it may be the only copy."""
    for report in filter(None, reports):
        if target.path.exists() and target.path.samefile(report):
            told = f"{target.path.name} is the order report, and was not changed. Give another --output."
            raise click.UsageError(told, ctx)
