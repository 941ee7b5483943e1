"""`send --dry-run`: the local rules alone."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest

from spapi_messaging.sandbox import Sandbox
from tests.cli.conftest import ORDER, Command, Run, invoke

TEXT = "Sehr geehrte Frau Schmidt,\r\nin Grün?"


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder, and an environment without credentials, without a marketplace and without a network."""
    for name in ("SP_API_REFRESH_TOKEN", "LWA_APP_ID", "LWA_CLIENT_SECRET", "SP_API_DEFAULT_MARKETPLACE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "invoice.pdf").write_bytes(b"%PDF-1.4\n%%EOF\n")
    return tmp_path


def test_says_what_would_be_sent(bare: Path) -> None:
    done = invoke("send", "invoice", ORDER, "--attach", "invoice.pdf", "--dry-run")

    assert done.exit_code == 0
    assert f"Would send invoice to the buyer of order {ORDER}\n" in done.stdout
    assert "  with invoice.pdf, 15 bytes, application/pdf\n" in done.stdout
    assert "Nothing was sent" in done.stdout


def test_as_json(bare: Path) -> None:
    arguments = ("send", "warranty", ORDER, "--attach", "invoice.pdf", "--coverage-start", "2026-12-13T00:00:00Z")
    digest = sha256((bare / "invoice.pdf").read_bytes()).hexdigest()

    assert invoke(*arguments, "--dry-run", "--json").json == {
        "dry_run": True,
        "operation": "CreateWarranty",
        "message_type": "warranty",
        "amazon_order_id": ORDER,
        "text_length": None,
        "attachments": [
            {"file_name": "invoice.pdf", "size": 15, "content_type": "application/pdf", "sha256": digest},
        ],
        "fields": ["coverage_start_date"],
    }


def test_shows_the_length_of_the_text_alone(bare: Path) -> None:
    for json in ([], ["--json"]):
        done = invoke("send", "confirmOrderDetails", ORDER, "--text", TEXT, "--dry-run", *json)

        assert done.exit_code == 0
        assert f"{len(TEXT) - 1} characters" in done.stdout + done.stderr
        assert "Schmidt" not in done.stdout + done.stderr


def test_names_all_problems_as_they_were_typed(bare: Path) -> None:
    done = invoke("send", "warranty", "303", "--attach", "none.pdf", "--coverage-end", "tomorrow", "--dry-run")

    assert done.exit_code == 2
    assert done.stdout == ""
    for named in ("\n  ORDER: ", "\n  --attach: none.pdf", "\n  --coverage-end: this is not a date"):
        assert named in done.stderr


@pytest.mark.parametrize(
    ("name", "content"), [("empty.pdf", b""), ("invoice.exe", b"MZ"), ("picture.png", b"%PDF-1.4\n%%EOF\n")]
)
def test_looks_into_files_as_a_send_does(
    run: Command, tmp_path: Path, sandbox: Sandbox, name: str, content: bytes
) -> None:
    (tmp_path / name).write_bytes(content)
    arguments = ("send", "invoice", ORDER, "--attach", str(tmp_path / name))
    dry, wet = run(*arguments, "--dry-run"), run(*arguments)

    assert dry.exit_code == 2
    assert dry == wet
    assert sandbox.requests == []


def test_asks_nobody(run: Command, sandbox: Sandbox) -> None:
    sandbox.orders.set(ORDER, state="cancelled")
    done: Run = run("send", "confirmOrderDetails", ORDER, "--text", "Hello", "--dry-run")

    assert done.exit_code == 0
    assert sandbox.requests == []
    assert sandbox.token_requests == []
    assert sandbox.inbox == []
