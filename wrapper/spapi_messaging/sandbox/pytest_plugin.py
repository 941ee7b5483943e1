"""pytest fixtures: a separate sandbox for each test, and clients that talk to it.

pytest loads this module in every test run where the package is installed, so it imports nothing until a fixture is
used. `spapi_async_client` works with pytest-asyncio, with the asyncio backend of anyio, and with `asyncio.run` in an
ordinary test. A test that runs on trio is skipped, because the client is for asyncio only.

Tests are fast: the sandbox has plans that nobody uses up, and the clients do not pace themselves. A test that is about
usage plans says so in `spapi_sandbox_options`:

    @pytest.mark.parametrize("spapi_sandbox_options", [{"plans": None}])  # the published plans
    def test_the_pace(spapi_sandbox, spapi_client): ...
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from spapi_messaging import AsyncMessagingClient, MessagingClient
    from spapi_messaging.sandbox import Sandbox


AMPLE_PLANS = {"*": (1000.0, 1000)}
"""What no test uses up."""


@pytest.fixture
def spapi_sandbox_options() -> dict[str, Any]:
    """Keyword arguments of `Sandbox`. Define a fixture with this name, or parametrize it, to give others.

    With `plans`, the clients pace themselves as well: `{"plans": None}` is for the published plans.
    """
    return {}


@pytest.fixture
def spapi_sandbox(spapi_sandbox_options: dict[str, Any]) -> Iterator[Sandbox]:
    """A local sandbox in simulated mode, on a free port, for this test alone: `inbox`, `faults`, `orders`, `clock`."""
    from spapi_messaging.sandbox import Sandbox

    with Sandbox(**{"plans": AMPLE_PLANS, **spapi_sandbox_options}) as sandbox:
        yield sandbox


@pytest.fixture
def spapi_client(spapi_sandbox: Sandbox, spapi_sandbox_options: dict[str, Any]) -> Iterator[MessagingClient]:
    """A `MessagingClient` for the marketplace DE that talks to `spapi_sandbox`."""
    from spapi_messaging import MessagingClient

    with MessagingClient(**_settings(spapi_sandbox, spapi_sandbox_options)) as client:
        yield client


@pytest.fixture
def spapi_async_client(
    request: pytest.FixtureRequest, spapi_sandbox: Sandbox, spapi_sandbox_options: dict[str, Any]
) -> AsyncMessagingClient:
    """An `AsyncMessagingClient` for the marketplace DE that talks to `spapi_sandbox`. You need not close it."""
    if _runs_on_trio(request):
        pytest.skip("spapi_async_client works with asyncio only, and this test runs on trio")
    import httpx

    from spapi_messaging import AsyncMessagingClient

    # The fixture does not know the event loop of the test, so no connection may stay open after a call.
    transport = httpx.AsyncHTTPTransport(limits=httpx.Limits(max_keepalive_connections=0))
    return AsyncMessagingClient(**_settings(spapi_sandbox, spapi_sandbox_options), transport=transport)


def _runs_on_trio(request: pytest.FixtureRequest) -> bool:
    """Whether pytest-trio runs the test, or anyio with its trio backend."""
    if "anyio_backend" not in request.fixturenames:
        return request.node.get_closest_marker("trio") is not None
    backend = request.getfixturevalue("anyio_backend")  # a name, or a name and options
    return "trio" in (backend, backend[0])


def _settings(sandbox: Sandbox, options: dict[str, Any]) -> dict[str, Any]:
    from spapi_messaging.limiters import InProcessLimiter, Unlimited

    return {
        "credentials": sandbox.credentials,
        "marketplace": "DE",
        "endpoint": sandbox.url,
        "lwa_endpoint": sandbox.lwa_endpoint,
        "limiter": InProcessLimiter() if "plans" in options else Unlimited(),
    }
