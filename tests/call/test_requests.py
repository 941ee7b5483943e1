"""The request of each operation, as it goes out."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from spapi_messaging._call.requests import OrderScope, build_request
from spapi_messaging.messages import OPERATIONS, Operation, body_model
from tests.support.amazon import API, ORDER
from tests.support.hand import Time, make_context

BODIES: dict[str, dict[str, Any]] = {
    operation.operation_id: {
        field.wire_name: "Grüße 🎁" if field.kind == "text" else [{"uploadDestinationId": "d", "fileName": "n.pdf"}]
        for field in operation.fields
        if field.kind in ("text", "attachments")
    }
    for operation in OPERATIONS.values()
}


def arguments_of(operation: Operation) -> dict[str, Any]:
    if operation.kind == "upload":
        return {"message_type": "invoice", "content_md5": "a+b/c==", "content_type": "application/pdf"}
    if operation.body_model is None:
        return {}
    return {"body": body_model(operation.body_model).from_dict(BODIES[operation.operation_id])}


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
@pytest.mark.parametrize("endpoint", [API, "http://127.0.0.1:8765", "https://gateway.example/ama%20zon/"])
def test_a_request_is_what_httpx_would_make_of_it(operation: Operation, endpoint: str) -> None:
    """It is put together without httpx's parsing, which takes as long as all the rest."""
    context = make_context(Time(), base_url=httpx.URL(endpoint))
    arguments = arguments_of(operation)
    request = build_request(OrderScope.begin(context, ORDER, "FR"), operation, arguments)
    path = operation.path.replace("{amazonOrderId}", ORDER).replace("{messageType}", "invoice")
    query = {"marketplaceIds": "A13V1IB3VIYZZH"}
    if operation.kind == "upload":
        query = {"contentMD5": arguments["content_md5"], "contentType": arguments["content_type"], **query}
    body = BODIES[operation.operation_id] if operation.body_model else None
    theirs = httpx.Request(operation.http_method, endpoint.rstrip("/") + path, params=query, json=body)

    assert (request.method, request.url.raw_path) == (theirs.method, theirs.url.raw_path)
    assert (request.url.scheme, request.url.netloc) == (theirs.url.scheme, theirs.url.netloc)
    assert request.read() == theirs.read()
    for name in ("host", "content-length", "content-type"):
        assert request.headers.get(name) == theirs.headers.get(name)
    assert (request.headers["accept"], request.headers["user-agent"]) == (operation.accept, "Test/1.0")
