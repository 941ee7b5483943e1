"""amzn-selling-partner, generated from Amazon's models and typed with pydantic.

It reads its credentials from the environment, under names of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from spapi_messaging.sandbox import Sandbox
from tests.foreign.conftest import CANCELLED, DE, INVOICE, ORDER, RESOURCE, TEXT, assert_invoice_arrived, content_md5

REASON = "amzn-selling-partner is not installed"
selling_partner: Any = pytest.importorskip("amzn_selling_partner", reason=REASON)
models: Any = pytest.importorskip("amzn_selling_partner.sdk.models.messaging_v1", reason=REASON)
http: Any = pytest.importorskip("amzn_selling_partner.sdk._http", reason=REASON)
httpx2: Any = pytest.importorskip("httpx2", reason=REASON)

MARKETPLACES = [DE]


@pytest.fixture
def client(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """`SellingPartner` takes no endpoint of one's own. `with_options` does."""
    ours = sandbox.credentials
    monkeypatch.setenv("AMZN_SELLING_PARTNER_CLIENT_ID", ours.client_id)
    monkeypatch.setenv("AMZN_SELLING_PARTNER_CLIENT_SECRET", ours.client_secret)
    monkeypatch.setenv("AMZN_SELLING_PARTNER_REFRESH_TOKEN", ours.refresh_token)
    monkeypatch.setattr(http, "INITIAL_DELAY", 0)
    settings = {"marketplace": selling_partner.Marketplace.DE, "token_url": sandbox.lwa_endpoint, "trust_env": False}
    with selling_partner.SellingPartner(**settings) as pointed_at_amazon:
        yield pointed_at_amazon.with_options(base_url=sandbox.url)


def put(destination: Any) -> int:
    """The client ends with the destination: its users PUT the file themselves."""
    with httpx2.Client(trust_env=False) as plain:
        return int(plain.put(destination.url, content=INVOICE, headers=destination.headers).status_code)


def test_it_reads_what_an_order_allows_and_the_buyers_language(client: Any) -> None:
    actions = client.messaging.get_order(ORDER, MARKETPLACES)
    assert "sendInvoice" in [link.name for link in actions.links.actions]
    assert client.messaging.list_order_attributes(ORDER, MARKETPLACES).buyer.locale == "de-DE"


def test_it_sends_a_text(client: Any, sandbox: Sandbox) -> None:
    text = models.CreateConfirmOrderDetailsRequest(text=TEXT)
    client.messaging.create_confirm_order_detail(ORDER, text, MARKETPLACES)

    (message,) = sandbox.inbox
    assert (message.operation, message.order_id, message.text) == ("createConfirmOrderDetails", ORDER, TEXT)


def test_it_sends_an_invoice(client: Any, sandbox: Sandbox) -> None:
    destination = client.uploads.create_upload_destination(RESOURCE, MARKETPLACES, content_md5(INVOICE)).payload
    assert put(destination) == 200

    file = models.Attachment(upload_destination_id=destination.upload_destination_id, file_name="invoice.pdf")
    client.messaging.create_invoice(ORDER, models.InvoiceRequest(attachments=[file]), MARKETPLACES)

    (message,) = sandbox.inbox
    assert_invoice_arrived(message)


def test_an_order_that_does_not_allow_the_message_is_its_authorization_error(client: Any) -> None:
    with pytest.raises(selling_partner.AuthorizationError) as refused:
        client.messaging.create_confirm_order_detail(CANCELLED, {"text": TEXT}, MARKETPLACES)

    assert refused.value.body["errors"][0]["message"] == "Invalid amazonOrderId and template combination."


def test_a_usage_plan_that_is_used_up_is_its_rate_limit_error(client: Any, sandbox: Sandbox) -> None:
    sandbox.plans.set("GetAttributes", rate=1, burst=1)
    impatient = selling_partner.RequestOptions(max_retries=0)

    client.messaging.list_order_attributes(ORDER, MARKETPLACES)
    with pytest.raises(selling_partner.RateLimitExceededError):
        client.messaging.list_order_attributes(ORDER, MARKETPLACES, request_options=impatient)


def test_a_wrong_secret_is_its_authentication_error(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = selling_partner.plugins.amazon_spapi.LWACredentials(client_id="x", client_secret="x", refresh_token="x")
    monkeypatch.setattr(client.http.auth, "credentials", wrong)

    with pytest.raises(selling_partner.AuthenticationError, match="401"):
        client.messaging.list_order_attributes(ORDER, MARKETPLACES)


def test_its_client_takes_no_endpoint(sandbox: Sandbox) -> None:
    """It says `base_url` itself when it makes its client, so the argument is there twice."""
    with pytest.raises(TypeError, match="multiple values for keyword argument 'base_url'"):
        selling_partner.SellingPartner(base_url=sandbox.url)


def test_it_sends_a_message_twice_after_a_500(client: Any, sandbox: Sandbox) -> None:
    """It repeats every request after a 5xx, also when the message was delivered already."""
    sandbox.faults.add("error-recorded", on="sends")

    client.messaging.create_confirm_order_detail(ORDER, {"text": TEXT}, MARKETPLACES)

    assert [message.text for message in sandbox.inbox] == [TEXT, TEXT]


def test_it_sends_once_if_its_users_forbid_it_to_repeat(client: Any, sandbox: Sandbox) -> None:
    sandbox.faults.add("error-recorded", on="sends")
    once = selling_partner.RequestOptions(max_retries=0)

    with pytest.raises(selling_partner.ServerError):
        client.messaging.create_confirm_order_detail(ORDER, {"text": TEXT}, MARKETPLACES, request_options=once)
    assert [message.text for message in sandbox.inbox] == [TEXT]


def test_it_loses_the_rules_of_an_action_and_its_users_read_them_raw(client: Any) -> None:
    """Amazon answers an action's schema inline. The published model, and this client, look for it in `payload`."""
    actions = client.messaging.get_order(ORDER, MARKETPLACES)
    assert {action.embedded.schema_.payload for action in actions.embedded.actions} == {None}

    raw = selling_partner.RequestOptions(raw=True)
    received = client.messaging.get_order(ORDER, MARKETPLACES, request_options=raw)
    assert received["_embedded"]["actions"][0]["_embedded"]["schema"]["properties"]
