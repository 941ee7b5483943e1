"""`demo`: an invoice and a text reach a buyer, and every claim that it prints has been checked."""

from __future__ import annotations

import hashlib
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from spapi_messaging import MessagingClient, SendReceipt
from spapi_messaging.cli.session import Session, pass_session
from spapi_messaging.cli.shapes import shape

if TYPE_CHECKING:
    from spapi_messaging.sandbox import Message, Sandbox

Shape = dict[str, Any]
"""A message as --json prints it."""

ORDER = "303-1234567-1234567"
TEXT = "Guten Tag, sollen wir beide Becher in Dunkelgrün liefern? Eine kurze Antwort genügt."


@click.command(short_help="Send an invoice and a text to a buyer in a local sandbox.")
@pass_session
@click.pass_context
def demo(ctx: click.Context, session: Session) -> None:
    """Send an invoice and a text through a local sandbox, and show what the buyer got.

    Needs neither credentials nor a network; of the global options only --json matters.
    """
    from spapi_messaging.sandbox import Sandbox

    with resources.as_file(resources.files(__package__) / "invoice.pdf") as invoice, Sandbox() as sandbox:
        session.say(f"A local sandbox listens at {sandbox.url}; nothing leaves this machine.")
        allowed, receipts = play(sandbox, invoice)
        received = [received_shape(message) for message in sandbox.inbox]
        expected = expectations(receipts, invoice)
    problems = differences(allowed, expected, received)
    session.say(f"\nOrder {ORDER} allows\n  {', '.join(allowed)}")
    tell(session, receipts, expected, received)
    session.say("\nEverything arrived as it was sent." if not problems else "\nThis went wrong:")
    for problem in problems:
        session.say(f"  {problem}")
    session.document(
        {
            "amazon_order_id": ORDER,
            "allowed": allowed,
            "receipts": [shape(receipt) for receipt in receipts],
            "received": received,
            "problems": problems,
        }
    )
    ctx.exit(1 if problems else 0)


def play(sandbox: Sandbox, invoice: Path) -> tuple[list[str], list[SendReceipt]]:
    """Ask which messages the order allows, then send the invoice and the text."""
    with MessagingClient(
        credentials=sandbox.credentials,
        marketplace="DE",
        endpoint=sandbox.url,
        lwa_endpoint=sandbox.lwa_endpoint,
    ) as client:
        actions = client.get_messaging_actions_for_order(ORDER)
        allowed = sorted(action.message_type or action.name for action in actions if action.available)
        return allowed, [
            client.send_invoice(ORDER, attachments=[invoice]),
            client.create_confirm_order_details(ORDER, text=TEXT),
        ]


def received_shape(message: Message) -> Shape:
    """What the buyer received with one message."""
    files = [(file.file_name, file.content) for file in message.attachments]
    return message_shape(message.message_type, message.request_id, message.text, files)


def expectations(receipts: list[SendReceipt], invoice: Path) -> list[Shape]:
    """What the buyer must have received, told from the file, the text and the receipts alone."""
    ids = [receipt.request_id for receipt in receipts]
    return [
        message_shape("invoice", ids[0], None, [(invoice.name, invoice.read_bytes())]),
        message_shape("confirmOrderDetails", ids[1], TEXT, []),
    ]


def message_shape(message_type: str, request_id: str | None, text: str | None, files: list[tuple[str, bytes]]) -> Shape:
    """One message; the file's digest stands for its bytes."""
    return {
        "message_type": message_type,
        "request_id": request_id,
        "text": text,
        "attachments": [
            {"file_name": name, "size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
            for name, content in files
        ],
    }


def differences(allowed: list[str], expected: list[Shape], received: list[Shape]) -> list[str]:
    """What is not as it should be; nothing, when the demo succeeded."""
    problems = [
        f"The order does not allow {message['message_type']}."
        for message in expected
        if message["message_type"] not in allowed
    ]
    for message in expected:
        if not message["request_id"]:
            problems.append(f"The receipt of {message['message_type']} has no request id.")
        if message not in received:
            problems.append(f"The buyer did not get {message['message_type']} as it was sent.")
    if len(received) != len(expected):
        problems.append(f"The buyer got {len(received)} messages instead of {len(expected)}.")
    return problems


def tell(session: Session, receipts: list[SendReceipt], expected: list[Shape], received: list[Shape]) -> None:
    """What went out and what came in, side by side."""
    session.say("\nSent")
    for receipt, message in zip(receipts, expected, strict=True):
        session.say(f"  {receipt.operation}: HTTP {receipt.status_code}, request id {receipt.request_id}")
        tell_content(session, message)
    session.say("\nThe buyer received")
    for message in received:
        session.say(f"  {message['message_type']}, request id {message['request_id']}")
        tell_content(session, message)


def tell_content(session: Session, message: Shape) -> None:
    """A message's text and files."""
    if message["text"] is not None:
        session.say(f"    {message['text']}")
    for file in message["attachments"]:
        session.say(f"    {file['file_name']}, {file['size']} bytes, SHA-256 {file['sha256']}")
