"""The request of each operation, as it goes out."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from spapi_messaging import Marketplace
from spapi_messaging._call.requests import OrderScope, _url, build_request
from spapi_messaging.messages import OPERATIONS, Operation, body_model
from tests.support.amazon import API, ORDER
from tests.support.hand import Time, make_context
from tests.support.old_httpx import writes_json_with_spaces
from tests.support.samples import body_of

FILE = {"uploadDestinationId": "d", "fileName": "n.pdf"}
UPLOAD = {"message_type": "invoice", "content_md5": "a+b/c==", "content_type": "application/pdf"}


def body_with_umlauts(operation: Operation) -> dict[str, Any]:
    """A body with every field, whose text is not ASCII."""
    texts = {field.wire_name: "Grüße 🎁" for field in operation.fields if field.kind == "text"}
    return body_of(operation, [FILE]) | texts


def parameters_of(operation: Operation) -> dict[str, Any]:
    """A value for each parameter of an operation, by argument."""
    if operation.kind == "upload":
        return dict(UPLOAD)
    return {each.name: (*each.enum, "a b")[0] for each in operation.parameters}


@writes_json_with_spaces
@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
@pytest.mark.parametrize("endpoint", [API, "http://127.0.0.1:8765", "https://gateway.example/ama%20zon/"])
def test_a_request_is_what_httpx_would_make_of_it(operation: Operation, endpoint: str) -> None:
    """It is put together without httpx's parsing, which takes as long as all the rest."""
    context = make_context(Time(), base_url=httpx.URL(endpoint))
    arguments, body = parameters_of(operation), None
    if operation.body_model is not None:
        arguments["body"] = body_model(operation.body_model).from_dict(body_with_umlauts(operation))
        body = arguments["body"].to_dict()  # in the order in which the model writes it
    request = build_request(OrderScope.begin(context, ORDER, "FR"), operation, arguments)
    path = operation.path.replace("{amazonOrderId}", ORDER).replace("{messageType}", "invoice")
    query = {each.wire_name: arguments[each.name] for each in operation.parameters if each.location == "query"}
    if operation.kind == "upload":
        query = {"contentMD5": UPLOAD["content_md5"], "contentType": UPLOAD["content_type"]}
    query["marketplaceIds"] = "A13V1IB3VIYZZH"
    theirs = httpx.Request(operation.http_method, endpoint.rstrip("/") + path, params=query, json=body)

    assert (request.method, request.url.path) == (theirs.method, theirs.url.path)
    assert sorted(request.url.query.split(b"&")) == sorted(theirs.url.query.split(b"&"))
    assert (request.url.scheme, request.url.netloc) == (theirs.url.scheme, theirs.url.netloc)
    assert request.read() == theirs.read()
    for name in ("host", "content-length", "content-type"):
        assert request.headers.get(name) == theirs.headers.get(name)
    assert (request.headers["accept"], request.headers["user-agent"]) == (operation.accept, "Test/1.0")
    assert request.headers["accept-encoding"] == "gzip, deflate"
    assert request.extensions == {"timeout": context.settings.timeouts}


@pytest.mark.parametrize(
    ("marketplace", "told"),
    [
        (None, None),
        ("FR", None),
        ("US", "marketplace: US is in region na, this client in eu, and a refresh token authorises one region. "),
        ("XY", "marketplace: "),
    ],
)
def test_a_call_is_about_a_marketplace_of_the_clients_region(marketplace: str | None, told: str | None) -> None:
    scope = OrderScope.begin(make_context(Time()), ORDER, marketplace)

    assert scope.marketplace_id == (Marketplace.FR if marketplace == "FR" else Marketplace.DE).value
    if told is None:
        assert scope.problems == []
    else:
        (problem,) = scope.problems
        assert (problem.field, problem.rule) == ("marketplace", "marketplace")
        assert str(problem).startswith(told)
    with_remedy = [problem.remedy for problem in scope.problems if marketplace == "US"]
    assert with_remedy == (["Use a client with that region's credentials."] if marketplace == "US" else [])


def test_without_what_httpx_keeps_to_itself_a_url_is_joined_all_the_same() -> None:
    class Url(str):
        """A URL of another release."""

    for query in ("", "a=b"):
        joined = _url(Url("https://gateway.example/ama%20zon/"), "/messaging/v1/x", query)  # type: ignore[arg-type]
        assert str(joined) == "https://gateway.example/ama%20zon/messaging/v1/x" + ("?a=b" if query else "")


def test_all_that_is_wrong_with_a_call_is_told_at_once() -> None:
    scope = OrderScope.begin(make_context(Time()), "no order", "US")

    assert [problem.field for problem in scope.problems] == ["order_id", "marketplace"]
