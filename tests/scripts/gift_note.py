"""Tests of an operation that Amazon added. Nobody has written a line for it.

pytest does not collect this file: test_new_operation.py runs it in a process that imports the regenerated package.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import spapi_messaging_client
from spapi_messaging import AsyncMessagingClient, Attachment, MessagingClient, UsagePlan
from spapi_messaging.errors import InvalidMessageError
from spapi_messaging.messages import MESSAGE_TYPES, OPERATIONS, sandbox_cases
from spapi_messaging.sandbox import Sandbox
from tests.scripts.package_fixtures import ORDER, Watching, settings


def test_this_is_the_regenerated_package() -> None:
    assert "made" in Path(spapi_messaging_client.__file__).parts


def test_the_client_sends_it(client: Any, sandbox: Sandbox, limiter: Watching, card: Path) -> None:
    receipt = client.send_gift_note(ORDER, text="Alles Gute!", attachments=[card])

    assert (receipt.operation, receipt.status_code) == ("sendGiftNote", 201)
    [message] = sandbox.inbox
    assert (message.message_type, message.text) == ("giftNote", "Alles Gute!")
    assert [attachment.file_name for attachment in message.attachments] == ["card.pdf"]
    assert limiter.plans["sendGiftNote"] == UsagePlan(2, 10)


@pytest.mark.anyio
async def test_the_async_client_sends_it(sandbox: Sandbox, limiter: Watching) -> None:
    opened: Any = AsyncMessagingClient(**settings(sandbox, limiter))
    async with opened as client:
        await client.send_gift_note(ORDER, text="Alles Gute!")

    assert [message.text for message in sandbox.inbox] == ["Alles Gute!"]


def test_its_message_type_is_known_everywhere(client: Any, sandbox: Sandbox) -> None:
    assert MESSAGE_TYPES["giftNote"] is OPERATIONS["sendGiftNote"]
    client.send(ORDER, "giftNote", text="Alles Gute!")
    client.send(ORDER, "sendGiftNote", text="Alles Liebe!")

    assert len(sandbox.inbox) == 2


@pytest.mark.parametrize("kind", [MessagingClient, AsyncMessagingClient])
def test_its_signature_and_documentation(kind: Any) -> None:
    method: Callable[..., Any] = kind.send_gift_note
    parameters = inspect.signature(method).parameters
    assert list(parameters) == ["self", "order_id", "text", "attachments", "marketplace", "check"]
    assert (parameters["text"].default, parameters["attachments"].default) == (None, ())
    assert all(parameters[name].kind is inspect.Parameter.KEYWORD_ONLY for name in ("text", "attachments"))
    docstring = inspect.getdoc(method) or ""
    for part in (
        "Send the buyer a message of the type giftNote.",
        "text: The text. 1 to 300 characters.",
        "attachments: The attachments. At most 2 files.",
        "Usage plan: 2 requests per second, burst 10.",
        "Source: `POST /messaging/v1/orders/{amazonOrderId}/messages/giftNote`",
        "https://developer-docs.amazon.com/sp-api/reference/sendgiftnote",
    ):
        assert part in docstring


CARD = Attachment("id", "card.pdf")


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"text": "x" * 301}, "text"),
        ({"text": ""}, "text"),
        ({"attachments": [CARD] * 3}, "attachments"),
        ({}, "text"),
    ],
    ids=["too long", "empty", "too many", "nothing"],
)
def test_its_rules_hold_before_any_traffic(given: dict[str, Any], field: str, client: Any, sandbox: Sandbox) -> None:
    with pytest.raises(InvalidMessageError) as refused:
        client.send_gift_note(ORDER, **given)

    assert field in str(refused.value)
    assert sandbox.requests == []


def test_the_limits_themselves_are_allowed(client: Any, sandbox: Sandbox) -> None:
    client.send_gift_note(ORDER, text="ä" * 300)

    assert sandbox.inbox[0].text == "ä" * 300


def test_the_static_sandbox_answers_its_published_case(limiter: Watching) -> None:
    [case] = sandbox_cases()["sendGiftNote"]
    with Sandbox("static") as static:
        client: Any = MessagingClient(**settings(static, limiter))
        receipt = client.send_gift_note(case.order_id, text="My Message")
        client.close()

    assert receipt.status_code == 201


def test_the_command_line_sends_it(command_line: Any, sandbox: Sandbox, card: Path) -> None:
    done = command_line("--json", "send", "giftNote", ORDER, "--text", "Alles Gute!", "--attach", str(card))

    assert done.exit_code == 0, done.stderr
    assert json.loads(done.stdout)["operation"] == "sendGiftNote"
    assert sandbox.inbox[0].text == "Alles Gute!"
    assert "giftNote" in command_line("send", "--help").stdout
