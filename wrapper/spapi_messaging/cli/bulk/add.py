"""`bulk add FILE`: checks the whole file and writes it into the ledger. Others send it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from spapi_messaging.cli.bulk.checking import add_to_ledger, show_checked
from spapi_messaging.cli.bulk.job_options import file_argument, job_file, job_options, known_options
from spapi_messaging.cli.bulk.ledger import ledger_option, open_ledger, refuse_production
from spapi_messaging.cli.bulk.running.events import EventCommand
from spapi_messaging.cli.global_options import examples
from spapi_messaging.cli.session import Session

__all__ = ["add"]


@click.pass_context
def callback(
    ctx: click.Context,
    /,
    file: Path,
    ledger: str | None,
    attachments_root: Path | str | None,
    replace: bool,
    leave_sent: bool,
    **options: Any,
) -> None:
    """Check the file, and add its messages to the ledger."""
    session = ctx.ensure_object(Session)
    # Any account is accepted: only the machine that sends must have its credentials.
    jobs = job_file(session, file, attachments_root=attachments_root, **options)
    with open_ledger(ledger, attachments_root=attachments_root) as opened:
        refuse_production(session, opened)  # workers would send it there
        with opened.check(jobs) as checked:
            if not checked.problems:
                show_checked(session, opened, checked, jobs)
            added = add_to_ledger(ctx, opened, checked, batch=checked.digest, replace=replace, leave_sent=leave_sent)
    if added.added or added.known:
        session.say(
            "Nothing was sent. Workers send it: `bulk work` with the same --ledger, or a program of yours with "
            "spapi_messaging.bulk. So does `bulk send` with the same file."
        )


add = EventCommand(
    "add",
    callback=callback,
    params=[file_argument(), ledger_option(), *known_options(), *job_options()],
    short_help="Add the messages of a job file to a ledger, for others to send.",
    help="""Add the messages of a job file to a ledger, for others to send.

    FILE is as for `bulk send`. All of it is checked, and then all of it is added, or nothing. Needs no credentials.
    """,
    epilog=examples(
        "spapi-messaging bulk add jobs.csv --ledger postgresql+psycopg://ledger@db.example/ledger",
        "spapi-messaging bulk add jobs.jsonl --attachments-root /srv/invoices",
    ),
)
