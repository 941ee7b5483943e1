"""Simulated mode: what orders allow, which bodies are valid, and what buyers receive."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from spapi_messaging.messages import MESSAGE_TYPES, Operation
from spapi_messaging.sandbox import Sandbox
from tests.sandbox.conftest import DE, ORDER, RETIRED, Caller
from tests.support.operations import field_of, too_much
from tests.support.samples import body_of, query_of
from tests.support.sandboxes import complete_sandbox

STATES = ("unshipped", "shipped", "delivered", "cancelled")
ATTACHMENT = {"uploadDestinationId": "a", "fileName": "b"}
TOO_LONG = too_much("confirmOrderDetails", "text")
TOO_MANY = too_much("invoice", "attachments")
ACTION_NAMES = {"invoice": "sendInvoice"}


def error(response: httpx.Response) -> tuple[int, str, str]:
    [error] = response.json()["errors"]
    return response.status_code, error["message"], error["details"]


def valid_body(caller: Caller, operation: Operation) -> dict[str, Any]:
    uploaded = caller.upload(b"%PDF-1.7 invoice", str(operation.message_type))
    return body_of(operation, [{"uploadDestinationId": uploaded, "fileName": "a.pdf"}])


def send_any(caller: Caller, operation: Operation, body: dict[str, Any]) -> httpx.Response:
    """Sends a message by the method and with the query that its operation has."""
    path = operation.path.replace("{amazonOrderId}", ORDER)
    return caller.call(operation.http_method, path, body if operation.body_model else None, **query_of(operation))


def listed(response: httpx.Response) -> dict[str, dict[str, Any]]:
    assert response.headers["content-type"] == "application/hal+json"
    document = response.json()
    names = [link["name"] for link in document["_links"]["actions"]]
    schemas = [action["_embedded"]["schema"] for action in document["_embedded"]["actions"]]
    assert names == [schema["name"] for schema in schemas]
    return {schema["name"]: schema for schema in schemas}


@pytest.mark.parametrize("message_type", MESSAGE_TYPES)
def test_a_shipped_order_takes_every_message(caller: Caller, message_type: str) -> None:
    operation = MESSAGE_TYPES[message_type]
    body = valid_body(caller, operation)
    response = send_any(caller, operation, body)
    assert (response.status_code, response.json()) == (operation.success_status, {})
    [message] = caller.sandbox.inbox
    assert (message.operation, message.message_type) == (operation.operation_id, message_type)
    assert (message.order_id, message.marketplace_id, message.locale) == (ORDER, DE, "de-DE")
    assert message.text == body.get("text")
    assert message.request_id == response.headers["x-amzn-RequestId"]
    assert [file.content for file in message.attachments] == [b"%PDF-1.7 invoice"] * len(body.get("attachments", ()))
    assert set(message.fields) == set(body) - {"text", "attachments"}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("message_type", MESSAGE_TYPES)
def test_what_is_listed_is_what_can_be_sent(caller: Caller, state: str, message_type: str) -> None:
    caller.sandbox.orders.set(ORDER, state=state)
    operation = MESSAGE_TYPES[message_type]
    response = send_any(caller, operation, valid_body(caller, operation))
    if ACTION_NAMES.get(message_type, message_type) in listed(caller.actions()):
        assert response.status_code == operation.success_status
    else:
        assert error(response)[:2] == (403, "Invalid amazonOrderId and template combination.")
        assert caller.sandbox.inbox == []


def test_actions_follow_the_state(caller: Caller) -> None:
    names = {}
    for state in STATES:
        caller.sandbox.orders.set(ORDER, state=state)
        names[state] = set(listed(caller.actions()))
    assert "warranty" not in names["unshipped"]
    assert "confirmOrderDetails" not in names["delivered"]
    assert names["cancelled"] == {"sendInvoice", "negativeFeedbackRemoval"}
    assert all("sendInvoice" in listed_names for listed_names in names.values())


def test_schemas_have_the_field_names_of_production(caller: Caller) -> None:
    schemas = listed(caller.actions())
    assert schemas["confirmCustomizationDetails"]["$schema"] == "http://json-schema.org/draft-04/schema#"
    text = field_of("confirmCustomizationDetails", "text")
    assert schemas["confirmCustomizationDetails"]["properties"]["rawMessageBody"] == {
        "type": "string",
        "minLength": text.min_length,
        "maxLength": text.max_length,
    }
    assert schemas["confirmCustomizationDetails"]["required"] == []
    assert schemas["confirmOrderDetails"]["required"] == ["rawMessageBody"]
    attachments = schemas["sendInvoice"]["properties"]["attachments"]
    files = field_of("invoice", "attachments")
    assert (attachments["minItems"], attachments["maxItems"]) == (files.min_items, files.max_items)
    assert attachments["items"]["properties"] == {"id": {"type": "string"}}
    assert schemas["sendInvoice"]["required"] == ["attachments"]
    assert schemas["warranty"]["properties"]["coverageStartDate"]["format"] == "date-time"


def test_the_action_of_the_invoice_has_another_name_than_its_path(caller: Caller) -> None:
    links = caller.actions().json()["_links"]["actions"]
    [invoice] = [link for link in links if link["name"] == "sendInvoice"]
    assert invoice["href"] == f"/messaging/v1/orders/{ORDER}/messages/sendInvoice?marketplaceIds={DE}"


def test_an_action_has_its_name_and_title_where_the_guide_shows_them(caller: Caller) -> None:
    for action in caller.actions().json()["_embedded"]["actions"]:
        schema = action["_embedded"]["schema"]
        assert action["name"] == action["_links"]["self"]["name"] == action["payload"]["name"] == schema["name"]
        assert action["title"] == schema["title"]


@pytest.mark.parametrize("retired", [False])
@pytest.mark.parametrize("message_type", RETIRED)
def test_a_retired_type_is_answered_like_a_path_that_amazon_does_not_have(caller: Caller, message_type: str) -> None:
    body = {"attachments": [ATTACHMENT]} if MESSAGE_TYPES[message_type].body_model else None
    denied = (403, "Access to requested resource is denied.")
    assert error(caller.send(message_type, body))[:2] == error(caller.send("unheardOf", body))[:2] == denied
    assert error(caller.destination("1B2M2Y8AsgTpgAmY7PhCfg==", message_type))[:2] == denied
    assert message_type not in listed(caller.actions())
    assert MESSAGE_TYPES[message_type].operation_id not in caller.http.get("/").text


@pytest.mark.parametrize("message_type", RETIRED)
def test_a_retired_type_is_served_on_request(caller: Caller, message_type: str) -> None:
    assert message_type in listed(caller.actions())
    caller.sandbox.faults.add("throttle", on=message_type)
    body = valid_body(caller, MESSAGE_TYPES[message_type])
    sent = [caller.send(message_type, body if body else None).status_code for _ in range(2)]
    assert sent == [429, 201]


def test_feedback_removal_works_once(caller: Caller) -> None:
    assert caller.send("negativeFeedbackRemoval", None).status_code == 201
    assert error(caller.send("negativeFeedbackRemoval", None))[0] == 403
    schema = listed(caller.actions())["negativeFeedbackRemoval"]
    assert schema["disabled"] is True
    assert schema["disabledReason"]
    assert schema["properties"] == {}
    assert len(caller.sandbox.inbox) == 1


@pytest.mark.parametrize(
    ("message_type", "body", "place"),
    [
        ("confirmOrderDetails", {"text": "x" * TOO_LONG}, "rawMessageBody"),
        ("confirmOrderDetails", {"text": ""}, "rawMessageBody"),
        ("confirmOrderDetails", {}, "body"),
        ("confirmOrderDetails", {"text": 5}, "text"),
        ("confirmOrderDetails", {"text": None}, "text"),
        ("invoice", {"attachments": []}, "attachments"),
        ("invoice", {}, "body"),
        ("invoice", {"attachments": [ATTACHMENT] * TOO_MANY}, "attachments"),
        ("invoice", {"attachments": [{"uploadDestinationId": "a"}]}, "attachments.0"),
        ("invoice", {"attachments": [{"fileName": "a"}]}, "attachments.0"),
        ("invoice", {"attachments": "a.pdf"}, "attachments"),
        ("warranty", {"coverageStartDate": "tomorrow", "attachments": [ATTACHMENT]}, "coverageStartDate"),
        ("warranty", {"coverageStartDate": 5, "attachments": [ATTACHMENT]}, "coverageStartDate"),
    ],
)
def test_a_body_that_breaks_the_schema_is_refused(caller: Caller, message_type: str, body: Any, place: str) -> None:
    status, message, details = error(caller.send(message_type, body))
    assert (status, message) == (400, "Invalid Input")
    assert details.startswith(f"{place}: ")
    assert caller.sandbox.inbox == []


def test_lengths_count_code_points(caller: Caller) -> None:
    assert caller.send("confirmOrderDetails", {"text": "😀" * (TOO_LONG - 1)}).status_code == 201


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"null", b'"text"', b"[" * 100_000, b'{"text": "\\ud800"}', b'{"x": 1e999}', b"\xff"]
)
def test_a_body_must_be_a_json_object(caller: Caller, content: bytes) -> None:
    headers = {"x-amz-access-token": caller.token, "content-type": "application/json"}
    path = f"/messaging/v1/orders/{ORDER}/messages/confirmOrderDetails?marketplaceIds={DE}"
    response = caller.http.post(path, content=content, headers=headers)
    assert error(response) == (400, "Invalid Input", "The body must be a JSON object.")
    refused = caller.http.post(path, content=b"{}", headers={**headers, "content-type": "text/plain"})
    assert refused.status_code == 415
    assert caller.http.post(path, content=b" " * 2_000_000, headers=headers).status_code == 413


def test_an_attachment_that_was_not_uploaded_does_not_exist(caller: Caller) -> None:
    payload = caller.destination("1B2M2Y8AsgTpgAmY7PhCfg==").json()["payload"]
    upload_id = payload["uploadDestinationId"]
    body = {"attachments": [{"uploadDestinationId": upload_id, "fileName": "a.pdf"}]}
    assert error(caller.send("invoice", body))[:2] == (400, f"Attachment with ID {upload_id} does not exist")
    assert caller.sandbox.inbox == []


OTHER_ORDER = "303-7654321-7654321"


@pytest.mark.parametrize(
    ("message_type", "order"), [("legalDisclosure", ORDER), ("invoice", OTHER_ORDER), ("legalDisclosure", OTHER_ORDER)]
)
def test_an_attachment_of_another_order_or_type_does_not_exist(caller: Caller, message_type: str, order: str) -> None:
    upload_id = caller.upload(b"%PDF-1.7")
    body = {"attachments": [{"uploadDestinationId": upload_id, "fileName": "a.pdf"}]}
    refused = caller.send(message_type, body, order)
    assert error(refused)[:2] == (400, f"Attachment with ID {upload_id} does not exist")
    assert caller.sandbox.inbox == []
    assert [caller.send("invoice", body).status_code for _ in range(2)] == [201, 201]


def test_an_attachment_of_another_seller_does_not_exist(caller: Caller) -> None:
    upload_id = caller.upload(b"%PDF-1.7")
    body = {"attachments": [{"uploadDestinationId": upload_id, "fileName": "a.pdf"}]}
    caller.token = caller.fresh_token(refresh_token=caller.sandbox.credentials_for("other-shop").refresh_token)
    assert error(caller.send("invoice", body))[:2] == (400, f"Attachment with ID {upload_id} does not exist")


def test_an_unknown_state_is_refused_with_those_that_there_are(caller: Caller) -> None:
    states = "unshipped, shipped, delivered, cancelled"
    with pytest.raises(ValueError, match=states):
        caller.sandbox.orders.set(ORDER, state="lost")
    with pytest.raises(ValueError, match=states):
        Sandbox(orders={"default": {"state": "shiped"}})
    assert states in caller.http.post(f"/_sandbox/orders/{ORDER}", json={"state": "lost"}).json()["error"]
    assert states in caller.http.post("/inbox/orders", data={"order_id": ORDER, "state": "lost"}).text


def test_attachments_keep_order_name_and_bytes(caller: Caller) -> None:
    ids = [caller.upload(data, contentType="text/plain") for data in (b"one", b"two")]
    body = {"attachments": [{"uploadDestinationId": i, "fileName": f"{i[-4:]}.txt"} for i in reversed(ids)]}
    assert caller.send("invoice", body).status_code == 201
    second, first = caller.sandbox.inbox[0].attachments
    assert (second.content, first.content) == (b"two", b"one")
    assert second.file_name == f"{ids[1][-4:]}.txt"
    assert (second.size, second.content_type, second.md5) == (3, "text/plain", "b8a9f715dbb64fd5c56e7783c6820a61")


def test_files_over_ten_megabytes_together_are_refused(caller: Caller) -> None:
    upload_id = caller.upload(b"x" * 6_000_000)
    body = {"attachments": [{"uploadDestinationId": upload_id, "fileName": f"{i}.txt"} for i in range(2)]}
    assert error(caller.send("invoice", body))[0] == 400


@pytest.mark.parametrize("value", ["", "X", f"{DE},ATVPDKIKX0DER"])
def test_one_known_marketplace_is_needed(caller: Caller, value: str) -> None:
    assert error(caller.actions(marketplaceIds=value))[:2] == (400, "Invalid Input")


def test_two_marketplaces_are_refused(caller: Caller) -> None:
    query = f"marketplaceIds={DE}&marketplaceIds=ATVPDKIKX0DER"
    headers = {"x-amz-access-token": caller.token}
    assert error(caller.http.get(f"/messaging/v1/orders/{ORDER}?{query}", headers=headers))[0] == 400


def test_a_digest_is_needed_for_a_destination(caller: Caller) -> None:
    assert error(caller.destination(""))[0] == 400


def test_the_language_is_that_of_the_marketplace_or_the_buyer(caller: Caller) -> None:
    assert caller.attributes(marketplaceIds="A1VC38T7YXB528").json() == {"buyer": {"locale": "ja-JP"}}
    caller.sandbox.orders.set(ORDER, locale="tr-TR")
    assert caller.attributes().json() == {"buyer": {"locale": "tr-TR"}}


def test_an_order_belongs_to_its_marketplace(caller: Caller) -> None:
    caller.sandbox.orders.set(ORDER, marketplace="FR")
    assert error(caller.attributes())[0] == 400
    assert caller.attributes(marketplaceIds="A13V1IB3VIYZZH").status_code == 200


@pytest.mark.parametrize("order", [ORDER, "D01-1234567-1234567", "S02-0000000-0000000"])
def test_every_order_id_of_amazon_is_an_order(caller: Caller, order: str) -> None:
    assert caller.send("confirmOrderDetails", {"text": "Hallo"}, order).status_code == 201
    assert [message.order_id for message in caller.sandbox.inbox] == [order]


NO_ORDERS = ["foo", "303", "S02 ü", f"{ORDER} ", f"{ORDER}0", f"x{ORDER}", "d01-1234567-1234567", "303-1234567-123456²"]
NO_ORDERS += ["303-1234567-123456٣", f"{ORDER}%0A", "DD1-1234567-1234567", "303_1234567_1234567", "%00", "%FF"]


@pytest.mark.parametrize("order", NO_ORDERS)
def test_any_other_id_is_no_order(caller: Caller, order: str) -> None:
    uploads = f"/uploads/2020-11-01/uploadDestinations/messaging/v1/orders/{order}/messages/invoice"
    for response in (
        caller.actions(order),
        caller.attributes(order),
        caller.send("confirmOrderDetails", {"text": "Hallo"}, order),
        caller.call("POST", uploads, None, None, contentMD5="1B2M2Y8AsgTpgAmY7PhCfg=="),
    ):
        status, message, details = error(response)
        assert (status, message) == (400, "Invalid Input")
        assert "303-1234567-1234567" in details
    assert caller.sandbox.inbox == []
    assert caller.sandbox.orders.known() == []


def test_an_id_that_was_set_is_an_order_like_any_other(caller: Caller) -> None:
    caller.sandbox.orders.get("A-1")
    assert caller.actions("A-1").status_code == 400
    caller.sandbox.orders.set("A-1", locale="tr-TR")
    caller.http.post("/_sandbox/orders/A-2", json={})
    caller.http.post("/inbox/orders", data={"order_id": "Ä 3"})
    for order in ("A-1", "A-2", "Ä 3"):
        uploads = f"/uploads/2020-11-01/uploadDestinations/messaging/v1/orders/{order}/messages/invoice"
        assert caller.call("POST", uploads, None, None, contentMD5="1B2M2Y8AsgTpgAmY7PhCfg==").status_code == 201
        assert caller.send("confirmOrderDetails", {"text": "Hallo"}, order).status_code == 201
    assert caller.attributes("A-1").json() == {"buyer": {"locale": "tr-TR"}}


def test_an_id_from_the_orders_file_is_an_order_like_any_other() -> None:
    orders = {"orders": {"A1": {"state": "cancelled"}, 2: None}}
    with complete_sandbox(orders=orders) as sandbox, closing(Caller(sandbox)) as caller:
        assert caller.actions("A1").status_code == caller.actions("2").status_code == 200
        assert caller.send("confirmOrderDetails", {"text": "Hallo"}, "A1").status_code == 403
        assert caller.actions("A2").status_code == 400


def test_orders_come_from_yaml(tmp_path: Path) -> None:
    file = tmp_path / "orders.yaml"
    file.write_text(
        "default: {state: delivered, locale: nl-NL}\norders:\n  A1: {state: cancelled, marketplace: DE}\n  A2:\n"
    )
    orders = Sandbox(orders=file).orders
    assert (orders.get("A1").state, orders.get("A1").locale) == ("cancelled", "nl-NL")
    assert orders.get("A1").language(DE) == "nl-NL"
    assert orders.get("A2").state == orders.get("unheard-of").state == "delivered"


@pytest.mark.parametrize(
    "orders",
    [
        {"order": {}},
        {"orders": {"1": {"status": "shipped"}}},
        {"orders": {"1": {"state": "lost"}}},
        {"orders": {"1": {"marketplace": "XX"}}},
        {"orders": {"1": "shipped"}},
        {"orders": {"1": {"state": 5}}},
        {"orders": {"1": {"state": ["shipped"]}}},
        {"orders": {"1": {"marketplace": 5}}},
        {"orders": {"1": {"marketplace": ""}}},
        {"orders": {"1": {"locale": 5}}},
        {"orders": {"1": {"locale": ""}}},
        {"orders": {"1": {"locale": "de\ud800"}}},
        {"orders": {"1": {"feedback_removal_requested": "no"}}},
        {"orders": {"": {}}},
        {"orders": {"\0": {}}},
        {"orders": {"\ud800": {}}},
        {"orders": ["1"]},
        {"default": {"locale": True}},
        {"default": "shipped"},
        ["1"],
    ],
)
def test_orders_that_cannot_be_read_are_refused(orders: Any) -> None:
    with pytest.raises(ValueError, match=r"^orders: "):
        Sandbox(orders=orders)


def test_a_file_that_is_not_yaml_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "orders.yaml"
    file.write_text("orders: [")
    with pytest.raises(ValueError, match=r"orders\.yaml is not YAML"):
        Sandbox(orders=file)


def test_every_operation_has_a_bucket_of_its_own(caller: Caller) -> None:
    answers = [caller.attributes() for _ in range(6)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429]
    assert answers[0].headers["x-amzn-RateLimit-Limit"] == "1.0"
    assert "x-amzn-RateLimit-Limit" not in answers[-1].headers
    assert answers[-1].json()["errors"][0]["code"] == "QuotaExceeded"
    assert caller.actions().status_code == 200
    caller.sandbox.clock.advance(1)
    assert caller.attributes().status_code == 200


def test_every_seller_has_buckets_of_their_own(caller: Caller) -> None:
    assert [caller.attributes().status_code for _ in range(6)][-1] == 429
    caller.token = caller.fresh_token(refresh_token=caller.sandbox.credentials_for("other-shop").refresh_token)
    assert caller.attributes().status_code == 200
    caller.send("confirmOrderDetails", {"text": "Hallo"})
    assert caller.sandbox.inbox[0].seller == "other-shop"


def test_a_plan_can_be_another(caller: Caller) -> None:
    caller.sandbox.plans.set("*", rate=2.5, burst=1)
    first, second = caller.attributes(), caller.attributes()
    assert (first.headers["x-amzn-RateLimit-Limit"], second.status_code) == ("2.5", 429)
    caller.sandbox.plans.announced = False
    assert "x-amzn-RateLimit-Limit" not in caller.actions().headers


def test_another_plan_begins_with_full_buckets(caller: Caller) -> None:
    caller.sandbox.clock.freeze()
    assert [caller.attributes().status_code for _ in range(6)][-1] == 429
    caller.sandbox.plans.set("*", rate=1, burst=2)
    assert [caller.attributes().status_code for _ in range(3)] == [200, 200, 429]


def test_the_rate_comes_with_a_400_and_not_with_a_403(caller: Caller) -> None:
    assert "x-amzn-RateLimit-Limit" in caller.send("confirmOrderDetails", {}).headers
    caller.sandbox.orders.set(ORDER, state="cancelled")
    refused = caller.send("confirmOrderDetails", {})
    assert refused.status_code == 403
    assert "x-amzn-RateLimit-Limit" not in refused.headers
    assert refused.headers["x-amzn-RequestId"]


def test_the_removal_of_feedback_works_again_after_the_order_is_set_back(caller: Caller) -> None:
    statuses = [caller.send("negativeFeedbackRemoval", None).status_code for _ in range(2)]
    caller.sandbox.orders.set(ORDER, feedback_removal_requested=False)
    statuses.append(caller.send("negativeFeedbackRemoval", None).status_code)
    assert statuses == [201, 403, 201]
