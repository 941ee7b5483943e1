"""Step 11: which way an invoice can take: a message, or a feed."""

from __future__ import annotations

from collections.abc import Iterator

from spapi_messaging import AvailableActions
from spapi_messaging.doctor.examination import Examination
from spapi_messaging.doctor.findings import Finding
from spapi_messaging.errors import SpApiMessagingError
from spapi_messaging.messages import find_operation

FEED = "UPLOAD_VAT_INVOICE"
FEED_COUNTRIES = ("ES", "UK", "FR", "DE", "IT", "NL", "PL", "SE")

_DEFECTS = (
    "For its Invoice Defect Rate, Amazon wants the invoice of a business order by the end of the next working day "
    "after dispatch. Nothing says that a message counts as an upload there."
)


def invoices(examination: Examination) -> Iterator[Finding]:
    """What is known of both ways, by marketplace and by order."""
    client = examination.client()
    if isinstance(client, SpApiMessagingError):
        told = "Which ways there are depends on the marketplace, which is not known."
        yield Finding("invoices-not-tried", told, remedy="Correct what the steps above say.")
        return
    country, found = client.marketplace.name, examination.actions()
    feed = country in FEED_COUNTRIES
    facts = {"marketplace": country, "feed": FEED if feed else None}
    ways = f"{_feed(country)} {_DEFECTS}" if feed else _feed(country)
    remedy = "Where the Invoice Defect Rate applies, the feed is the safer way." if feed else ""
    if not isinstance(found, AvailableActions):
        told = "An invoice can go as a message (sendInvoice, role Buyer Communication), if the order allows it."
        yield Finding("invoice-channels", told, ways, remedy, facts)
    elif _listed(found):
        told = "This order allows an invoice as a message (sendInvoice, role Buyer Communication)."
        yield Finding("invoice-listed", told, ways, remedy, {**facts, "listed": True})
    else:
        told = "This order does not allow an invoice as a message (sendInvoice) now."
        later = remedy or "Look again later, or give the buyer the invoice in another way."
        yield Finding("invoice-not-listed", told, ways, later, {**facts, "listed": False})


def _listed(found: AvailableActions) -> bool:
    operation = find_operation("sendInvoice")
    wanted = "invoice" if operation is None else operation.message_type
    return any(each.available and each.message_type == wanted for each in found)


def _feed(country: str) -> str:
    if country in FEED_COUNTRIES:
        return f"In {country} it can also go through the feed {FEED}, for which the role Tax Invoicing is needed."
    return f"The feed {FEED} does not exist in {country}."
