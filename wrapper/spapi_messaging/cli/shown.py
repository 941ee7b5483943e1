"""What `send` prints: what would be sent, and what was sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from spapi_messaging.cli.problems import documented_warnings
from spapi_messaging.cli.session import Session
from spapi_messaging.drafts import Draft, DraftFile

if TYPE_CHECKING:
    from spapi_messaging import SendReceipt


def show_draft(session: Session, draft: Draft) -> None:
    """Print what would be sent, without a word of the text."""
    session.document({"dry_run": True, **draft.to_dict()})
    session.say(f"Would send {draft.message_type} to the buyer of order {draft.amazon_order_id}")
    text = [] if draft.text_length is None else [f"a text of {draft.text_length} characters"]
    others = [session.options.get(name, name) for name in draft.fields]
    for part in (*text, *map(described, draft.attachments), *others):
        session.say(f"  with {part}")
    session.say("Nothing was sent, and Amazon was not asked whether the order allows it.")


def described(file: DraftFile) -> str:
    """A file in one line."""
    return f"{file.file_name}, {file.size} bytes, {file.content_type}"


def place(receipt: SendReceipt) -> str:
    """Where a message was sent, unless that is where buyers are."""
    from spapi_messaging import Region

    if receipt.endpoint in {region.endpoint for region in Region}:
        return ""
    if receipt.endpoint in {region.sandbox_endpoint for region in Region}:
        return ", in Amazon's sandbox: no buyer has it"
    return f", at {receipt.endpoint}: in a sandbox, no buyer has it"


def show_receipt(session: Session, receipt: SendReceipt) -> None:
    """Print that a message was sent. If that fails, no error is raised: people would send the message again."""
    told = (
        f"{receipt.message_type} to the buyer of order {receipt.amazon_order_id} (request id {receipt.request_id})"
        f"{place(receipt)}."
    )
    try:
        session.document(receipt.to_dict() | documented_warnings(session))
        session.say(f"{click.style('Sent', fg='green')} {told}")
        for attachment in receipt.attachments:
            session.say(f"  with {attachment.file_name}")
    except OSError as error:
        click.echo(f"Sent {told} {error.strerror}.", err=True)
