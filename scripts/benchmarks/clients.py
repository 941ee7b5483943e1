"""The clients under comparison, pointed at a bare server in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx

from spapi_messaging import Credentials, InProcessLimiter, UsagePlan

ORDER = "303-1234567-1234567"
MARKETPLACE = "A1PA6795UKMFR9"
ACTIONS = f"/messaging/v1/orders/{ORDER}"
CONFIRM = f"/messaging/v1/orders/{ORDER}/messages/confirmOrderDetails"
QUERY = {"marketplaceIds": MARKETPLACE}
AMPLE = UsagePlan(rate=1e6, burst=1_000_000)


class Peer(NamedTuple):
    """A running server."""

    url: str

    def counters(self) -> dict[str, Any]:
        counted: dict[str, Any] = httpx.get(f"{self.url}/counters").json()
        return counted

    def revoke(self) -> None:
        httpx.get(f"{self.url}/revoke")

    def arguments(self, seller: int = 0, **more: Any) -> dict[str, Any]:
        """What a client of ours needs to talk to it; limiter and seller are fresh for each peer."""
        return {
            "credentials": Credentials("amzn1.application-oa2-client.bench", "secret", f"Atzr|{self.url}|{seller}"),
            "marketplace": "DE",
            "endpoint": self.url,
            "lwa_endpoint": f"{self.url}/auth/o2/token",
            "limiter": InProcessLimiter(),
            **more,
        }

    def bare_headers(self) -> dict[str, str]:
        return {"x-amz-access-token": "Atza|0", "accept": "application/hal+json", "user-agent": "bare/1.0"}


@contextmanager
def peer(*options: str) -> Iterator[Peer]:
    """A server for the length of a block."""
    server = Path(__file__).with_name("server.py")
    process = subprocess.Popen([sys.executable, str(server), *options], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield Peer(f"http://127.0.0.1:{process.stdout.readline().strip()}")
    finally:
        process.terminate()
        process.wait()


def python_amazon_sp_api(to: Peer) -> Any:
    """The Messaging client of python-amazon-sp-api, pointed at the peer; None where it is not installed."""
    os.environ.pop("SP_API_DEFAULT_MARKETPLACE", None)
    try:
        from sp_api.api import Messaging  # type: ignore[import-untyped]
        from sp_api.auth.access_token_client import AccessTokenClient  # type: ignore[import-untyped]
        from sp_api.base import Marketplaces  # type: ignore[import-untyped]
    except ImportError:
        return None
    AccessTokenClient.scheme, AccessTokenClient.host = "http://", to.url.removeprefix("http://")
    credentials = {"lwa_app_id": "bench", "lwa_client_secret": "secret", "refresh_token": f"Atzr|{to.url}"}
    client = Messaging(marketplace=Marketplaces.DE, credentials=credentials)
    client.endpoint = to.url
    return client
