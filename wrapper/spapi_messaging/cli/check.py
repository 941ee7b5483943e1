"""`check TYPE ORDER`: what is wrong with a message, without sending it. It takes what `send` takes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, TextIO

import click

from spapi_messaging.cli.fields import example
from spapi_messaging.cli.global_options import Command, examples
from spapi_messaging.cli.once import Once
from spapi_messaging.cli.problems import as_line, documented
from spapi_messaging.cli.send import MessageTypes, epilog, message_given, message_options
from spapi_messaging.cli.session import Session
from spapi_messaging.errors import Problem
from spapi_messaging.messages import Operation


class CheckedTypes(MessageTypes):
    """A group with one command for each message type, which checks a message."""

    def make_command(self, operation: Operation) -> click.Command:
        return command_for(operation)


@click.group(
    cls=CheckedTypes,
    options_metavar="",
    subcommand_metavar="TYPE ORDER [OPTIONS]",
    epilog=examples(
        "spapi-messaging check invoice 303-1234567-1234567 --attach invoice.pdf",
        "spapi-messaging check warranty --help",
    ),
)
def check() -> None:
    """Check one message, and send nothing.

    Checks the content, and asks Amazon what the order allows. It takes what `send` takes. The exit code is 1 if the
    message must not be sent, else 0.
    """


def date_given(ctx: click.Context, parameter: click.Parameter, value: str | None) -> date | None:
    """The date of the order, as reports and other parts of SP-API write it."""
    if value is None:
        return None
    from dateutil.parser import isoparse

    try:
        return isoparse(value)
    except (ValueError, OverflowError):
        raise click.BadParameter("this is not a date like 2026-11-20.", ctx, parameter) from None


ORDER_DATE = Once(
    ["--order-date"], metavar="D", callback=date_given, help="When the order was placed, such as 2026-11-20."
)
STRICT = click.Option(["--strict"], is_flag=True, help="Warnings count like errors.")


def command_for(operation: Operation) -> click.Command:
    """The command that checks one type of message."""
    message_type, own = operation.message_type or operation.operation_id, [ORDER_DATE, STRICT]
    message = message_options(operation, own)
    typed = f"spapi-messaging check {message_type} {example(operation, message)}"
    return Command(
        message_type,
        callback=callback_for(operation),
        params=[click.Argument(["order"]), *message, *own],
        help=f"Check, without sending it: {operation.summary}",
        short_help=operation.summary,
        epilog=epilog(operation, typed, f"{typed} --strict"),
        deprecated=operation.deprecated or False,
    )


def callback_for(operation: Operation) -> Callable[..., None]:
    """The function behind a message type's command."""

    @click.pass_context
    def callback(
        ctx: click.Context,
        /,
        order: str,
        text_file: TextIO | None = None,
        order_date: date | None = None,
        strict: bool = False,
        **given: Any,
    ) -> None:
        session, message_type = ctx.ensure_object(Session), operation.message_type or operation.operation_id
        values = message_given(ctx, text_file, given)
        session.options["order_date"] = "--order-date"
        with session.client() as client:
            marketplace_id = client.marketplace.value
            found = client.preflight(order, message_type, order_date=order_date, **values)  # type: ignore[arg-type]
        from spapi_messaging.preflight.verdict import what_stops

        stopped = bool(what_stops(found, strict=strict))
        # None: it is not known what the order allows.
        unknown = any(each.rule == "availability-unknown" for each in found)
        may_be_sent = False if stopped else None if unknown else True
        # What is not an order id may be a text, given by mistake.
        order_id = None if any(each.field == "order_id" for each in found) else order.strip()
        session.document(
            {
                "may_be_sent": may_be_sent,
                "strict": strict,
                "operation": operation.operation_id,
                "message_type": message_type,
                "amazon_order_id": order_id,
                "marketplace_id": marketplace_id,
                "amazon_was_asked": order_id is not None,
                "problems": documented(session, found),
            }
        )
        show(session, message_type if order_id is None else f"{message_type} for order {order_id}", found, may_be_sent)
        ctx.exit(1 if stopped else 0)

    return callback


def show(session: Session, message: str, found: Sequence[Problem], may_be_sent: bool | None) -> None:
    """Print the problems line by line, and then the verdict."""
    for problem in found:
        session.say(as_line(session, problem))
    if may_be_sent is None:
        session.say(
            f"{click.style('Nobody knows', fg='yellow')} whether it may be sent: {message}. Nothing was sent now."
        )
    elif may_be_sent:
        session.say(f"{click.style('May be sent', fg='green')}: {message}. Nothing was sent now.")
    else:
        session.say(f"{click.style('Must not be sent', fg='red')}: {message}. Nothing was sent.")
