"""Plays the cassettes; `scripts/record` records them anew. A replay touches no network and must use a cassette up."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from vcr import VCR  # type: ignore[import-untyped]
from vcr.cassette import Cassette  # type: ignore[import-untyped]

from spapi_messaging import AsyncMessagingClient, Credentials, Marketplace, MessagingClient, RetryPolicy
from spapi_messaging.limiters import InProcessLimiter
from spapi_messaging.sandbox import Sandbox
from tests.recorded.recording import LWA_PATH, MARKETPLACE, MATCH_ON, ORIGIN, Scrubber, Serializer

CASSETTES = Path(__file__).parents[2] / "cassettes"
AMAZON = "amazon"
LWA_ORIGIN = "https://api.amazon.com"

serializer = Serializer()


def pytest_recording_configure(vcr: VCR) -> None:
    vcr.register_serializer("yaml", serializer)


@dataclass
class Target:
    """Whom the clients talk to: a sandbox while recording, nobody on replay."""

    settings: dict[str, Any]
    scrubber: Scrubber
    sandbox: Sandbox | None = None

    def prepare(self, change: Callable[[Sandbox], object]) -> None:
        """Changes the sandbox; on replay, the cassette holds what came of it."""
        if self.sandbox is not None:
            change(self.sandbox)


@pytest.fixture(scope="module")
def vcr_cassette_dir(request: pytest.FixtureRequest) -> str:
    return str(CASSETTES / request.path.stem)


@pytest.fixture
def target(request: pytest.FixtureRequest, record_mode: str) -> Iterator[Target]:
    if record_mode == "none":
        yield replayed(request.node.name)
    elif os.environ.get("SPAPI_RECORD_TARGET") == AMAZON:
        yield amazon()
    else:
        with Sandbox(request.module.MODE) as sandbox:
            yield local(sandbox)


def replayed(test: str) -> Target:
    # Tokens are shared by all clients of a process with the same credentials, so every test needs some of its own.
    credentials = Credentials(client_id="replayed", client_secret="replayed", refresh_token=f"replayed-{test}")
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
        assert vcr.all_played, "the cassette holds more than was asked for: scripts/record makes it anew"


@pytest.fixture
def client(target: Target) -> Iterator[MessagingClient]:
    with MessagingClient(**target.settings, limiter=InProcessLimiter(), retry=RetryPolicy(base=0.01)) as client:
        yield client


@pytest.fixture
async def async_client(target: Target) -> Any:
    async with AsyncMessagingClient(
        **target.settings, limiter=InProcessLimiter(), retry=RetryPolicy(base=0.01)
    ) as client:
        yield client
