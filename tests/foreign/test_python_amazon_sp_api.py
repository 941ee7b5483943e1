"""python-amazon-sp-api, the client that most Python programs use.

It reads its credentials and its marketplace from the environment. Its endpoint and the token's host are attributes.
"""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any
from urllib.parse import unquote

import httpx
import pytest

from spapi_messaging.sandbox import Sandbox
from tests.foreign.conftest import CANCELLED, INVOICE, ORDER, RESOURCE, TEXT, assert_invoice_arrived, content_md5

REASON = "python-amazon-sp-api is not installed"
api: Any = pytest.importorskip("sp_api.api", reason=REASON)
tokens: Any = pytest.importorskip("sp_api.auth.access_token_client", reason=REASON)
async_api: Any = pytest.importorskip("sp_api.asyncio.api", reason=REASON)
async_tokens: Any = pytest.importorskip("sp_api.asyncio.auth.access_token_client", reason=REASON)
base: Any = pytest.importorskip("sp_api.base", reason=REASON)
util: Any = pytest.importorskip("sp_api.util", reason=REASON)

Make = Callable[..., Any]


@pytest.fixture(autouse=True)
def pointed_at_the_sandbox(
    sandbox: Sandbox, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    for module in (tokens, async_tokens):
        monkeypatch.setattr(module.AccessTokenClient, "scheme", "http://")
        monkeypatch.setattr(module.AccessTokenClient, "host", f"{sandbox.host}:{sandbox.port}")
        module.cache.clear()  # it lives as long as the process
    yield
    for module in (tokens, async_tokens):
        module.cache.clear()


@pytest.fixture
def make(sandbox: Sandbox) -> Iterator[Make]:
    with ExitStack() as open_clients:

        def make(kind: Any = api.Messaging, *arguments: Any, **settings: Any) -> Any:
            client = kind(*arguments, **settings)
            client.endpoint = sandbox.url
            open_clients.callback(client.close)
            open_clients.callback(client._auth._transport.close)  # the client leaves it open
            return client

        yield make


def put(payload: dict[str, Any], data: bytes = INVOICE) -> int:
    """The client ends with the destination: its users PUT the file themselves."""
    return httpx.put(payload["url"], content=data, headers=payload["headers"], trust_env=False).status_code


def test_it_reads_what_an_order_allows_and_the_buyers_language(make: Make) -> None:
    messaging = make()

    actions = messaging.get_messaging_actions_for_order(ORDER)
    assert "sendInvoice" in [link["name"] for link in actions.payload["_links"]["actions"]]
    assert messaging.get_attributes(ORDER).payload == {"buyer": {"locale": "de-DE"}}


def test_it_sends_a_text(make: Make, sandbox: Sandbox) -> None:
    make().create_confirm_order_details(ORDER, body={"text": TEXT})

    (message,) = sandbox.inbox
    assert (message.operation, message.order_id, message.text) == ("createConfirmOrderDetails", ORDER, TEXT)


def test_its_upload_fails_because_it_percent_encodes_the_digest_twice(make: Make, sandbox: Sandbox) -> None:
    """`upload_document` quotes the digest, and httpx quotes it again: Amazon reads `%3D%3D` where `==` belongs.

    Amazon wants it encoded once, and S3 refuses a Content-MD5 that is not base64.
    """
    payload = make(api.Upload).upload_document(RESOURCE, io.BytesIO(INVOICE)).payload

    understood = sandbox.requests[-1].parameters["contentMD5"]
    assert understood != content_md5(INVOICE)
    assert unquote(understood) == content_md5(INVOICE)
    assert put(payload) == 400

    with pytest.raises(base.SellingApiBadRequestException, match="does not exist"):
        make().send_invoice(ORDER, body=attached(payload))
    assert not sandbox.inbox


def test_it_sends_an_invoice_if_its_users_ask_for_the_destination_themselves(make: Make, sandbox: Sandbox) -> None:
    query = {"method": "POST", "contentMD5": base.create_md5(io.BytesIO(INVOICE))}
    upload = make(api.Upload)
    query["marketplaceIds"] = upload.marketplace_id
    payload = upload._request(f"/uploads/2020-11-01/uploadDestinations/{RESOURCE}", params=query).payload
    assert put(payload) == 200

    make().send_invoice(ORDER, body=attached(payload))

    (message,) = sandbox.inbox
    assert_invoice_arrived(message)


def attached(payload: dict[str, Any]) -> dict[str, Any]:
    return {"attachments": [{"uploadDestinationId": payload["uploadDestinationId"], "fileName": "invoice.pdf"}]}


def test_an_order_that_does_not_allow_the_message_is_its_forbidden_exception(make: Make) -> None:
    with pytest.raises(base.SellingApiForbiddenException) as refused:
        make().create_confirm_order_details(CANCELLED, body={"text": TEXT})

    assert refused.value.message == "Invalid amazonOrderId and template combination."


def test_a_usage_plan_that_is_used_up_is_its_throttled_exception(make: Make, sandbox: Sandbox) -> None:
    messaging = make()
    with pytest.raises(base.SellingApiRequestThrottledException):
        for _ in range(6):
            messaging.get_attributes(ORDER)
    assert [request.status for request in sandbox.requests if request.operation] == [200] * 5 + [429]


def test_a_wrong_secret_is_its_authorization_error(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LWA_CLIENT_SECRET", "wrong")

    with pytest.raises(base.AuthorizationError) as refused:
        make().get_attributes(ORDER)
    assert (refused.value.error_code, refused.value.status_code) == ("invalid_client", 401)


def test_its_async_client_sends_a_text(sandbox: Sandbox) -> None:
    async def send() -> None:
        async with async_api.Messaging() as messaging:
            messaging.endpoint = sandbox.url
            await messaging.create_confirm_order_details(ORDER, body={"text": TEXT})
            await messaging._auth.aclose()

    asyncio.run(send())

    assert [message.text for message in sandbox.inbox] == [TEXT]


def test_it_takes_an_html_503_for_a_success(make: Make, sandbox: Sandbox) -> None:
    """It looks for `errors` in JSON and never at the status. The message is lost, and nobody hears of it."""
    sandbox.faults.add("unavailable", on="sends")

    answer = make().create_confirm_order_details(ORDER, body={"text": TEXT})

    assert (answer.payload, answer.errors) == ({}, None)
    assert not sandbox.inbox


def test_its_sp_retry_sends_a_message_twice(make: Make, sandbox: Sandbox) -> None:
    """`sp_retry` repeats after every exception, also after a 500 that came when the message was delivered already."""
    sandbox.faults.add("error-recorded", on="sends")
    send = util.sp_retry(tries=2, delay=0)(make().create_confirm_order_details)

    send(ORDER, body={"text": TEXT})

    assert [message.text for message in sandbox.inbox] == [TEXT, TEXT]


def test_it_keeps_a_token_that_is_not_valid_any_more(make: Make, sandbox: Sandbox) -> None:
    """Its token cache ends after 3,200 seconds and not before, whatever Amazon answers."""
    messaging = make()
    messaging.get_attributes(ORDER)
    sandbox.clock.advance(3601)

    for _ in range(2):
        with pytest.raises(base.SellingApiForbiddenException):
            messaging.get_attributes(ORDER)


def test_its_variable_for_the_marketplace_wins_over_the_argument(make: Make, sandbox: Sandbox) -> None:
    """`Messaging(Marketplaces.FR)` writes to Germany while SP_API_DEFAULT_MARKETPLACE is DE."""
    messaging = make(api.Messaging, base.Marketplaces.FR)

    messaging.get_attributes(ORDER)

    assert sandbox.requests[-1].parameters["marketplaceIds"] == base.Marketplaces.DE.marketplace_id
