"""`demo`: it shows what the buyer received, and fails when a message did not arrive."""

from __future__ import annotations

import hashlib
import io
import subprocess
import sys
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import Any

import pypdf
import pytest

from make_demo_invoice import document, page
from spapi_messaging.cli import demo
from spapi_messaging.messages import MESSAGE_TYPES
from spapi_messaging.sandbox import Message, Sandbox
from tests.cli.conftest import Run, invoke
from tests.support.operations import retire

INVOICE = resources.files("spapi_messaging.cli").joinpath("invoice.pdf").read_bytes()
DIGEST = hashlib.sha256(INVOICE).hexdigest()


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """No credentials anywhere, and an environment that leads elsewhere."""
    for name in ("SP_API_REFRESH_TOKEN", "LWA_APP_ID", "LWA_CLIENT_SECRET", "SP_API_DEFAULT_MARKETPLACE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SP_API_ENDPOINT", "http://127.0.0.1:1")


@pytest.fixture
def shown(bare: None) -> Run:
    return invoke("demo")


def test_invoice_is_a_well_formed_page() -> None:
    reader = pypdf.PdfReader(io.BytesIO(INVOICE), strict=True)

    (only,) = reader.pages
    assert "Invoice 2026-0001" in only.extract_text()
    assert demo.ORDER in only.extract_text()


def test_invoice_is_what_the_script_writes() -> None:
    assert document(page()) == INVOICE


def test_demo_shows_what_the_buyer_received(shown: Run) -> None:
    assert shown.exit_code == 0
    sent, received = shown.stdout.split("Sent\n")[1].split("The buyer received\n")
    for part in (sent, received):
        assert f"invoice.pdf, {len(INVOICE)} bytes, SHA-256 {DIGEST}" in part
        assert demo.TEXT in part
    assert "sendInvoice: HTTP 201, request id " in shown.stdout
    assert "createConfirmOrderDetails: HTTP 201, request id " in shown.stdout
    assert shown.stdout.endswith("Everything arrived as it was sent.\n")
    assert shown.stderr == ""


def test_demo_works_when_its_types_are_retired(bare: None, monkeypatch: pytest.MonkeyPatch) -> None:
    for message_type in ("invoice", "confirmOrderDetails"):
        retire(monkeypatch, message_type)
    done = invoke("demo")

    assert done.exit_code == 0
    assert done.stdout.endswith("Everything arrived as it was sent.\n")


def test_demo_allows_no_retired_message(shown: Run) -> None:
    retired = {name for name, operation in MESSAGE_TYPES.items() if operation.retired}
    listed = shown.stdout.split("allows\n")[1].splitlines()[0]

    assert retired & {*listed.strip().split(", ")} == set()


def test_demo_keeps_its_invoice_once(bare: None, tmp_path: Path) -> None:
    path = tmp_path / "invoice.pdf"
    first, second = (invoke("demo", "--keep", str(path)) for _ in range(2))

    assert first.stdout.endswith("invoice.pdf.\n")
    assert path.read_bytes() == INVOICE
    assert second.exit_code == 2
    assert "this file exists already" in second.stderr
    assert invoke("demo", "--keep", str(tmp_path / "missing" / "invoice.pdf")).exit_code == 2


def test_demo_as_json(bare: None) -> None:
    done = invoke("--json", "demo")

    assert done.exit_code == 0
    found = done.json
    assert found["problems"] == []
    assert {"invoice", "confirmOrderDetails"} <= set(found["allowed"])
    invoice, text = sorted(found["received"], key=lambda message: str(message["text"] or ""))
    assert invoice["attachments"] == [{"file_name": "invoice.pdf", "size": len(INVOICE), "sha256": DIGEST}]
    assert text["text"] == demo.TEXT
    assert {message["request_id"] for message in found["received"]} == {
        receipt["request_id"] for receipt in found["receipts"]
    }


def test_demo_needs_no_proxy(bare: None, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.delenv("no_proxy", raising=False)

    assert invoke("demo").exit_code == 0


def test_demo_works_as_the_installed_command() -> None:
    done = subprocess.run([sys.executable, "-c", "from spapi_messaging.cli import main; main()", "demo"], check=True)

    assert done.returncode == 0


@pytest.mark.parametrize("change", [None, {"text": "Something else"}, {"request_id": "another"}])
def test_demo_fails_when_a_message_did_not_arrive_as_it_was_sent(
    bare: None, monkeypatch: pytest.MonkeyPatch, change: dict[str, Any] | None
) -> None:
    class Inbox(list[Message]):
        def append(self, message: Message) -> None:
            """Loses the text, or changes it."""
            if message.text is None:
                super().append(message)
            elif change:
                super().append(replace(message, **change))

    class FaultySandbox(Sandbox):
        def start(self) -> Sandbox:
            self.inbox = Inbox()
            return super().start()

    monkeypatch.setattr("spapi_messaging.sandbox.server.Sandbox", FaultySandbox)
    done = invoke("--json", "demo")

    problem = "The buyer did not get confirmOrderDetails as it was sent."
    assert done.exit_code == 1
    assert done.json["problems"] == [problem]
    assert done.stderr.endswith(f"\nThis went wrong:\n  {problem}\n")
