"""The variables that point any client at a sandbox, and how shells write them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys

import pytest

from spapi_messaging import ConfigurationError, Credentials, MessagingClient
from spapi_messaging.sandbox import LOCAL_CREDENTIALS, LOCAL_LWA_ENDPOINT, LOCAL_URL, Sandbox
from spapi_messaging.sandbox.environment import posix, powershell, variables
from tests.sandbox.conftest import ORDER, Caller

NAMES = {
    "SP_API_REFRESH_TOKEN",
    "LWA_APP_ID",
    "LWA_CLIENT_SECRET",
    "SP_API_DEFAULT_MARKETPLACE",
    "SP_API_ENDPOINT",
    "LWA_ENDPOINT",
    "SP_API_SANDBOX",
}
ODD = {"A": "Atzr|x", "B": "it's", "C": '$HOME `id` "x" \\ %PATH% !', "D": "‘’‚‛", "E": "", "F": "a\nb"}
SHELLS = [shell for shell in ("sh", "bash", "dash", "zsh") if shutil.which(shell)]
SHOW = f"{sys.executable} -c 'import json, os; print(json.dumps(dict(os.environ)))'"


def test_a_client_needs_nothing_else(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in sandbox.environment().items():
        monkeypatch.setenv(name, value)
    with MessagingClient.from_env() as client:
        client.send_invoice(ORDER, attachments=[("invoice.pdf", b"%PDF-1.7")])
    assert [message.message_type for message in sandbox.inbox] == ["invoice"]


def test_they_are_those_of_the_sandbox(sandbox: Sandbox) -> None:
    with pytest.raises(ConfigurationError, match="marketplace"):
        sandbox.environment("XX")
    given = sandbox.environment("FR")
    assert given.keys() == NAMES
    assert (given["SP_API_ENDPOINT"], given["LWA_ENDPOINT"]) == (sandbox.url, sandbox.lwa_endpoint)
    assert given["SP_API_DEFAULT_MARKETPLACE"] == "FR"
    own = Credentials(given["LWA_APP_ID"], given["LWA_CLIENT_SECRET"], given["SP_API_REFRESH_TOKEN"])
    assert own == sandbox.credentials


def test_a_client_takes_http_on_another_machine_from_them(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in variables("http://sandbox:8765").items():
        monkeypatch.setenv(name, value)
    MessagingClient.from_env().close()


def test_with_them_no_client_writes_to_production(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in sandbox.environment().items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError, match="SP_API_SANDBOX"):
        MessagingClient(credentials=Credentials("amzn1.x", "secret", "Atzr|x"), marketplace="DE")


def test_every_sandbox_accepts_the_local_credentials(caller: Caller) -> None:
    given = variables(LOCAL_URL)
    assert given["LWA_ENDPOINT"] == LOCAL_LWA_ENDPOINT
    assert given["SP_API_REFRESH_TOKEN"] == LOCAL_CREDENTIALS["refresh_token"]
    assert caller.ask_for_token().status_code == 200


@pytest.mark.parametrize("shell", SHELLS)
def test_a_shell_reads_what_was_written(shell: str) -> None:
    given = {**variables(LOCAL_URL), **ODD}
    done = subprocess.run([shell, "-c", posix(given) + SHOW], capture_output=True, text=True, check=True)
    read = json.loads(done.stdout)
    assert {name: read[name] for name in given} == given


@pytest.mark.skipif(not shutil.which("pwsh"), reason="needs PowerShell")
def test_powershell_reads_what_was_written() -> None:
    given = {name: value for name, value in {**variables(LOCAL_URL), **ODD}.items() if value}
    command = ["pwsh", "-NoProfile", "-Command", powershell(given) + f"& {SHOW}"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=dict(os.environ))
    read = json.loads(done.stdout)
    assert {name: read[name] for name in given} == given


def test_lines_are_those_that_a_manual_shows() -> None:
    assert posix({"SP_API_REFRESH_TOKEN": "Atzr|x"}) == "export SP_API_REFRESH_TOKEN='Atzr|x'\n"
    assert powershell({"SP_API_REFRESH_TOKEN": "Atzr|x"}) == "$env:SP_API_REFRESH_TOKEN = 'Atzr|x'\n"
    assert powershell({"A": "it's ‘so’"}) == "$env:A = 'it''s ‘‘so’’'\n"
