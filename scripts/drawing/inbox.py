"""The inbox of the local sandbox, with messages that a client sent to it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib import resources

import httpx

from spapi_messaging import MessagingClient
from spapi_messaging.sandbox import Clock, Sandbox

#: 2026-11-22 10:30 in UTC.
NOW = 1_795_343_400.0
ORDER = "303-1234567-1234567"
QUESTION = (
    "Guten Tag,\n\nSie haben zwei Becher in verschiedenen Farben bestellt. Dunkelgrün ist erst in einer Woche wieder "
    "lieferbar. Sollen wir warten, oder sollen wir beide in Blau schicken?\n\nEine kurze Antwort genügt."
)
DELIVERY = "Bonjour, votre canapé sera livré jeudi entre 8 h et 12 h. Ce créneau vous convient-il ?"


@contextmanager
def served() -> Iterator[Sandbox]:
    """A sandbox that got an invoice and two texts, at a time and with request ids that are always the same."""
    with Sandbox(clock=Clock(lambda: NOW), retired=True) as sandbox:
        _send(sandbox)
        for place, message in enumerate([*sandbox.inbox]):
            request_id = f"00000000-0000-4000-8000-{place + 1:012d}"
            sandbox.inbox[place] = replace(message, request_id=request_id)
        yield sandbox


def _send(sandbox: Sandbox) -> None:
    invoice = (resources.files("spapi_messaging.cli") / "invoice.pdf").read_bytes()
    sandbox.orders.set("404-7654321-7654321", marketplace="FR", locale="fr-FR")
    with MessagingClient(
        credentials=sandbox.credentials, marketplace="DE", endpoint=sandbox.url, lwa_endpoint=sandbox.lwa_endpoint
    ) as client:
        client.send("404-7654321-7654321", "confirmDeliveryDetails", text=DELIVERY, marketplace="FR")
        client.send(ORDER, "confirmOrderDetails", text=QUESTION)
        client.send(ORDER, "invoice", attachments=[("invoice-2026-0001.pdf", invoice)])


def html(sandbox: Sandbox) -> str:
    """The page as the sandbox serves it."""
    with httpx.Client(trust_env=False) as client:
        return client.get(sandbox.url).raise_for_status().text
