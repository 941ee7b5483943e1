"""The option `--ledger`, and the ledger that it names."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from spapi_messaging.cli.once import Once
from spapi_messaging.cli.session import Session

if TYPE_CHECKING:  # loaded on first use: the command line works without the extra `bulk`
    from spapi_messaging.bulk import Ledger

VARIABLE = "SPAPI_MESSAGING_LEDGER"
"""Names the ledger where the option does not."""


def ledger_option() -> click.Option:
    """The option. Give its value to `open_ledger`."""
    told = f"The ledger: sqlite:///sent.db or postgresql+psycopg://…. Default: ${VARIABLE}, or one file for each user."
    return Once(["--ledger"], metavar="URL", help=told)


@contextmanager
def open_ledger(session: Session, url: str | None, **options: Any) -> Iterator[Ledger]:
    """The ledger of a command. Says where it is: another folder is not an empty ledger.

    Args:
        session: the command's.
        url: what `--ledger` was given.
        **options: arguments of Ledger.
    """
    from spapi_messaging.bulk import Ledger

    with Ledger(url or os.environ.get(VARIABLE) or None, **options) as ledger:
        click.echo(f"Ledger: {ledger.database.url_shown}", err=True)
        yield ledger
