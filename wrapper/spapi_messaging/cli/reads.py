"""`actions` and `attributes`: what may be sent for an order, and in which language."""

from __future__ import annotations

import shutil
from typing import Any

import click

from spapi_messaging.cli.global_options import Command, examples
from spapi_messaging.cli.session import Session, pass_session
from spapi_messaging.messages import Operation, find_read

MAX_WIDTH = 100
"""The most columns that a table takes of a terminal, as the help does."""


def read_with(answer: str) -> Operation:
    """The read that has this answer."""
    if (found := find_read(answer)) is not None:
        return found
    raise click.ClickException(
        f"Nothing that Amazon publishes answers with {answer}, as far as this release knows. Look for a newer release "
        "of spapi-messaging."
    )


def deprecation_of(answer: str) -> str | bool:
    """Why the read that has this answer should not be used any more, or False."""
    found = find_read(answer)  # without it, only its own command fails, when it is used
    return (found is not None and found.deprecated) or False


def read(session: Session, answer: str, order: str) -> Any:
    """Read something about an order."""
    name = read_with(answer).name
    with session.client() as client:
        return getattr(client, name)(order)


@click.command(
    cls=Command,
    deprecated=deprecation_of("AvailableActions"),
    epilog=examples(
        "spapi-messaging actions 303-1234567-1234567 --marketplace DE",
        "spapi-messaging actions 303-1234567-1234567 --sandbox local --json",
    ),
)
@click.argument("order")
@pass_session
def actions(session: Session, order: str) -> None:
    """Show which messages ORDER allows now, and what each one takes.

    The limits are those of this order where Amazon gives some, and else those of the type.
    """
    from spapi_messaging.cli.actions_table import document, lines

    found = list(read(session, "AvailableActions", order))
    session.document({"amazon_order_id": order, **document(found)})
    if not found:
        session.say(f"Order {order} allows no message now. Amazon may list some later.")
        return
    width = min(shutil.get_terminal_size().columns, MAX_WIDTH)
    session.say("\n".join([f"Order {order}:", *lines(found, width)]))


@click.command(
    cls=Command,
    deprecated=deprecation_of("OrderAttributes"),
    epilog=examples(
        "spapi-messaging attributes 303-1234567-1234567 --marketplace DE",
        "spapi-messaging attributes 303-1234567-1234567 --sandbox local --json",
    ),
)
@click.argument("order")
@pass_session
def attributes(session: Session, order: str) -> None:
    """Show the language that the buyer of ORDER reads."""
    from spapi_messaging.preflight.printable import printable  # other commands do without it

    locale = read(session, "OrderAttributes", order).locale
    session.document({"amazon_order_id": order, "locale": locale})
    language = printable(locale or "") or "a language that Amazon did not name"
    session.say(f"The buyer of order {order} reads {language}.")
