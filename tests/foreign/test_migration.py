"""docs/migrating/python-amazon-sp-api.md: its example runs, and nothing of that client is left out."""

from __future__ import annotations

import inspect
import re
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pytest

import spapi_messaging
from spapi_messaging import MessagingClient
from spapi_messaging.sandbox import Sandbox
from tests.docs.pages import Page
from tests.foreign.conftest import ORDER, assert_invoice_arrived

REASON = "python-amazon-sp-api is not installed"
api: Any = pytest.importorskip("sp_api.api", reason=REASON)
tokens: Any = pytest.importorskip("sp_api.auth.access_token_client", reason=REASON)
base: Any = pytest.importorskip("sp_api.base", reason=REASON)
util: Any = pytest.importorskip("sp_api.util", reason=REASON)
exceptions: Any = pytest.importorskip("sp_api.base.exceptions", reason=REASON)
refusals: Any = pytest.importorskip("sp_api.auth.exceptions", reason=REASON)
client: Any = pytest.importorskip("sp_api.base.client", reason=REASON)
marketplaces: Any = pytest.importorskip("sp_api.base.marketplaces", reason=REASON)
providers: Any = pytest.importorskip("sp_api.base.credential_provider", reason=REASON)

PAGE = Page("migrating/python-amazon-sp-api.md")
SECTION = PAGE.text
(EXAMPLE,) = PAGE.blocks("py")
ROWS = [line.strip("| ").split(" | ") for line in SECTION.splitlines() if line.startswith("| ")]


def run_example(sandbox: Sandbox, environment: dict[str, str], invoice: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(invoice.parent)
    monkeypatch.setattr(base.Marketplaces.DE, "endpoint", sandbox.url)
    monkeypatch.setattr(tokens.AccessTokenClient, "scheme", "http://")
    monkeypatch.setattr(tokens.AccessTokenClient, "host", f"{sandbox.host}:{sandbox.port}")
    tokens.cache.clear()
    names: dict[str, Any] = {
        "BytesIO": BytesIO,
        "Marketplaces": base.Marketplaces,
        "Messaging": api.Messaging,
        "Path": Path,
        "SellingApiForbiddenException": base.SellingApiForbiddenException,
        "Upload": api.Upload,
        "create_md5": base.create_md5,
        "httpx": httpx,
    }
    try:
        exec(EXAMPLE, names)
    finally:
        tokens.cache.clear()
        for theirs in (names["upload"], names["messaging"]):
            theirs.close()
            theirs._auth._transport.close()  # the client leaves it open


def test_the_example_of_the_other_client_runs(
    sandbox: Sandbox, environment: dict[str, str], invoice: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_example(sandbox, environment, invoice, monkeypatch)

    (message,) = sandbox.inbox
    assert_invoice_arrived(message)


def test_the_example_of_the_other_client_says_when_the_message_is_refused(
    sandbox: Sandbox,
    environment: dict[str, str],
    invoice: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    refusal = '{"errors": [{"code": "Unauthorized", "message": "Invalid amazonOrderId and template combination."}]}'
    sandbox.faults.answer(403, refusal, on="sendInvoice")

    run_example(sandbox, environment, invoice, monkeypatch)

    assert capsys.readouterr().out.startswith("Not for this order")


def public(names: Any) -> set[str]:
    return {name for name in names if not name.startswith("_")}


ARGUMENTS = set(inspect.signature(api.Messaging.__init__).parameters) - {"self"}
ANSWERS = set(vars(base.ApiResponse({"buyer": {}}, headers={}, unknown=1)))
EXCEPTIONS = {
    name
    for module in (exceptions, providers, refusals)
    for name, thing in vars(module).items()
    if isinstance(thing, type) and issubclass(thing, Exception)
}
SOURCES = [inspect.getsource(module) for module in (client, marketplaces, providers, tokens)]
VARIABLES = set(re.findall(r"""["']((?:SP_API|LWA|AWS)_[A-Z_]+)["']""", "".join(SOURCES)))
HELPERS = {"retry", "throttle_retry", "sp_retry", "load_all_pages", "load_date_bound", "create_md5"}


@pytest.mark.parametrize(
    "names",
    [
        pytest.param(ARGUMENTS, id="arguments"),
        pytest.param(ANSWERS, id="answers"),
        pytest.param(EXCEPTIONS, id="exceptions"),
        pytest.param(VARIABLES, id="variables"),
        pytest.param(HELPERS, id="helpers"),
    ],
)
def test_each_name_of_the_other_client_is_in_the_table(names: set[str]) -> None:
    there = {word for row in ROWS for code in re.findall("`([^`]+)`", row[0]) for word in re.findall(r"\w+", code)}

    assert names
    assert names - there == set()


def test_each_method_of_the_other_client_is_a_method_here() -> None:
    theirs = public(vars(api.Messaging))

    assert len(theirs) == 13
    assert theirs - public(dir(MessagingClient)) == set()


def test_each_error_that_the_table_names_exists_here() -> None:
    here = {name for row in ROWS for name in re.findall(r"`([A-Z]\w+(?:Error|Timeout))`", row[1])}

    assert len(here) > 10
    assert here - set(spapi_messaging.__all__) == set()


@pytest.mark.parametrize(
    ("status", "theirs", "ours"),
    [
        (400, "SellingApiBadRequestException", "BadRequestError"),
        (401, "SellingApiException", "AccessDeniedError"),
        (403, "SellingApiForbiddenException", "AccessDeniedError"),
        (404, "SellingApiNotFoundException", "NotFoundError"),
        (409, "SellingApiStateConflictException", "ApiError"),
        (413, "SellingApiTooLargeException", "PayloadTooLargeError"),
        (415, "SellingApiUnsupportedFormatException", "UnsupportedMediaTypeError"),
        (418, "SellingApiException", "ApiError"),
        (500, "SellingApiServerException", "DeliveryUnknownError"),
        (503, "SellingApiTemporarilyUnavailableException", "DeliveryUnknownError"),
        (504, "SellingApiGatewayTimeoutException", "DeliveryUnknownError"),
    ],
)
def test_a_status_is_the_error_of_the_table(sandbox: Sandbox, status: int, theirs: str, ours: str) -> None:
    sandbox.faults.answer(status, '{"errors": [{"code": "Some", "message": "Some."}]}', on="sends", times=None)
    arguments: dict[str, Any] = {"credentials": sandbox.credentials, "marketplace": "DE"}
    with (
        MessagingClient(**arguments, endpoint=sandbox.url, lwa_endpoint=sandbox.lwa_endpoint) as client,
        pytest.raises(spapi_messaging.SpApiMessagingError) as refused,
    ):
        client.create_confirm_order_details(ORDER, text="Hallo")

    assert exceptions.get_exception_for_code(status).__name__ == theirs
    assert type(refused.value).__name__ == ours
    assert any(theirs in row[0] and ours in row[1] for row in ROWS)
