"""The command line in this process. The environment points it at a sandbox."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from click.testing import CliRunner

from spapi_messaging.cli.app import application
from spapi_messaging.sandbox import LOCAL_CREDENTIALS, Sandbox

ORDER = "303-1234567-1234567"


@dataclass
class Run:
    """How a run of the command ended."""

    exit_code: int
    stdout: str
    stderr: str

    @property
    def json(self) -> Any:
        return json.loads(self.stdout)


Command = Callable[..., Run]


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(retired=True) as running:
        yield running


@pytest.fixture
def environment(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> pytest.MonkeyPatch:
    """The environment of a seller, with the sandbox instead of Amazon."""
    monkeypatch.setenv("SP_API_ENDPOINT", sandbox.url)
    monkeypatch.setenv("LWA_ENDPOINT", sandbox.lwa_endpoint)
    monkeypatch.setenv("SP_API_DEFAULT_MARKETPLACE", "DE")
    monkeypatch.setenv("SP_API_REFRESH_TOKEN", LOCAL_CREDENTIALS["refresh_token"])
    monkeypatch.setenv("LWA_APP_ID", LOCAL_CREDENTIALS["client_id"])
    monkeypatch.setenv("LWA_CLIENT_SECRET", LOCAL_CREDENTIALS["client_secret"])
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    return monkeypatch


def invoke(*arguments: str, stdin: str | bytes | None = None) -> Run:
    done = CliRunner().invoke(application, arguments, input=stdin, prog_name="spapi-messaging")
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return Run(done.exit_code, done.stdout, done.stderr)


@pytest.fixture
def run(environment: pytest.MonkeyPatch) -> Command:
    return invoke
