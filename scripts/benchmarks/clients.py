"""The clients that are compared, and the server for them, which has its own process."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import httpx

from spapi_messaging import Credentials, InProcessLimiter, UsagePlan

ORDER = "303-1234567-1234567"
MARKETPLACE = "A1PA6795UKMFR9"
ACTIONS = f"/messaging/v1/orders/{ORDER}"
CONFIRM = f"/messaging/v1/orders/{ORDER}/messages/confirmOrderDetails"
QUERY = {"marketplaceIds": MARKETPLACE}
MESSAGE: dict[str, Any] = {"params": QUERY, "json": {"text": "Hello"}}
AMPLE = UsagePlan(rate=1e6, burst=1_000_000)


class Peer(NamedTuple):
    """A running server, and its process."""

    url: str
    pid: int = 0

    def counters(self) -> dict[str, Any]:
        counted: dict[str, Any] = httpx.get(f"{self.url}/counters").json()
        return counted

    def revoke(self) -> None:
        httpx.get(f"{self.url}/revoke")

    def delay(self, seconds: float) -> None:
        httpx.get(f"{self.url}/delay/{seconds}")

    def arguments(self, seller: int = 0, **more: Any) -> dict[str, Any]:
        """The arguments for a client of ours that calls this server, with a new limiter and seller."""
        return {
            "credentials": Credentials("amzn1.application-oa2-client.bench", "secret", f"Atzr|{self.url}|{seller}"),
            "marketplace": "DE",
            "endpoint": self.url,
            "lwa_endpoint": f"{self.url}/auth/o2/token",
            "limiter": InProcessLimiter(),
            **more,
        }

    def unpaced(self, seller: int = 0, **more: Any) -> dict[str, Any]:
        """The same, with a usage plan that never waits."""
        return self.arguments(seller, usage_plans={"*": AMPLE}, **more)

    def bare(self, **more: Any) -> dict[str, Any]:
        """The arguments for a client of httpx that calls this server."""
        headers = {"x-amz-access-token": "Atza|0", "accept": "application/hal+json", "user-agent": "bare/1.0"}
        return {"base_url": self.url, "headers": headers, **more}


@contextmanager
def peer(*options: str, script: str = "server.py") -> Iterator[Peer]:
    """Runs a server during a block."""
    command = [sys.executable, str(Path(__file__).with_name(script)), *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield Peer(f"http://127.0.0.1:{process.stdout.readline().strip()}", process.pid)
        finally:
            process.terminate()


class Other(Protocol):
    """A client of another library. It reads the actions of an order and sends a message, or raises an exception.

    Attributes:
        name: The name of its distribution.
        statement: The import statement of its users.
    """

    name: str
    statement: str

    def __init__(self, to: Peer, *, paced: bool = False, tasks: bool = False) -> None:
        """A client that calls the peer. `paced`: with its limiter, if it has one. `tasks`: its async client."""

    def get(self) -> Any:
        """Reads. Returns the result, or an awaitable with `tasks`."""

    def post(self, text: str = "Hello") -> Any:
        """Sends. Returns the result, or an awaitable with `tasks`."""


class PythonAmazonSpApi:
    """Uses httpx, has no types and no limiter. Its endpoints are attributes and not arguments."""

    name = "python-amazon-sp-api"
    statement = "from sp_api.api import Messaging"

    def __init__(self, to: Peer, *, paced: bool = False, tasks: bool = False) -> None:
        os.environ.pop("SP_API_DEFAULT_MARKETPLACE", None)
        from sp_api.base import Marketplaces  # type: ignore[import-untyped]

        if tasks:
            from sp_api.asyncio.api import Messaging  # type: ignore[import-untyped]
            from sp_api.asyncio.auth.access_token_client import AccessTokenClient  # type: ignore[import-untyped]
        else:
            from sp_api.api import Messaging  # type: ignore[import-untyped]
            from sp_api.auth.access_token_client import AccessTokenClient  # type: ignore[import-untyped]
        AccessTokenClient.scheme, AccessTokenClient.host = "http://", to.url.removeprefix("http://")
        credentials = {"lwa_app_id": "bench", "lwa_client_secret": "secret", "refresh_token": f"Atzr|{to.url}"}
        self._client = Messaging(marketplace=Marketplaces.DE, credentials=credentials)
        self._client.endpoint = to.url

    def get(self) -> Any:
        return self._client.get_messaging_actions_for_order(ORDER)

    def post(self, text: str = "Hello") -> Any:
        return self._client.create_confirm_order_details(ORDER, body={"text": text})


class AmznSellingPartner:
    """Uses httpx2 and pydantic. Its SellingPartner has only Amazon's endpoints, so its Client is used directly."""

    name = "amzn-selling-partner"
    statement = "from amzn_selling_partner import SellingPartner"

    def __init__(self, to: Peer, *, paced: bool = False, tasks: bool = False) -> None:
        from amzn_selling_partner import AsyncClient, Client
        from amzn_selling_partner.plugins.amazon_spapi import AsyncLWAAuth, LWAAuth, LWACredentials
        from amzn_selling_partner.sdk.models.messaging_v1 import CreateConfirmOrderDetailsRequest

        credentials = LWACredentials(client_id="bench", client_secret="secret", refresh_token=f"Atzr|{to.url}")
        authorize, client = (AsyncLWAAuth, AsyncClient) if tasks else (LWAAuth, Client)
        auth = authorize(credentials, token_url=f"{to.url}/auth/o2/token", base_url=to.url)
        self._messaging = client(base_url=to.url, auth=auth, throttle=paced).messaging
        self._body = CreateConfirmOrderDetailsRequest

    def get(self) -> Any:
        return self._messaging.get_order(ORDER, [MARKETPLACE])

    def post(self, text: str = "Hello") -> Any:
        return self._messaging.create_confirm_order_detail(ORDER, self._body(text=text), [MARKETPLACE])


OTHERS: tuple[type[Other], ...] = (PythonAmazonSpApi, AmznSellingPartner)
