"""Uploads, throttling, an expired token and a refusal, as recorded."""

from __future__ import annotations

from typing import Any

import pytest

from spapi_messaging import DeliveryUnknownError, MessageNotAvailableError
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


def test_upload_and_send(target: Target, client: Any) -> None:
    receipt = client.send_invoice(ORDER, attachments=[PDF, NOTE])
    assert [file.file_name for file in receipt.attachments] == ["Rechnung.pdf", "Hinweis.txt"]
    delivered(target, 1)


def test_throttled(target: Target, client: Any) -> None:
    target.prepare(fast)
    client.create_confirm_order_details(ORDER, text="one")
    target.prepare(throttled)
    assert client.create_confirm_order_details(ORDER, text="two").status_code == 201
    delivered(target, 2)


def test_expired_token(target: Target, client: Any) -> None:
    target.prepare(expired)
    assert client.create_confirm_order_details(ORDER, text="Hallo").status_code == 201
    delivered(target, 1)


def test_html_503(target: Target, client: Any) -> None:
    target.prepare(failing)
    with pytest.raises(DeliveryUnknownError):
        client.create_confirm_order_details(ORDER, text="Hallo")
    delivered(target, 1)


def test_actions_and_refusal(target: Target, client: Any) -> None:
    target.prepare(cancelled)
    actions = {action.message_type: action for action in client.get_messaging_actions_for_order(ORDER)}
    assert set(actions) == {"invoice", "negativeFeedbackRemoval"}
    assert actions["invoice"].name == "sendInvoice"
    with pytest.raises(MessageNotAvailableError):
        client.create_confirm_order_details(ORDER, text="Hallo")
