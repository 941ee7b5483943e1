"""docs/migrating/generated-clients.md: both sides of its examples run, and its methods exist."""

from __future__ import annotations

import base64
import hashlib
import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from spapi_messaging import MessagingClient
from spapi_messaging.sandbox import Sandbox
from tests.docs.pages import Page
from tests.foreign.conftest import assert_invoice_arrived

PAGE = Page("migrating/generated-clients.md")
WITH_AN_INVOICE, WITH_A_TEXT = PAGE.blocks("py")
METHODS = re.findall(r"^\| `(\w+)` \| `(\w+)` \| `(\w+)` \|$", PAGE.section("Methods"), re.M)


@pytest.fixture
def amazons() -> Iterator[Any]:
    """amzn-sp-api. Each of its models adds a handler to its logger."""
    package = pytest.importorskip("spapi", reason="amzn-sp-api is not installed")
    loggers = [logging.getLogger(name) for name in ("spapi", "urllib3")]
    before = [(list(logger.handlers), logger.level) for logger in loggers]
    yield package
    for logger, (handlers, level) in zip(loggers, before, strict=True):
        logger.handlers[:] = handlers
        logger.setLevel(level)


@pytest.fixture
def partners() -> Any:
    return pytest.importorskip("amzn_selling_partner", reason="amzn-selling-partner is not installed")


def test_the_invoice_of_amzn_sp_api_arrives(
    amazons: Any, sandbox: Sandbox, invoice: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    models = pytest.importorskip("spapi.models.messaging_v1")
    requests = pytest.importorskip("requests")
    monkeypatch.chdir(invoice.parent)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    credentials = sandbox.credentials
    names: dict[str, Any] = {
        **{name: getattr(amazons, name) for name in ("ApiException", "MessagingApi", "SPAPIConfig", "UploadsApi")},
        "SPAPIClient": partial(amazons.SPAPIClient, oauth_endpoint=sandbox.lwa_endpoint, endpoint=sandbox.url),
        "Attachment": models.Attachment,
        "InvoiceRequest": models.InvoiceRequest,
        "CLIENT_ID": credentials.client_id,
        "CLIENT_SECRET": credentials.client_secret,
        "REFRESH_TOKEN": credentials.refresh_token,
        "Path": Path,
        "base64": base64,
        "hashlib": hashlib,
        "requests": requests,
    }
    try:
        exec(WITH_AN_INVOICE, names)
    finally:
        names["client"].rest_client.pool_manager.clear()

    (message,) = sandbox.inbox
    assert_invoice_arrived(message)


def pointed_at(sandbox: Sandbox, package: Any) -> Callable[..., Any]:
    """A SellingPartner that talks to the sandbox. The package's own takes no endpoint."""

    @contextmanager
    def selling_partner(**arguments: Any) -> Iterator[Any]:
        with package.SellingPartner(**arguments, token_url=sandbox.lwa_endpoint, trust_env=False) as client:
            yield client.with_options(base_url=sandbox.url)

    return selling_partner


@pytest.mark.parametrize("state", ["shipped", "cancelled"])
def test_the_text_of_amzn_selling_partner_arrives_if_the_order_allows_it(
    state: str, partners: Any, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    models = pytest.importorskip("amzn_selling_partner.sdk.models.messaging_v1")
    sandbox.orders.set("303-1234567-1234567", state=state)
    for name in ("client_id", "client_secret", "refresh_token"):
        monkeypatch.setenv(f"AMZN_SELLING_PARTNER_{name.upper()}", getattr(sandbox.credentials, name))
    names: dict[str, Any] = {
        "AuthorizationError": partners.AuthorizationError,
        "CreateConfirmOrderDetailsRequest": models.CreateConfirmOrderDetailsRequest,
        "Marketplace": partners.Marketplace,
        "SellingPartner": pointed_at(sandbox, partners),
    }
    exec(WITH_A_TEXT, names)

    texts = [message.text for message in sandbox.inbox]
    assert names["language"] == "de-DE"
    assert (texts, capsys.readouterr().out[:18]) == (
        (["Sollen wir beide Lampen liefern?"], "") if state == "shipped" else ([], "Not for this order")
    )


def public(thing: Any) -> set[str]:
    """The methods of an API, without the variants that only answer in another form."""
    return {name for name in dir(thing) if re.fullmatch("(get|list|create|send|confirm)_(?!.*_with_http_info).*", name)}


def test_each_method_of_both_is_in_the_table(amazons: Any) -> None:
    resources: Any = pytest.importorskip("amzn_selling_partner.sdk.resources.messaging_v1")
    theirs = next(each for name, each in vars(resources).items() if hasattr(each, "create_invoice"))
    amazon, partner, ours = (set(column) for column in zip(*METHODS, strict=True))

    assert public(amazons.MessagingApi) == amazon
    assert public(theirs) == partner
    assert ours <= set(dir(MessagingClient))
