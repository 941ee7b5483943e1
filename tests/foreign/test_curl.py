"""What `--curl` prints, run by a shell with curl: it does the same as the command that printed it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from spapi_messaging.cli.app import application
from spapi_messaging.sandbox import Sandbox
from tests.foreign.conftest import DE, INVOICE, ORDER, TEXT, assert_invoice_arrived, run_script

TOOLS = ["bash", "curl"]


@pytest.fixture
def variables(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, str]:
    """The variables of a seller, which this process has too."""
    if missing := [tool for tool in TOOLS if not shutil.which(tool)]:
        pytest.skip(f"needs {', '.join(missing)}")
    everything = {**environment, "SP_API_DEFAULT_MARKETPLACE": DE, "HOME": str(tmp_path)}
    for name, value in everything.items():
        monkeypatch.setenv(name, value)
    return everything


def printed(*arguments: str) -> list[str]:
    """The commands that a run prints, each with its options."""
    done = CliRunner().invoke(application, [*arguments, "--curl"], prog_name="spapi-messaging")
    assert done.exit_code == 0, done.stderr
    lines = [line for line in done.stderr.splitlines() if not line.startswith("#")]
    return [f"curl {command}" for command in "\n".join(["", *lines]).split("\ncurl ")[1:]]


def run(command: str, variables: dict[str, str], folder: Path) -> str:
    done = run_script(["bash", "-c", f"{command} --silent --show-error --fail-with-body"], variables, folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_message_is_sent_again(variables: dict[str, str], sandbox: Sandbox, tmp_path: Path) -> None:
    lwa, message = printed("send", "confirmOrderDetails", ORDER, "--text", TEXT)
    token = json.loads(run(lwa, variables, tmp_path))["access_token"]
    run(message, {**variables, "ACCESS_TOKEN": token, "TEXT": json.dumps(TEXT)[1:-1]}, tmp_path)

    assert [(sent.operation, sent.text) for sent in sandbox.inbox] == [("createConfirmOrderDetails", TEXT)] * 2


def test_a_dry_run_can_be_sent(variables: dict[str, str], sandbox: Sandbox, tmp_path: Path) -> None:
    """Files included: with the requests that another run printed for its upload."""
    file = tmp_path / "invoice.pdf"
    file.write_bytes(INVOICE)
    lwa, booking, put, _ = printed("send", "invoice", ORDER, "--attach", str(file))
    (message,) = printed("send", "invoice", ORDER, "--attach", str(file), "--dry-run")
    sandbox.inbox.clear()

    known = {**variables, "FILE": str(file), "MARKETPLACE_ID": DE}
    known["ACCESS_TOKEN"] = json.loads(run(lwa, known, tmp_path))["access_token"]
    payload = json.loads(run(booking, known, tmp_path))["payload"]
    known |= {"UPLOAD_URL": payload["url"], "UPLOAD_DESTINATION_ID": payload["uploadDestinationId"]}
    run(put, known, tmp_path)
    run(message, known, tmp_path)

    (received,) = sandbox.inbox
    assert_invoice_arrived(received)
