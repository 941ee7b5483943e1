"""Tests of an operation that Amazon added. Nobody has written a line for it.

pytest does not collect this file: test_new_operation.py runs it in a process that imports the regenerated package.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import spapi_messaging_client
from spapi_messaging import AsyncMessagingClient, Attachment, MessagingClient, UsagePlan
from spapi_messaging.cli.app import application
from spapi_messaging.errors import InvalidMessageError
from spapi_messaging.limiters import BucketKey, InProcessLimiter, Ticket
from spapi_messaging.messages import MESSAGE_TYPES, OPERATIONS, sandbox_cases
from spapi_messaging.sandbox import Sandbox

ORDER = "303-1234567-1234567"
PDF = b"%PDF-1.4\n%%EOF\n"


class Watching(InProcessLimiter):
    """Remembers the usage plan of each operation."""

    def __init__(self) -> None:
        super().__init__()
        self.plans: dict[str, UsagePlan] = {}

    def reserve(self, key: BucketKey, plan: UsagePlan, now: float, **options: Any) -> Ticket:
        self.plans[key.operation] = plan
        return super().reserve(key, plan, now, **options)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def limiter() -> Watching:
    return Watching()


def settings(sandbox: Sandbox, limiter: Watching) -> dict[str, Any]:
    return {
        "credentials": sandbox.credentials,
        "marketplace": "DE",
        "endpoint": sandbox.url,
        "lwa_endpoint": sandbox.lwa_endpoint,
        "limiter": limiter,
    }


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


@pytest.fixture
def client(sandbox: Sandbox, limiter: Watching) -> Iterator[MessagingClient]:
    with MessagingClient(**settings(sandbox, limiter)) as opened:
        yield opened


def test_this_is_the_regenerated_package() -> None:
    assert "made" in Path(spapi_messaging_client.__file__).parts


def test_the_client_sends_it(client: MessagingClient, sandbox: Sandbox, limiter: Watching, tmp_path: Path) -> None:
    card = tmp_path / "card.pdf"
    card.write_bytes(PDF)
    receipt = client.send_gift_note(ORDER, text="Alles Gute!", attachments=[card])  # type: ignore[attr-defined]

    assert (receipt.operation, receipt.status_code) == ("sendGiftNote", 201)
    [message] = sandbox.inbox
    assert (message.message_type, message.text) == ("giftNote", "Alles Gute!")
    assert [attachment.file_name for attachment in message.attachments] == ["card.pdf"]
    assert limiter.plans["sendGiftNote"] == UsagePlan(2, 10)


@pytest.mark.anyio
async def test_the_async_client_sends_it(sandbox: Sandbox, limiter: Watching) -> None:
    async with AsyncMessagingClient(**settings(sandbox, limiter)) as client:
        await client.send_gift_note(ORDER, text="Alles Gute!")  # type: ignore[attr-defined]

    assert [message.text for message in sandbox.inbox] == ["Alles Gute!"]


def test_its_message_type_is_known_everywhere(client: MessagingClient, sandbox: Sandbox) -> None:
    assert MESSAGE_TYPES["giftNote"] is OPERATIONS["sendGiftNote"]
    client.send(ORDER, "giftNote", text="Alles Gute!")  # type: ignore[arg-type]
    client.send(ORDER, "sendGiftNote", text="Alles Liebe!")  # type: ignore[arg-type]

    assert len(sandbox.inbox) == 2


@pytest.mark.parametrize("kind", [MessagingClient, AsyncMessagingClient])
def test_its_signature_and_documentation(kind: Any) -> None:
    method: Callable[..., Any] = kind.send_gift_note
    parameters = inspect.signature(method).parameters
    assert list(parameters) == ["self", "order_id", "text", "attachments", "marketplace"]
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
def test_its_rules_hold_before_any_traffic(
    given: dict[str, Any], field: str, client: MessagingClient, sandbox: Sandbox
) -> None:
    with pytest.raises(InvalidMessageError) as refused:
        client.send_gift_note(ORDER, **given)  # type: ignore[attr-defined]

    assert field in str(refused.value)
    assert sandbox.requests == []


def test_the_limits_themselves_are_allowed(client: MessagingClient, sandbox: Sandbox) -> None:
    client.send_gift_note(ORDER, text="ä" * 300)  # type: ignore[attr-defined]

    assert sandbox.inbox[0].text == "ä" * 300


def test_the_static_sandbox_answers_its_published_case(limiter: Watching) -> None:
    [case] = sandbox_cases()["sendGiftNote"]
    with Sandbox("static") as static, MessagingClient(**settings(static, limiter)) as client:
        receipt = client.send_gift_note(case.order_id, text="My Message")  # type: ignore[attr-defined]

    assert receipt.status_code == 201


def test_the_command_line_sends_it(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    card = tmp_path / "card.pdf"
    card.write_bytes(PDF)
    monkeypatch.setenv("SP_API_ENDPOINT", sandbox.url)
    monkeypatch.setenv("LWA_ENDPOINT", sandbox.lwa_endpoint)
    monkeypatch.setenv("SP_API_DEFAULT_MARKETPLACE", "DE")
    monkeypatch.setenv("SP_API_REFRESH_TOKEN", sandbox.credentials.refresh_token)
    monkeypatch.setenv("LWA_APP_ID", sandbox.credentials.client_id)
    monkeypatch.setenv("LWA_CLIENT_SECRET", sandbox.credentials.client_secret)
    command = ["--json", "send", "giftNote", ORDER, "--text", "Alles Gute!", "--attach", str(card)]
    done = CliRunner().invoke(application, command)

    assert done.exit_code == 0, done.stderr
    assert json.loads(done.stdout)["operation"] == "sendGiftNote"
    assert sandbox.inbox[0].text == "Alles Gute!"
    listed = CliRunner().invoke(application, ["send", "--help"]).stdout
    assert "giftNote" in listed
