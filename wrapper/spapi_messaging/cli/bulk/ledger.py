"""The option `--ledger`, and the ledger that it names."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import click

from spapi_messaging.cli.once import Once
from spapi_messaging.cli.session import Session
from spapi_messaging.errors import ConfigurationError

if TYPE_CHECKING:  # loaded on first use: the command line works without the extra `bulk`
    from spapi_messaging.bulk import Ledger

VARIABLE = "SPAPI_MESSAGING_LEDGER"
"""Names the ledger where the option does not."""


def ledger_option() -> click.Option:
    """The option. Give its value to `open_ledger`."""
    told = f"The ledger: sqlite:///sent.db or postgresql+psycopg://…. Default: ${VARIABLE}, or one file for each user."
    return Once(["--ledger"], metavar="URL", help=told, callback=named)


def named(ctx: click.Context, parameter: click.Parameter, url: str | None) -> str | None:
    """Refuse an empty name, such as that of a variable that is not set: another ledger does not know what was sent."""
    if url is not None and not url.strip():
        raise click.BadParameter("It is empty. Name a ledger, or leave --ledger out.", ctx, parameter)
    return url


@contextmanager
def open_ledger(url: str | None, **options: Any) -> Iterator[Ledger]:
    """The ledger of a command. Says where it is: another folder is not an empty ledger.

    Args:
        url: what `--ledger` was given.
        **options: arguments of Ledger.
    """
    from spapi_messaging.bulk import Ledger

    with Ledger(_named(url), **options) as ledger:
        click.echo(f"Ledger: {ledger.database.url_shown}", err=True)
        yield ledger


@contextmanager
def open_existing(
    session: Session, url: str | None, nothing: Mapping[str, Any] | None, **options: Any
) -> Iterator[Ledger]:
    """The ledger of a command that does not make one. Ends the command if the user's own ledger does not exist yet.

    Args:
        session: the command's.
        url: what `--ledger` was given.
        nothing: what `--json` prints if there is no ledger yet. None: nothing.
        **options: arguments of Ledger.

    Raises:
        ConfigurationError: a ledger was named that does not exist.
        click.UsageError: `--sandbox` is given, and the ledger is for production.
    """
    with ExitStack() as stack:
        try:
            ledger = stack.enter_context(open_ledger(url, create=False, **options))
        except ConfigurationError as error:
            if error.argument != "ledger" or _named(url):
                raise
            if nothing is not None:
                session.document(dict(nothing))
            click.echo(f"Nothing yet. {error}", err=True)
            raise click.exceptions.Exit(0) from None
        refuse_production(session, ledger)
        yield ledger


def refuse_production(session: Session, ledger: Ledger) -> None:
    """Refuse a ledger of production where `--sandbox` asks for a sandbox.

    Raises:
        click.UsageError: it is for production.
    """
    if session.sandbox and ledger.purpose == "production":
        raise click.UsageError(
            "--sandbox asks for a sandbox, and this ledger is for production. Leave --sandbox out, or name the "
            "sandbox's ledger with --ledger."
        )


def _named(url: str | None) -> str | None:
    return url or os.environ.get(VARIABLE) or None
