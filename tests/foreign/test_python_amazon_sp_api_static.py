"""python-amazon-sp-api gets the published answers of the static sandbox if it sends the published requests.

It writes `marketplaceIds` and `MarketplaceIds` into every body, so the published cases with a body never match. The
cases without a body match: reads, the invoice, the removal of feedback, and each 400.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from spapi_messaging.messages import Operation
from spapi_messaging.sandbox import Sandbox
from tests.support.cases import published_cases

if TYPE_CHECKING:
    from spapi_messaging.messages import SandboxCase

REASON = "python-amazon-sp-api is not installed"
api: Any = pytest.importorskip("sp_api.api", reason=REASON)
auth: Any = pytest.importorskip("sp_api.auth", reason=REASON)
base: Any = pytest.importorskip("sp_api.base", reason=REASON)

ADDED = {"marketplaceIds", "MarketplaceIds"}


def published(with_body: bool) -> pytest.MarkDecorator:
    """Parametrizes with the cases that match a body, or with those that do not; of operations that the client knows."""
    chosen = []
    for each in published_cases():
        operation: Any
        case: Any
        operation, case = each.values
        if hasattr(api.Messaging, operation.name) and (case.body is not None) == with_body:
            chosen.append(each)
    return pytest.mark.parametrize(("operation", "case"), chosen)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox("static") as sandbox:
        yield sandbox


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[Any]:
    class LocalTokens(auth.AccessTokenClient):  # type: ignore[misc]
        scheme = "http://"
        host = f"{sandbox.host}:{sandbox.port}"

    ours = sandbox.credentials
    theirs = {
        "refresh_token": ours.refresh_token,
        "lwa_app_id": ours.client_id,
        "lwa_client_secret": ours.client_secret,
    }
    client = api.Messaging(base.Marketplaces.US, credentials=theirs, auth_token_client_class=LocalTokens)
    client.endpoint = sandbox.url
    yield client
    client.close()
    client._auth._transport.close()  # the client leaves it open


def call(client: Any, operation: Operation, case: SandboxCase) -> Any:
    method = getattr(client, operation.name)
    return method(case.order_id, body=dict(case.body or {})) if operation.kind == "send" else method(case.order_id)


@published(with_body=False)
def test_it_gets_the_published_answer(client: Any, sandbox: Sandbox, operation: Operation, case: SandboxCase) -> None:
    if case.status < 300:
        answer = call(client, operation, case)
        for name, value in case.response.items():
            assert getattr(answer, name) == value
    else:
        with pytest.raises(base.SellingApiBadRequestException) as refused:
            call(client, operation, case)
        assert refused.value.error == case.response["errors"]
    assert sandbox.requests[-1].status == case.status


@published(with_body=True)
def test_its_bodies_are_not_the_published_ones(
    client: Any, sandbox: Sandbox, operation: Operation, case: SandboxCase
) -> None:
    with pytest.raises(base.SellingApiBadRequestException, match="Could not match input arguments"):
        call(client, operation, case)
    sent = json.loads(sandbox.requests[-1].body)
    assert set(sent) - set(case.body) == ADDED
    assert {name: value for name, value in sent.items() if name not in ADDED} == case.body
