"""Tests like those of a user of spapi-messaging. They import only the names of types from it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
import shop  # type: ignore[import-not-found]

if TYPE_CHECKING:
    from spapi_messaging import AsyncMessagingClient, MessagingClient
    from spapi_messaging.sandbox import Sandbox

ORDER = "303-1234567-1234567"
PDF = b"%PDF-1.7 an invoice"


def test_the_buyer_gets_the_invoice(spapi_sandbox: Sandbox, spapi_client: MessagingClient) -> None:
    assert shop.send_invoice(spapi_client, ORDER, PDF) == "sent"
    [message] = spapi_sandbox.inbox
    assert [(file.file_name, file.content) for file in message.attachments] == [(f"{ORDER}.pdf", PDF)]


def test_an_invoice_whose_fate_is_unknown_is_not_sent_twice(
    spapi_sandbox: Sandbox, spapi_client: MessagingClient
) -> None:
    spapi_sandbox.faults.add("reset-recorded", on="sendInvoice")
    assert shop.send_invoice(spapi_client, ORDER, PDF) == "unknown"
    assert len(spapi_sandbox.inbox) == 1


@pytest.mark.parametrize(("locale", "text"), [("de-AT", "Ist das ein Geschenk?"), ("fr-FR", "Is this a gift?")])
def test_the_buyer_is_asked_in_their_language(
    spapi_sandbox: Sandbox, spapi_async_client: AsyncMessagingClient, locale: str, text: str
) -> None:
    spapi_sandbox.orders.set(ORDER, locale=locale)
    asyncio.run(shop.ask_about_the_gift(spapi_async_client, ORDER))
    assert [message.text for message in spapi_sandbox.inbox] == [text]


@pytest.mark.parametrize("time", [1, 2])
def test_nothing_is_left_from_the_test_before(spapi_sandbox: Sandbox, spapi_client: MessagingClient, time: int) -> None:
    assert not spapi_sandbox.inbox
    assert not spapi_sandbox.requests
    assert not spapi_sandbox.faults.active
    assert shop.send_invoice(spapi_client, ORDER, PDF) == "sent"
    assert len(spapi_sandbox.token_requests) == 1
    spapi_sandbox.faults.add("error", times=None)


def test_fifty_invoices_reach_their_buyers(spapi_sandbox: Sandbox, spapi_client: MessagingClient) -> None:
    assert [shop.send_invoice(spapi_client, ORDER, PDF) for _ in range(50)] == ["sent"] * 50
    assert len(spapi_sandbox.inbox) == 50


@pytest.mark.parametrize(
    "spapi_sandbox_options",
    [{"plans": {"invoice": (1, 5)}, "orders": {"default": {"state": "cancelled"}}, "retired": True}],
)
def test_a_test_chooses_its_sandbox(spapi_sandbox: Sandbox, spapi_client: MessagingClient) -> None:
    assert spapi_sandbox.plans.plan("sendInvoice") == (1, 5)
    assert shop.send_invoice(spapi_client, ORDER, PDF) == "sent"  # a cancelled order still allows it


def test_a_retired_message_is_there_on_request(spapi_sandbox: Sandbox, spapi_client: MessagingClient) -> None:
    spapi_client.create_negative_feedback_removal(ORDER)
    assert [message.message_type for message in spapi_sandbox.inbox] == ["negativeFeedbackRemoval"]
