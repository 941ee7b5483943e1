"""amzn-sp-api, which Amazon generates from its models.

It reads nothing from the environment: credentials, endpoint and the token's URL are arguments.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from spapi_messaging.sandbox import Sandbox
from tests.foreign.conftest import CANCELLED, DE, INVOICE, ORDER, RESOURCE, TEXT, assert_invoice_arrived, content_md5

REASON = "amzn-sp-api is not installed"
spapi: Any = pytest.importorskip("spapi", reason=REASON)
models: Any = pytest.importorskip("spapi.models.messaging_v1", reason=REASON)
lwa: Any = pytest.importorskip("spapi.auth.lwa_request", reason=REASON)
requests: Any = pytest.importorskip("requests", reason=REASON)

Make = Callable[..., Any]


@pytest.fixture(autouse=True)
def no_handlers_are_left() -> Iterator[None]:
    """Takes away the log handlers that it adds; see the test of its log."""
    loggers = [logging.getLogger(name) for name in ("spapi", "urllib3")]
    before = [(list(logger.handlers), logger.level) for logger in loggers]
    yield
    for logger, (handlers, level) in zip(loggers, before, strict=True):
        logger.handlers[:] = handlers
        logger.setLevel(level)


@pytest.fixture
def make(sandbox: Sandbox) -> Iterator[Make]:
    with ExitStack() as open_clients:

        def make(**changes: str) -> Any:
            ours = sandbox.credentials
            credentials = {
                "client_id": ours.client_id,
                "client_secret": ours.client_secret,
                "refresh_token": ours.refresh_token,
            }
            config = spapi.SPAPIConfig(**credentials | changes, region="EU")
            client = spapi.SPAPIClient(config, oauth_endpoint=sandbox.lwa_endpoint, endpoint=sandbox.url).api_client
            open_clients.callback(client.rest_client.pool_manager.clear)
            return client

        yield make


def attached(destination: Any) -> Any:
    file = models.Attachment(upload_destination_id=destination.upload_destination_id, file_name="invoice.pdf")
    return models.InvoiceRequest(attachments=[file])


def put(destination: Any) -> int:
    """The client ends with the destination: its users PUT the file themselves."""
    with requests.Session() as session:
        session.trust_env = False
        return int(session.put(destination.url, data=INVOICE, headers=destination.headers).status_code)


def test_it_reads_what_an_order_allows_and_the_buyers_language(make: Make) -> None:
    messaging = spapi.MessagingApi(make())

    actions = messaging.get_messaging_actions_for_order(ORDER, [DE])
    assert "sendInvoice" in [link.name for link in actions.links.actions]
    assert messaging.get_attributes(ORDER, [DE]).buyer.locale == "de-DE"


def test_it_sends_a_text(make: Make, sandbox: Sandbox) -> None:
    text = models.CreateConfirmOrderDetailsRequest(text=TEXT)
    spapi.MessagingApi(make()).create_confirm_order_details(ORDER, [DE], text)

    (message,) = sandbox.inbox
    assert (message.operation, message.order_id, message.text) == ("createConfirmOrderDetails", ORDER, TEXT)


def test_its_upload_is_refused_because_it_encodes_the_slashes_of_the_resource(make: Make, sandbox: Sandbox) -> None:
    """It sends `…/uploadDestinations/messaging%2Fv1%2Forders…`. Amazon wants slashes there, and answers 403."""
    with pytest.raises(spapi.ApiException) as refused:
        spapi.UploadsApi(make()).create_upload_destination_for_resource([DE], content_md5(INVOICE), RESOURCE)

    assert refused.value.status == 403
    assert sandbox.requests[-1].path.endswith(RESOURCE.replace("/", "%2F"))


def test_the_resource_of_its_documentation_is_refused_because_it_begins_with_a_slash(
    make: Make, sandbox: Sandbox
) -> None:
    """Its docstring writes `/messaging/v1/orders/…`. That makes two slashes in a row, and Amazon answers 403."""
    client = make()
    client.configuration.safe_chars_for_path_param = "/"

    with pytest.raises(spapi.ApiException, match="Access to requested resource is denied"):
        spapi.UploadsApi(client).create_upload_destination_for_resource([DE], content_md5(INVOICE), f"/{RESOURCE}")
    assert sandbox.requests[-1].path.endswith(f"/uploadDestinations//{RESOURCE}")


def test_it_sends_an_invoice_if_its_users_let_the_slashes_alone(make: Make, sandbox: Sandbox) -> None:
    client = make()
    client.configuration.safe_chars_for_path_param = "/"
    uploads = spapi.UploadsApi(client)
    destination = uploads.create_upload_destination_for_resource([DE], content_md5(INVOICE), RESOURCE).payload
    assert put(destination) == 200

    spapi.MessagingApi(client).send_invoice(ORDER, [DE], attached(destination))

    (message,) = sandbox.inbox
    assert_invoice_arrived(message)


def test_an_order_that_does_not_allow_the_message_is_its_api_exception(make: Make) -> None:
    text = models.CreateConfirmOrderDetailsRequest(text=TEXT)
    with pytest.raises(spapi.ApiException, match="Invalid amazonOrderId and template combination") as refused:
        spapi.MessagingApi(make()).create_confirm_order_details(CANCELLED, [DE], text)

    assert refused.value.status == 403


def test_a_usage_plan_that_is_used_up_is_its_api_exception(make: Make, sandbox: Sandbox) -> None:
    messaging = spapi.MessagingApi(make())
    with pytest.raises(spapi.ApiException, match="QuotaExceeded") as refused:
        for _ in range(6):
            messaging.get_attributes(ORDER, [DE])

    assert refused.value.status == 429
    assert [request.status for request in sandbox.requests if request.operation] == [200] * 5 + [429]


def test_a_wrong_secret_is_tried_four_times_and_called_an_outage(
    make: Make, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It asks `if e.response`, which is false for every 4xx. So it waits 14 seconds, and says "server_error".

    Amazon's answer is a final 401, invalid_client; its text is in `cause` alone.
    """
    pauses: list[float] = []
    monkeypatch.setattr(lwa.time, "sleep", pauses.append)

    with pytest.raises(lwa.LwaException, match="server_error") as refused:
        make(client_secret="wrong")

    assert pauses == [2, 4, 8]
    assert [request.status for request in sandbox.requests] == [401] * 4
    assert refused.value.__cause__.response.json()["error"] == "invalid_client"


def test_it_loses_the_rules_of_an_action_and_its_users_read_them_from_the_last_answer(make: Make) -> None:
    """Amazon answers an action's schema inline. The published model, and this client, look for it in `payload`."""
    client = make()
    actions = spapi.MessagingApi(client).get_messaging_actions_for_order(ORDER, [DE])

    assert {action.embedded.var_schema.payload for action in actions.embedded.actions} == {None}
    received = json.loads(client.last_response.data)
    assert received["_embedded"]["actions"][0]["_embedded"]["schema"]["properties"]


def test_each_of_its_models_adds_a_log_handler() -> None:
    """Every model makes a `Configuration`, and that adds a handler: after three models, each line is logged thrice."""
    before = len(logging.getLogger("spapi").handlers)
    for _ in range(3):
        models.CreateConfirmOrderDetailsRequest(text=TEXT)

    assert len(logging.getLogger("spapi").handlers) - before == 3
