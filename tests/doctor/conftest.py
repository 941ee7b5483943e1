"""A world to examine: a sandbox, clients of it, and servers with which something is wrong."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from spapi_messaging import MessagingClient
from spapi_messaging.credentials import ENVIRONMENT
from spapi_messaging.doctor import Finding, examine
from spapi_messaging.doctor.probe import probe
from spapi_messaging.sandbox import Sandbox
from tests.doctor.certificates import Authority
from tests.support.amazon import Amazon
from tests.support.canned import canned_server
from tests.support.sandboxes import complete_sandbox
from tests.support.servers import Handler, Server, amazon

ORDER = "303-1234567-1234567"


def no_address(host: str, port: int) -> list[str]:
    """A resolver that knows no name."""
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


class World:
    """What a scenario needs. No message may be sent in it."""

    def __init__(self, sandbox: Sandbox, patch: pytest.MonkeyPatch, folder: Path, stack: ExitStack) -> None:
        self.sandbox = sandbox
        self.patch = patch
        self.folder = folder
        self.stack = stack
        self.authority = Authority(folder)

    def client(self, **changes: Any) -> Callable[[], MessagingClient]:
        """Makes a client of the sandbox."""
        given = {
            "credentials": self.sandbox.credentials,
            "marketplace": "DE",
            "endpoint": self.sandbox.url,
            "lwa_endpoint": self.sandbox.lwa_endpoint,
            **changes,
        }
        return lambda: MessagingClient(**given)

    def elsewhere(self, url: str | None, **changes: Any) -> Callable[[], MessagingClient]:
        """Makes a client whose calls go nowhere; only the examination itself looks for this server."""
        mock: dict[str, Any] = {"transport": Amazon(), "credentials": None, "token_provider": lambda: "a-token"}
        return self.client(endpoint=url, **mock, **changes)

    def run(
        self, make: Callable[[], MessagingClient] | None = None, order: str | None = ORDER, **options: Any
    ) -> list[Finding]:
        """What an examination finds."""
        if "source" in options:
            known = options["source"]
            options["source"] = lambda: known
        return list(examine(make or self.client(), order, **options))

    def offline(self, make: Callable[[], MessagingClient], **options: Any) -> list[Finding]:
        """The same, where no name has an address."""
        return self.run(make, probe=partial(probe, resolve=no_address), **options)

    def server(self, answer: Handler = amazon, **options: Any) -> Server:
        """A server that runs as long as the test."""
        return self.stack.enter_context(Server(answer, **options))

    def canned(self, answer: bytes) -> str:
        """The URL of a server that always answers the same."""
        return self.stack.enter_context(canned_server(answer)).url

    def closed_port(self) -> int:
        """A port where nobody listens."""
        with socket.socket() as line:
            line.bind(("127.0.0.1", 0))
            port: int = line.getsockname()[1]
            return port


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[World]:
    for name in (*ENVIRONMENT.values(), "SP_API_DEFAULT_MARKETPLACE", "SP_API_AWS_SECRET_ID", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_DIRS", str(tmp_path))
    with complete_sandbox() as sandbox, ExitStack() as stack:
        yield World(sandbox, monkeypatch, tmp_path, stack)
        assert sandbox.inbox == []
        assert [each.path for each in sandbox.requests if is_message(each.method, each.path)] == []


def is_message(method: str, path: str) -> bool:
    """Whether a request sends a message."""
    return path.startswith("/messaging/") and method != "GET"
