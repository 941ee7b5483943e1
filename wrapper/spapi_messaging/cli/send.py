"""`send TYPE ORDER`: one subcommand for each message type. Its options are made from the fields of the operation.

A message type that regeneration adds needs no hand-written line here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, TextIO

import click

from spapi_messaging.cli.fields import PREFIX, example, names_of, options, set_apart, value_option
from spapi_messaging.cli.global_options import GLOBAL_OPTIONS, Command, Group, examples
from spapi_messaging.cli.interruption import interrupted_once
from spapi_messaging.cli.problems import warnings_shown
from spapi_messaging.cli.session import Session
from spapi_messaging.cli.shown import show_draft, show_receipt
from spapi_messaging.cli.text_files import content_of
from spapi_messaging.drafts import draft
from spapi_messaging.errors import DeliveryUnknownError, SpApiMessagingError
from spapi_messaging.messages import MESSAGE_TYPES, ORDER_ID_PATTERN, Operation, operation_for

if TYPE_CHECKING:
    from spapi_messaging import MessagingClient, SendReceipt


def find_operation(name: str) -> Operation | None:
    """The operation with this name. Its case does not matter: no two names differ in it alone."""
    return next(
        (
            operation
            for message_type, operation in MESSAGE_TYPES.items()
            if name.casefold() in (message_type.casefold(), operation.operation_id.casefold())
        ),
        None,
    )


class MessageTypes(Group):
    """A group with one command for each message type. A type can be given by each of its names."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(MESSAGE_TYPES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        operation = find_operation(cmd_name)
        return self.make_command(operation) if operation else None

    def make_command(self, operation: Operation) -> click.Command:
        """The command of one message type."""
        return command_for(operation)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        command = self.get_command(ctx, args[0])
        if command is None and not ctx.resilient_parsing:
            raise click.UsageError(unknown_type(args[0]), ctx)
        return args[0], command, args[1:]


@click.group(
    cls=MessageTypes,
    options_metavar="",
    subcommand_metavar="TYPE ORDER [OPTIONS]",
    epilog=examples(
        "spapi-messaging send invoice 303-1234567-1234567 --attach invoice.pdf",
        "spapi-messaging send warranty --help",
    ),
)
def send() -> None:
    """Send one message to the buyer of an order.

    `send TYPE --help` shows what a type of message takes. TYPE is one of the names below or an operationId, such as
    sendInvoice for invoice.
    """


def unknown_type(name: str) -> str:
    """What to do about an unknown message type."""
    if re.fullmatch(ORDER_ID_PATTERN, name):
        return "An order id stands where the message type belongs. Give the type first, then the order."
    by_sound = {known.casefold(): known for known in sorted(MESSAGE_TYPES)}
    near = [by_sound[each] for each in get_close_matches(name.casefold(), by_sound)]
    hint = f" Did you mean {' or '.join(near)}?" if near else ""
    return f"Unknown message type {name!r}.{hint} Known types: {', '.join(sorted(MESSAGE_TYPES))}."


def command_for(operation: Operation) -> click.Command:
    """The command that sends one type of message."""
    message_type = operation.message_type or operation.operation_id
    own = [DRY_RUN, CHECK, STRICT]
    message = message_options(operation, own)
    typed = f"spapi-messaging send {message_type} {example(operation, message)}"
    return Command(
        message_type,
        callback=callback_for(message_type),
        params=[click.Argument(["order"]), *message, *own],
        help=operation.summary,
        short_help=operation.summary,
        epilog=epilog(operation, typed, f"{typed} --dry-run"),
        deprecated=operation.deprecated or False,
    )


def message_options(operation: Operation, own: Iterable[click.Option]) -> list[click.Option]:
    """The options for what a message consists of. Their flags differ from those of the command's `own` options."""
    fields = [option for field in operation.fields for option in options(field)]
    parameters = [value_option(p.name, p.enum, required=p.required) for p in operation.parameters]
    set_apart([*fields, *parameters], ["--help", *(flag for each in [*own, *GLOBAL_OPTIONS] for flag in each.opts)])
    return [*fields, *parameters]


