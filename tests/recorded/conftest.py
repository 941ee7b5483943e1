"""Plays the cassettes. The client for threads records them (`scripts/record`), and both clients play them.

A replay uses no network, compares headers and bodies, and must send every request of its cassette. So a test fails when
the two clients do not send the same.
"""

from __future__ import annotations

import asyncio
import itertools
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pytest_recording.plugin import block_network, vcr
from vcr import VCR  # type: ignore[import-untyped]
from vcr.cassette import Cassette  # type: ignore[import-untyped]

from spapi_messaging import AsyncMessagingClient, Credentials, Marketplace, MessagingClient, RetryPolicy
from spapi_messaging.limiters import InProcessLimiter
from spapi_messaging.sandbox import Sandbox
from tests.recorded.recording import LWA_PATH, MARKETPLACE, MATCH_ON, ORIGIN, Scrubber, Serializer
from tests.support.cases import published_cases

__all__ = ["block_network", "vcr"]  # fixtures, for each test

CASSETTES = Path(__file__).parents[2] / "cassettes"
AMAZON = "amazon"
LWA_ORIGIN = "https://api.amazon.com"
THREADS, ASYNCIO = "threads", "asyncio"

numbers = itertools.count()
serializer = Serializer()


def pytest_recording_configure(vcr: VCR) -> None:
    vcr.register_serializer("yaml", serializer)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """While recording, only one of the two clients runs, and what no published case needs any more is removed."""
    if config.getoption("--record-mode") in (None, "none"):
        return
    for orphan in orphans():
        orphan.unlink()
    left_out = [item for item in items if kind_of(item) == ASYNCIO]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


def orphans() -> list[Path]:
    """The cassettes whose published case Amazon has removed. Retired operations keep their cases, and so theirs."""
    named = {f"test_published_case[{case.id}]" for case in published_cases()}
    return [path for path in sorted((CASSETTES / "test_static_mode").glob("*.yaml")) if path.stem not in named]


def kind_of(item: pytest.Item) -> str:
    """The client that a test runs with."""
    parameters = item.callspec.params if isinstance(item, pytest.Function) and hasattr(item, "callspec") else {}
    return str(parameters.get("kind"))


@dataclass
class Target:
    """What the client talks to: a sandbox while recording, nothing on replay."""

    settings: dict[str, Any]
    scrubber: Scrubber
    sandbox: Sandbox | None = None

    def prepare(self, change: Callable[[Sandbox], object]) -> None:
        """Change the sandbox. On replay, the cassette holds what the change led to."""
        if self.sandbox is not None:
            change(self.sandbox)


@pytest.fixture(scope="module")
def vcr_cassette_dir(request: pytest.FixtureRequest) -> str:
    return str(CASSETTES / request.path.stem)


@pytest.fixture
def default_cassette_name(request: pytest.FixtureRequest, kind: str) -> str:
    """The test's name without its client, because both clients play the same cassette."""
    name: str = request.node.name
    return name.replace(f"[{kind}]", "").replace(f"[{kind}-", "[")


@pytest.fixture
def target(request: pytest.FixtureRequest, record_mode: str) -> Iterator[Target]:
    if record_mode == "none":
        yield replayed()
    elif os.environ.get("SPAPI_RECORD_TARGET") == AMAZON:
        yield amazon()
    else:
        with Sandbox(request.module.MODE, retired=True) as sandbox:
            yield local(sandbox)


def replayed() -> Target:
    # All clients of a process that have the same credentials share their tokens, so each test needs its own.
    refresh_token = f"replayed-{next(numbers)}"
    credentials = Credentials(client_id="replayed", client_secret="replayed", refresh_token=refresh_token)
    settings = {
        "credentials": credentials,
        "marketplace": MARKETPLACE,
        "endpoint": ORIGIN,
        "lwa_endpoint": ORIGIN + LWA_PATH,
    }
    return Target(settings, Scrubber())


def local(sandbox: Sandbox) -> Target:
    serializer.source = f"the local sandbox in {sandbox.mode} mode"
    settings = {
        "credentials": sandbox.credentials,
        "marketplace": MARKETPLACE,
        "endpoint": sandbox.url,
        "lwa_endpoint": sandbox.lwa_endpoint,
    }
    return Target(settings, Scrubber((sandbox.url,)), sandbox)


def amazon() -> Target:
    marketplace = Marketplace.parse(os.environ["SP_API_DEFAULT_MARKETPLACE"])
    endpoint = marketplace.region.sandbox_endpoint
    serializer.source = f"Amazon's sandbox of the region {marketplace.region}"
    settings = {"credentials": Credentials.from_env(), "marketplace": marketplace, "sandbox": True}
    return Target(settings, Scrubber((endpoint, LWA_ORIGIN), marketplace))


@pytest.fixture
def vcr_config(target: Target) -> dict[str, Any]:
    return {
        "match_on": MATCH_ON,
        "before_record_request": target.scrubber.request,
        "before_record_response": target.scrubber.answer,
    }


@pytest.fixture(autouse=True)
def cassette_is_used_up(vcr: Cassette, record_mode: str) -> Iterator[None]:
    yield
    if record_mode == "none":
        assert vcr.all_played, "not every request of the cassette was sent: if that is right, run scripts/record"


class Awaited:
    """An async client that is called like the other one: each call runs to its end on one event loop."""

    def __init__(self, runner: asyncio.Runner, client: AsyncMessagingClient) -> None:
        self._runner = runner
        self._client = client

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._client, name)

        async def call(*arguments: Any, **options: Any) -> Any:
            return await method(*arguments, **options)

        return lambda *arguments, **options: self._runner.run(call(*arguments, **options))


@pytest.fixture(params=[THREADS, ASYNCIO])
def kind(request: pytest.FixtureRequest) -> str:
    """Runs a test with the client for threads and with the one for asyncio."""
    kind: str = request.param
    return kind


@pytest.fixture
def options() -> dict[str, Any]:
    """More arguments of the client."""
    return {}


@pytest.fixture
def client(target: Target, kind: str, options: dict[str, Any]) -> Iterator[Any]:
    """A client of either kind. Its methods are called without await."""
    arguments = {
        "limiter": InProcessLimiter(),
        "retry": RetryPolicy(base=0.01),
        "user_agent": "Cassettes/1.0",
        **target.settings,
        **options,
    }
    if kind == THREADS:
        with MessagingClient(**arguments) as client:
            yield client
    else:
        with asyncio.Runner() as runner:
            awaited = Awaited(runner, AsyncMessagingClient(**arguments))
            yield awaited
            awaited.aclose()
