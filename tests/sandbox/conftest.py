"""A sandbox on a real socket, with a clock that is stopped, and a caller that sends it plain HTTP requests."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import Any

import httpx
import pytest

from spapi_messaging.sandbox import LOCAL_CREDENTIALS, Sandbox
from tests.support.operations import publish, retire
from tests.support.sandboxes import PLAN

collect_ignore = ["example_project"]  # test_pytest_plugin.py runs it, with the wheel

DE = "A1PA6795UKMFR9"
ORDER = "303-1234567-1234567"
RETIRED = ("amazonMotors", "negativeFeedbackRemoval")


def md5_of(data: bytes) -> str:
    return base64.b64encode(hashlib.md5(data).digest()).decode()


class Caller:
    """Calls a sandbox like a client, and returns every answer as it is."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.http = httpx.Client(base_url=sandbox.url, verify=False, trust_env=False)
        self.token = self.fresh_token()

    def close(self) -> None:
        self.http.close()

    def fresh_token(self, **changes: str) -> str:
        return str(self.ask_for_token(**changes).json()["access_token"])

    def ask_for_token(self, **changes: str) -> httpx.Response:
        return self.http.post("/auth/o2/token", data={"grant_type": "refresh_token", **LOCAL_CREDENTIALS, **changes})

    def call(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None, **query: str
    ) -> httpx.Response:
        sent = {"x-amz-access-token": self.token, **(headers or {})}
        content = {} if body is None else {"json": body}
        return self.http.request(method, path, params={"marketplaceIds": DE, **query}, headers=sent, **content)

    def actions(self, order: str = ORDER, **query: str) -> httpx.Response:
        return self.call("GET", f"/messaging/v1/orders/{order}", None, None, **query)

    def attributes(self, order: str = ORDER, **query: str) -> httpx.Response:
        return self.call("GET", f"/messaging/v1/orders/{order}/attributes", None, None, **query)

    def send(
        self, message_type: str, body: Any, order: str = ORDER, headers: dict[str, str] | None = None, **query: str
    ) -> httpx.Response:
        return self.call("POST", f"/messaging/v1/orders/{order}/messages/{message_type}", body, headers, **query)

    def destination(
        self, content_md5: str, message_type: str = "invoice", order: str = ORDER, **query: str
    ) -> httpx.Response:
        path = f"/uploads/2020-11-01/uploadDestinations/messaging/v1/orders/{order}/messages/{message_type}"
        return self.call("POST", path, None, None, contentMD5=content_md5, **query)

    def upload(self, data: bytes, message_type: str = "invoice", order: str = ORDER, **query: str) -> str:
        payload = self.destination(md5_of(data), message_type, order, **query).json()["payload"]
        assert self.http.put(payload["url"], content=data, headers=payload["headers"]).status_code == 200
        return str(payload["uploadDestinationId"])


@pytest.fixture
def retired() -> bool:
    """Whether the sandbox serves retired operations. It does, so that tests outlive the types that they send."""
    return True


@pytest.fixture(autouse=True)
def retired_types(monkeypatch: pytest.MonkeyPatch) -> None:
    """In these tests, the types in RETIRED are retired, even if Amazon publishes them again. The reads are not."""
    for message_type in RETIRED:
        retire(monkeypatch, message_type)
    for read in ("getMessagingActionsForOrder", "GetAttributes"):
        publish(monkeypatch, read)


@pytest.fixture
def sandbox(retired: bool) -> Iterator[Sandbox]:
    with Sandbox(retired=retired, plans={"*": PLAN}) as sandbox:
        sandbox.clock.freeze()
        yield sandbox


@pytest.fixture
def spapi_sandbox_options() -> dict[str, Any]:
    """For the plugin's fixtures: a sandbox that serves retired operations, like the one above."""
    return {"retired": True}


@pytest.fixture
def caller(sandbox: Sandbox) -> Iterator[Caller]:
    with closing(Caller(sandbox)) as caller:
        yield caller


@pytest.fixture
def static_caller() -> Iterator[Caller]:
    with Sandbox("static") as sandbox:
        sandbox.clock.freeze()
        with closing(Caller(sandbox)) as caller:
            yield caller
