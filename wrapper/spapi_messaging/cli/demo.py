"""`demo`: sends an invoice and a text to a buyer in a local sandbox, and shows what arrived."""

from __future__ import annotations

import hashlib
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from spapi_messaging.cli.global_options import Command, examples
from spapi_messaging.cli.once import Once
from spapi_messaging.cli.session import Session, pass_session
from spapi_messaging.messages import MESSAGE_TYPES

if TYPE_CHECKING:
    from spapi_messaging import MessagingClient

Printed = dict[str, Any]
"""A receipt or a message, as --json prints it."""

ORDER = "303-1234567-1234567"
MESSAGES = ("invoice", "confirmOrderDetails")
"""What the demo sends: a file, and a text."""
TEXT = "Guten Tag, sollen wir beide Becher in Dunkelgrün liefern? Eine kurze Antwort genügt."


@click.command(
    cls=Command,
    short_help="Send an invoice and a text to a buyer in a local sandbox.",
    epilog=examples("spapi-messaging demo", "spapi-messaging demo --keep invoice.pdf", "spapi-messaging demo --json"),
)
@click.option(
    "--keep",
    cls=Once,
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the invoice into this new file, to try other commands with it.",
)
@pass_session
@click.pass_context
def demo(ctx: click.Context, session: Session, keep: Path | None) -> None:
    """Send an invoice and a text through a local sandbox, and show what the buyer got.

    Needs neither credentials nor a network. Of the global options, it uses only --json and --curl.
    """
    from spapi_messaging import MessagingClient
    from spapi_messaging.sandbox import Sandbox

    # When Amazon retires a type that the demo sends, it still works.
    local = Sandbox(retired=any(MESSAGE_TYPES[name].retired for name in MESSAGES))
    with resources.as_file(resources.files("spapi_messaging.cli") / "invoice.pdf") as invoice, local as sandbox:
        if keep is not None:
            write(invoice.read_bytes(), keep)
        session.say(f"A local sandbox listens at {sandbox.url}; nothing leaves this machine.")
        with MessagingClient(
            credentials=sandbox.credentials,
            marketplace="DE",
            endpoint=sandbox.url,
            lwa_endpoint=sandbox.lwa_endpoint,
            observer=session.observer,
        ) as client:
            allowed, receipts, sent = send(session, client, invoice)
    session.say("\nThe buyer received")
    received = []
    for message in sandbox.inbox:
        session.say(f"  {message.message_type}, request id {message.request_id}")
        files = [(file.file_name, file.content) for file in message.attachments]
        received.append(show(session, message.message_type, message.request_id, message.text, files))
    problems = [
        f"The buyer did not get {lost['message_type']} as it was sent." for lost in sent if lost not in received
    ]
    session.say("\nThis went wrong:" if problems else "\nEverything arrived as it was sent.")
    for problem in problems:
        session.say(f"  {problem}")
    if keep is not None:
        session.say(f"The invoice is in {keep}.")
    session.document(
        {
            "amazon_order_id": ORDER,
            "allowed": allowed,
            "receipts": receipts,
            "received": received,
            "problems": problems,
        }
    )
    ctx.exit(1 if problems else 0)


def write(content: bytes, path: Path) -> None:
    """Write a new file. One that exists may be a shop's own: it is left alone."""
    try:
        with path.open("xb") as file:
            file.write(content)
    except FileExistsError:
        raise click.BadParameter("this file exists already. Give another name.", param_hint="'--keep'") from None
    except OSError as error:
        told = f"the file cannot be written ({error.strerror}). Give another name."
        raise click.BadParameter(told, param_hint="'--keep'") from error


def send(session: Session, client: MessagingClient, invoice: Path) -> tuple[list[str], list[Printed], list[Printed]]:
    """Ask which messages the order allows, and send two of them. Returns the allowed types, receipts and messages."""
    actions = client.get_messaging_actions_for_order(ORDER)
    allowed = sorted(action.message_type or action.name for action in actions if action.available)
    session.say(f"\nOrder {ORDER} allows\n  {', '.join(allowed)}\n\nSent")
    receipts, sent = [], []
    contents_of: list[tuple[str | None, list[Path]]] = [(None, [invoice]), (TEXT, [])]
    message_type: Any
    for message_type, (text, files) in zip(MESSAGES, contents_of, strict=True):
        receipt = client.send(ORDER, message_type, text=text, attachments=files)
        session.say(f"  {receipt.operation}: HTTP {receipt.status_code}, request id {receipt.request_id}")
        contents = [(file.name, file.read_bytes()) for file in files]
        sent.append(show(session, message_type, receipt.request_id, text, contents))
        receipts.append(receipt.to_dict())
    return allowed, receipts, sent


def show(
    session: Session, message_type: str, request_id: str | None, text: str | None, files: list[tuple[str, bytes]]
) -> Printed:
    """Print the text and the files of a message. Returns the message, as --json prints it."""
    attachments = [
        {"file_name": name, "size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        for name, content in files
    ]
    if text is not None:
        session.say(f"    {text}")
    for file in attachments:
        session.say(f"    {file['file_name']}, {file['size']} bytes, SHA-256 {file['sha256']}")
    return {"message_type": message_type, "request_id": request_id, "text": text, "attachments": attachments}
