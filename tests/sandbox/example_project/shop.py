"""What a shop does with the clients: it sends invoices, and asks buyers whether an order is a gift."""

from __future__ import annotations

from spapi_messaging import AsyncMessagingClient, DeliveryUnknownError, MessageNotAvailableError, MessagingClient


def send_invoice(client: MessagingClient, order_id: str, pdf: bytes) -> str:
    """Sends an invoice; says "sent", "refused" or "unknown"."""
    try:
        client.send_invoice(order_id, attachments=[(f"{order_id}.pdf", pdf)])
    except MessageNotAvailableError:
        return "refused"
    except DeliveryUnknownError:
        return "unknown"
    return "sent"


async def ask_about_the_gift(client: AsyncMessagingClient, order_id: str) -> None:
    """Asks in the buyer's language."""
    attributes = await client.get_attributes(order_id)
    german = str(attributes.locale).startswith("de")
    text = "Ist das ein Geschenk?" if german else "Is this a gift?"
    await client.create_confirm_order_details(order_id, text=text)
