"""The group `bulk`."""

from __future__ import annotations

import click

from spapi_messaging.cli.bulk.add import add
from spapi_messaging.cli.bulk.exit_codes import OF_WORST_MESSAGE
from spapi_messaging.cli.bulk.export import export
from spapi_messaging.cli.bulk.metrics import metrics
from spapi_messaging.cli.bulk.prepare import prepare
from spapi_messaging.cli.bulk.send import send
from spapi_messaging.cli.bulk.status import status
from spapi_messaging.cli.bulk.words.archive import archive
from spapi_messaging.cli.bulk.words.decisions import cancel, forget, retry, skip
from spapi_messaging.cli.bulk.words.hurry import hurry
from spapi_messaging.cli.bulk.words.recover import recover
from spapi_messaging.cli.bulk.words.resolve import resolve
from spapi_messaging.cli.bulk.words.resume import resume
from spapi_messaging.cli.bulk.work import work
from spapi_messaging.cli.global_options import Group, examples


@click.group(
    cls=Group,
    epilog=examples(
        "spapi-messaging bulk prepare invoices/ --type invoice --marketplace DE",
        "spapi-messaging bulk send jobs.csv",
        "spapi-messaging bulk status",
    )
    + f"\n\nExit codes of send and status, {OF_WORST_MESSAGE}. Of the others: 0 done, 1 not done, 2 wrong usage.",
)
def bulk() -> None:
    """Send thousands of messages, each at most once.

    A ledger remembers what is to be sent, and each outcome. A command that was interrupted goes on when it is typed
    again.
    """


for command in (
    add,
    archive,
    cancel,
    export,
    forget,
    hurry,
    metrics,
    prepare,
    recover,
    resolve,
    resume,
    retry,
    send,
    skip,
    status,
    work,
):
    bulk.add_command(command)
