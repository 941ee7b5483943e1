"""pytest fixtures for whoever sends messages: a sandbox of its own for every test, and clients that talk to it.

pytest loads this module in every run of everyone who has the package installed, so it imports nothing until a
fixture is used. `spapi_async_client` suits pytest-asyncio and anyio, and `asyncio.run` in an ordinary test.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from spapi_messaging import AsyncMessagingClient, MessagingClient
    from spapi_messaging.sandbox import Sandbox

MARKETPLACE = "DE"


@pytest.fixture
def spapi_sandbox() -> Iterator[Sandbox]:
    """A local sandbox in simulated mode, on a free port, for this test alone: `inbox`, `faults`, `orders`, `clock`."""
    from spapi_messaging.sandbox import Sandbox

    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def spapi_client(spapi_sandbox: Sandbox) -> Iterator[MessagingClient]:
    """A `MessagingClient` for the marketplace DE that talks to `spapi_sandbox`."""
    from spapi_messaging import MessagingClient
    from spapi_messaging.limiters import InProcessLimiter

    with MessagingClient(
        credentials=spapi_sandbox.credentials,
        marketplace=MARKETPLACE,
        endpoint=spapi_sandbox.url,
        lwa_endpoint=spapi_sandbox.lwa_endpoint,
        limiter=InProcessLimiter(),
    ) as client:
        yield client


@pytest.fixture
def spapi_async_client(spapi_sandbox: Sandbox) -> AsyncMessagingClient:
    """An `AsyncMessagingClient` for the marketplace DE that talks to `spapi_sandbox`; it need not be closed."""
    import httpx

    from spapi_messaging import AsyncMessagingClient
    from spapi_messaging.limiters import InProcessLimiter

    # The fixture cannot know the test's event loop, so no connection may outlive a call.
    transport = httpx.AsyncHTTPTransport(limits=httpx.Limits(max_keepalive_connections=0))
    return AsyncMessagingClient(
        credentials=spapi_sandbox.credentials,
        marketplace=MARKETPLACE,
        endpoint=spapi_sandbox.url,
        lwa_endpoint=spapi_sandbox.lwa_endpoint,
        limiter=InProcessLimiter(),
        transport=transport,
    )
