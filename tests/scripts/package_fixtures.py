"""Fixtures for tests that run in a process with a regenerated package. That process loads them as a pytest plugin."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from spapi_messaging import MessagingClient, UsagePlan
from spapi_messaging.cli.app import application
from spapi_messaging.limiters import BucketKey, InProcessLimiter, Ticket
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


def settings(sandbox: Sandbox, limiter: Watching) -> dict[str, Any]:
    """The arguments of a client that calls the sandbox."""
    return {
        "credentials": sandbox.credentials,
        "marketplace": "DE",
        "endpoint": sandbox.url,
        "lwa_endpoint": sandbox.lwa_endpoint,
        "limiter": limiter,
    }


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def limiter() -> Watching:
    return Watching()


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


@pytest.fixture
def client(sandbox: Sandbox, limiter: Watching) -> Iterator[Any]:
    """A client whose methods mypy does not know, because they are not in the committed package."""
    with MessagingClient(**settings(sandbox, limiter)) as opened:
        yield opened


@pytest.fixture
def card(tmp_path: Path) -> Path:
    """A file to send."""
    path = tmp_path / "card.pdf"
    path.write_bytes(PDF)
    return path


@pytest.fixture
def command_line(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A function that runs the command line against the sandbox."""
    for name, value in sandbox.environment().items():
        monkeypatch.setenv(name, value)

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(application, arguments)

    return run
