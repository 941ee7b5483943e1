"""Uploads, throttling, an expired token and a refusal, from both clients, as recorded."""

from __future__ import annotations

import pytest

from spapi_messaging import AsyncMessagingClient, DeliveryUnknownError, MessageNotAvailableError, MessagingClient
from spapi_messaging.sandbox import Sandbox
from tests.recorded.conftest import Target

MODE = "simulated"
ORDER = "123-1234567-1234567"
PDF = ("Rechnung.pdf", b"%PDF-1.7\nan invoice\n%%EOF\n")
NOTE = ("Hinweis.txt", "Grüße aus Köln\n".encode())

pytestmark = pytest.mark.vcr


def fast(sandbox: Sandbox) -> None:
    sandbox.plans.set("*", rate=100, burst=100)


def throttled(sandbox: Sandbox) -> None:
    fast(sandbox)
    sandbox.faults.add("throttle", on="sends")


def expired(sandbox: Sandbox) -> None:
    sandbox.faults.add("expired-token", on="sends")


def failing(sandbox: Sandbox) -> None:
    sandbox.faults.add("unavailable-recorded", on="sends")


def cancelled(sandbox: Sandbox) -> None:
    sandbox.orders.set(ORDER, state="cancelled")


def delivered(target: Target, count: int) -> None:
    target.prepare(lambda sandbox: check(len(sandbox.inbox) == count))


def check(condition: bool) -> None:
    assert condition


def test_upload_and_send(target: Target, client: MessagingClient) -> None:
    receipt = client.send_invoice(ORDER, attachments=[PDF, NOTE])
    assert [file.file_name for file in receipt.attachments] == ["Rechnung.pdf", "Hinweis.txt"]
    delivered(target, 1)


async def test_upload_and_send_async(target: Target, async_client: AsyncMessagingClient) -> None:
    receipt = await async_client.send_invoice(ORDER, attachments=[PDF, NOTE])
    assert [file.file_name for file in receipt.attachments] == ["Rechnung.pdf", "Hinweis.txt"]
    delivered(target, 1)


def test_throttled(target: Target, client: MessagingClient) -> None:
    target.prepare(fast)
    client.create_confirm_order_details(ORDER, text="one")
    target.prepare(throttled)
    assert client.create_confirm_order_details(ORDER, text="two").status_code == 201
    delivered(target, 2)


async def test_throttled_async(target: Target, async_client: AsyncMessagingClient) -> None:
    target.prepare(fast)
    await async_client.create_confirm_order_details(ORDER, text="one")
    target.prepare(throttled)
    assert (await async_client.create_confirm_order_details(ORDER, text="two")).status_code == 201
    delivered(target, 2)


def test_expired_token(target: Target, client: MessagingClient) -> None:
    target.prepare(expired)
    assert client.create_confirm_order_details(ORDER, text="Hallo").status_code == 201
    delivered(target, 1)


async def test_expired_token_async(target: Target, async_client: AsyncMessagingClient) -> None:
    target.prepare(expired)
    assert (await async_client.create_confirm_order_details(ORDER, text="Hallo")).status_code == 201
    delivered(target, 1)


def test_html_503(target: Target, client: MessagingClient) -> None:
    target.prepare(failing)
    with pytest.raises(DeliveryUnknownError):
        client.create_confirm_order_details(ORDER, text="Hallo")
    delivered(target, 1)


async def test_html_503_async(target: Target, async_client: AsyncMessagingClient) -> None:
    target.prepare(failing)
    with pytest.raises(DeliveryUnknownError):
        await async_client.create_confirm_order_details(ORDER, text="Hallo")
    delivered(target, 1)


def test_actions_and_refusal(target: Target, client: MessagingClient) -> None:
    target.prepare(cancelled)
    actions = {action.message_type: action for action in client.get_messaging_actions_for_order(ORDER)}
    assert set(actions) == {"invoice", "negativeFeedbackRemoval"}
    assert actions["invoice"].name == "sendInvoice"
    with pytest.raises(MessageNotAvailableError):
        client.create_confirm_order_details(ORDER, text="Hallo")


async def test_actions_and_refusal_async(target: Target, async_client: AsyncMessagingClient) -> None:
    target.prepare(cancelled)
    actions = {action.message_type: action for action in await async_client.get_messaging_actions_for_order(ORDER)}
    assert set(actions) == {"invoice", "negativeFeedbackRemoval"}
    with pytest.raises(MessageNotAvailableError):
        await async_client.create_confirm_order_details(ORDER, text="Hallo")
