"""The sandbox serves a new operation of Amazon as soon as it is in the table of operations."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from types import SimpleNamespace
from typing import Any

import pytest

from spapi_messaging import messages
from spapi_messaging.messages import MESSAGE_TYPES, OPERATIONS
from spapi_messaging.sandbox import Sandbox
from tests.sandbox.conftest import ORDER, Caller, md5_of
from tests.support.cases import published_success

ANY_ORDER = "123-1234567-1234567"


@pytest.fixture(autouse=True)
def gift_note(monkeypatch: pytest.MonkeyPatch) -> None:
    model = OPERATIONS["confirmCustomizationDetails"]
    limits: dict[str, dict[str, Any]] = {"text": {"max_length": 300}, "attachments": {"max_items": 2}}
    operation = model._replace(
        retired=None,
        operation_id="sendGiftNote",
        name="send_gift_note",
        path=model.path.replace("confirmCustomizationDetails", "giftNote"),
        message_type="giftNote",
        rate=2,
        burst=10,
        fields=tuple(field._replace(**limits[field.kind]) for field in model.fields),
    )
    case = published_success("createConfirmOrderDetails")._replace(order_id=ANY_ORDER, body={"text": "A gift"})
    monkeypatch.setitem(OPERATIONS, "sendGiftNote", operation)
    monkeypatch.setitem(MESSAGE_TYPES, "giftNote", operation)
    monkeypatch.setitem(messages.sandbox_cases(), "sendGiftNote", (case,))


@pytest.fixture(autouse=True)
def gift_options(monkeypatch: pytest.MonkeyPatch) -> None:
    model = OPERATIONS["GetAttributes"]
    color: Any = SimpleNamespace(wire_name="giftColor", location="query", required=True, enum=("red", "green"))
    path = f"{model.path}/gifts"
    operation = model._replace(
        operation_id="getGiftOptions",
        name="get_gift_options",
        path=path,
        parameters=(color,),
        answer=None,
        retired=None,
        deprecated="",
    )
    case = published_success("GetAttributes")
    case = case._replace(order_id=ANY_ORDER, parameters={"giftColor": "red"}, response={"wrapping": ["paper"]})
    monkeypatch.setitem(OPERATIONS, "getGiftOptions", operation)
    monkeypatch.setitem(messages.sandbox_cases(), "getGiftOptions", (case,))


@pytest.fixture
def new(mode: str) -> Iterator[Caller]:
    with Sandbox(mode) as sandbox, closing(Caller(sandbox)) as caller:
        sandbox.clock.freeze()
        yield caller


@pytest.mark.parametrize("mode", ["simulated"])
def test_simulated_mode_serves_it(new: Caller) -> None:
    actions = new.actions().json()["_embedded"]["actions"]
    schemas = {action["_embedded"]["schema"]["name"]: action["_embedded"]["schema"] for action in actions}
    assert schemas["giftNote"]["properties"]["rawMessageBody"]["maxLength"] == 300
    assert schemas["giftNote"]["properties"]["attachments"]["maxItems"] == 2
    assert new.destination(md5_of(b"x"), "giftNote").status_code == 201
    statuses = [new.send("giftNote", {"text": "x" * length}).status_code for length in (300, 301, *[1] * 9)]
    assert statuses == [201, 400, *[201] * 8, 429]
    assert new.send("giftNote", {"text": "x"}, "other").status_code == 429
    new.sandbox.clock.advance(0.5)
    assert new.send("giftNote", {"text": "x"}).headers["x-amzn-RateLimit-Limit"] == "2.0"
    assert new.sandbox.inbox[0].operation == "sendGiftNote"
    page = new.http.get("/").text
    assert "Gift note" in page
    assert "of 10, 2 per second" in page
    new.sandbox.orders.set(ORDER, state="cancelled")
    assert "giftNote" not in new.actions().text


@pytest.mark.parametrize("mode", ["static"])
def test_static_mode_serves_it(new: Caller) -> None:
    assert new.send("giftNote", {"text": "A gift"}, ANY_ORDER).status_code == 201
    assert new.send("giftNote", {"text": "Another"}, ANY_ORDER).status_code == 400


@pytest.mark.parametrize("mode", ["simulated", "static"])
def test_a_new_read_is_served_too(new: Caller) -> None:
    path = f"/messaging/v1/orders/{ANY_ORDER}/attributes/gifts"
    assert new.call("GET", path, giftColor="red").json() == {"wrapping": ["paper"]}
    assert new.call("GET", path).status_code == 400
    assert new.call("GET", path, giftColor="blue").status_code == 400
