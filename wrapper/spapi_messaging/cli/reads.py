"""`actions` and `attributes`: what may be sent for an order, and in which language."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from spapi_messaging.cli.global_options import Command, examples
from spapi_messaging.cli.session import Session, pass_session
from spapi_messaging.messages import OPERATIONS, Operation

if TYPE_CHECKING:
    from spapi_messaging import AvailableAction


def read_with(answer: str) -> Operation:
    """The read that has this answer. Its name is Amazon's, and may change."""
    return next(each for each in OPERATIONS.values() if each.answer == answer)


@click.command(
    cls=Command,
    deprecated=read_with("AvailableActions").deprecated or False,
    epilog=examples(
        "spapi-messaging actions 303-1234567-1234567 --marketplace DE",
        "spapi-messaging actions 303-1234567-1234567 --sandbox local --json",
    ),
)
@click.argument("order")
@pass_session
def actions(session: Session, order: str) -> None:
    """Show which messages ORDER allows now."""
    with session.client() as client:
        found: list[AvailableAction] = list(getattr(client, read_with("AvailableActions").name)(order))
    session.document({"amazon_order_id": order, "actions": [action.to_dict() for action in found]})
    if not found:
        session.say(f"Order {order} allows no message now.")
        return
    session.say(f"Order {order}:")
    for action in found:
        session.say(f"  {as_line(action)}")


@click.command(
    cls=Command,
    deprecated=read_with("OrderAttributes").deprecated or False,
    epilog=examples(
        "spapi-messaging attributes 303-1234567-1234567 --marketplace DE",
        "spapi-messaging attributes 303-1234567-1234567 --sandbox local --json",
    ),
)
@click.argument("order")
@pass_session
def attributes(session: Session, order: str) -> None:
    """Show the language that the buyer of ORDER reads."""
    with session.client() as client:
        locale = getattr(client, read_with("OrderAttributes").name)(order).locale
    session.document({"amazon_order_id": order, "locale": locale})
    session.say(f"The buyer of order {order} reads {locale or 'a language that Amazon did not name'}.")


def as_line(action: AvailableAction) -> str:
    """An action in one line: the type for `send`, and the title that Amazon gives it."""
    note = "" if action.available else f" (not now: {action.disabled_reason or 'disabled'})"
    return f"{action.message_type or action.name:<29}{action.title or ''}{note}".rstrip()
