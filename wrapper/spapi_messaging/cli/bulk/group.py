"""The group `bulk`."""

from __future__ import annotations

import click

from spapi_messaging.cli.bulk.add import add
from spapi_messaging.cli.bulk.prepare import prepare
from spapi_messaging.cli.bulk.send import send
from spapi_messaging.cli.global_options import Group, examples


@click.group(
    cls=Group,
    epilog=examples(
        "spapi-messaging bulk prepare invoices/ --type invoice --marketplace DE",
        "spapi-messaging bulk send jobs.csv",
        "spapi-messaging bulk status",
    )
    + "\n\nExit codes, of the worst message: 0 sent, 1 rejected, 3 unknown, 4 an account is parked, 6 unfinished.",
)
def bulk() -> None:
    """Send thousands of messages, each at most once.

    A ledger remembers what is to be sent, and each outcome. A command that was interrupted goes on when it is typed
    again.
    """


bulk.add_command(prepare)
bulk.add_command(add)
bulk.add_command(send)