def epilog(operation: Operation, *lines: str) -> str:
    """What ends the help of a message type: Amazon's page and examples."""
    # Lines of their own, so that no line break gets into the link.
    return f"\b\nAmazon's page:\n  {operation.documentation}\n\n{examples(*lines)}"


CHECK = click.Option(
    ["--check"],
    is_flag=True,
    help="Check the content and ask Amazon first, then send if nothing is wrong. Warnings are shown.",
)
STRICT = click.Option(["--strict"], is_flag=True, help="Like --check, and warnings stop the message too.")
DRY_RUN = click.Option(
    ["--dry-run"],
    is_flag=True,
    help="Check only the rules that need no network, and send nothing. Needs no credentials.",
)


def callback_for(message_type: str) -> Callable[..., None]:
    """The function behind a message type's command."""

    @click.pass_context
    def callback(
        ctx: click.Context,
        /,
        order: str,
        text_file: TextIO | None = None,
        dry_run: bool = False,
        check: bool = False,
        strict: bool = False,
        **given: Any,
    ) -> None:
        session = ctx.ensure_object(Session)
        if dry_run and (check or strict):
            raise click.UsageError(DRY_OR_CHECKED, ctx)
        values = message_given(ctx, text_file, given)
        if dry_run:
            show_dry_run(session, order, message_type, values)
            return
        if check or strict:
            values["check"] = "strict" if strict else True
        with session.client() as client, warnings_shown(session):
            receipt = deliver(ctx, client, order, message_type, values)
        show_receipt(session, receipt)

    return callback


DRY_OR_CHECKED = (
    "--dry-run asks nobody and sends nothing; --check and --strict ask Amazon, then send. Give one of them. "
    "`spapi-messaging check` asks Amazon and sends nothing."
)


def show_dry_run(session: Session, order: str, message_type: Any, values: dict[str, Any]) -> None:
    """Check what needs no network, and show what would be sent."""
    checked = draft(order, message_type, **values)
    show_draft(session, checked)
    if session.curl:
        from spapi_messaging.cli.planned import planned

        session.show_request(planned(session, checked, values))


def message_given(ctx: click.Context, text_file: TextIO | None, given: Mapping[str, Any]) -> dict[str, Any]:
    """What the options say of the message, by the names of its fields."""
    session = ctx.ensure_object(Session)
    session.options |= names_of(ctx.command, text_is_a_file=text_file is not None)
    values = {name.removeprefix(PREFIX): value for name, value in given.items() if value not in (None, ())}
    if text_file is not None:
        if "text" in values:
            raise click.UsageError("Give --text or --text-file, not both.", ctx)
        values["text"] = content_of(text_file)
    return values


def deliver(
    ctx: click.Context, client: MessagingClient, order: str, message_type: Any, values: dict[str, Any]
) -> SendReceipt:
    """Send the message. If Ctrl-C, SIGTERM or SIGHUP interrupts this, its outcome is unknown, unless the
    message itself had not begun to leave: then nothing was sent.

    The message type is one of those that exist, because the command was made for it.
    """
    leaving: list[bool] = []
    try:
        with interrupted_once(ctx):
            return client.send(order, message_type, **values, before_first_byte=lambda: leaving.append(True))
    except KeyboardInterrupt as interruption:
        if not leaving:
            raise SpApiMessagingError(
                "Nothing was sent: the command was interrupted before the message left.",
                operation=operation_for(message_type).operation_id,
                amazon_order_id=order,
                retryable=True,
            ) from interruption
        raise DeliveryUnknownError(
            f"It is unknown whether {message_type} reached the buyer of order {order}: the command was interrupted, "
            "perhaps after the request was sent. Look at the order's messages in Seller Central before you send again.",
            operation=operation_for(message_type).operation_id,
            amazon_order_id=order,
        ) from interruption
