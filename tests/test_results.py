"""What reads and sends return, whatever shape Amazon gave it."""

from __future__ import annotations

import copy
import hashlib
import json
import pickle
import traceback
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spapi_messaging import (
    Attachment,
    AvailableAction,
    AvailableActions,
    InvalidMessageError,
    OrderAttributes,
    SendReceipt,
)
from spapi_messaging.messages import MESSAGE_TYPES
from tests.support.amazon import ORDER, Amazon, Shop, answer, both
from tests.support.cases import published_success
from tests.support.sandboxes import complete_sandbox

TYPES = {name: kind for kind, op in MESSAGE_TYPES.items() for name in (kind, op.operation_id)}
HREF = "/messaging/v1/orders/{}/messages/{}?marketplaceIds=A1PA6795UKMFR9"


def link(name: str, **other: Any) -> dict[str, Any]:
    return {"href": HREF.format(ORDER, name), "name": name, **other}


def action(name: str, **schema: Any) -> dict[str, Any]:
    return {"_links": {"self": link(name)}, "_embedded": {"schema": {"name": name, **schema}}}


def read(*embedded: Any, links: Any = ()) -> AvailableActions:
    return AvailableActions.from_raw({"_embedded": {"actions": list(embedded)}, "_links": {"actions": links}}, TYPES)


def only(*embedded: Any, links: Any = ()) -> AvailableAction:
    (found,) = read(*embedded, links=links)
    return found


def test_an_action_as_production_describes_it() -> None:
    schema = {
        "title": "Send invoice",
        "description": "Sends an invoice",
        "disabled": False,
        "disabledReason": None,
        "x-ui-hidden": None,
        "type": "object",
        "properties": {"attachments": {"maxItems": 5}},
        "required": [],
    }
    found = only(action("sendInvoice", **schema))

    assert (found.name, found.message_type, found.title, found.description) == (
        "sendInvoice",
        "invoice",
        "Send invoice",
        "Sends an invoice",
    )
    assert (found.available, found.disabled_reason) == (True, None)
    assert found.schema["properties"] == {"attachments": {"maxItems": 5}}


def test_a_disabled_action_says_why() -> None:
    found = only(action("unexpectedProblem", disabled=True, disabledReason="The order was cancelled"))

    assert (found.available, found.disabled_reason) == (False, "The order was cancelled")


@pytest.mark.parametrize("disabled", [False, None, "no", 0])
def test_only_true_disables_an_action(disabled: Any) -> None:
    assert only(action("warranty", disabled=disabled)).available


def test_a_schema_under_payload_is_understood_as_the_model_says() -> None:
    payload = {
        "_links": {"self": link("warranty")},
        "_embedded": {"schema": {"payload": {"title": "Warranty", "x": 1}}},
    }
    found = only(payload)

    assert (found.name, found.title, found.schema) == ("warranty", "Warranty", {"title": "Warranty", "x": 1})


def test_the_sandboxs_answer_which_has_only_links_is_understood() -> None:
    response = published_success("getMessagingActionsForOrder").response
    found = AvailableActions.from_raw(response, TYPES)
    names = [a.name for a in found]

    assert names == [each["name"] for each in response["_links"]["actions"]]
    assert all(a.available for a in found)
    assert all((a.message_type is None) == (a.name not in TYPES) for a in found)


@pytest.mark.parametrize(
    "links",
    [
        link("warranty"),
        [link("warranty")],
        {"href": HREF.format(ORDER, "warranty")},
        {"href": [HREF.format(ORDER, "warranty")], "name": "warranty"},
        {"href": [HREF.format(ORDER, "warranty")]},
        [None, "odd", link("warranty")],
    ],
)
def test_a_link_may_be_an_object_or_an_array_and_so_may_its_href(links: Any) -> None:
    assert (only(links=links).name, only(links=links).message_type) == ("warranty", "warranty")
    assert only({"_links": {"self": links}}).name == "warranty"


def test_an_action_with_an_unknown_name_is_listed_without_a_type() -> None:
    found = only(action("updateFeedback"))

    assert (found.name, found.message_type) == ("updateFeedback", None)


def test_an_unknown_name_with_a_known_path_has_its_type() -> None:
    odd = {"_links": {"self": {"href": HREF.format(ORDER, "invoice"), "name": "letterOfInvoice"}}}

    assert (only(odd).name, only(odd).message_type) == ("letterOfInvoice", "invoice")


@pytest.mark.parametrize(
    "href",
    [
        HREF.format(ORDER, "invoice"),
        "https://sellingpartnerapi-eu.amazon.com" + HREF.format(ORDER, "invoice"),
        HREF.format(ORDER, "%69nvoice"),
        HREF.format(ORDER, "invoice").replace("/", "%2F"),
        HREF.format(ORDER, "invoice/"),
        HREF.format(ORDER, "INVOICE"),
        HREF.format(ORDER, "invoice") + "&next=/messages/warranty",
        f"/messaging/v1/orders/{ORDER}/messages/invoice{{?marketplaceIds}}",
        f"/messaging/v1/orders/{ORDER}/messages/invoice#form",
        "messages/invoice",
        "./invoice",
        "invoice?marketplaceIds=A1PA6795UKMFR9",
    ],
)
def test_a_link_leads_to_its_type_however_it_is_written(href: str) -> None:
    unnamed, odd = {"_links": {"self": {"href": href}}}, {"_links": {"self": {"href": href, "name": "letterOfInvoice"}}}

    assert [only(each).message_type for each in (unnamed, odd)] == ["invoice", "invoice"]


def test_the_link_to_the_schema_leads_to_the_type_as_well() -> None:
    schema = {"href": f"/messaging/v1/orders/{ORDER}/messages/invoice/schema", "name": "letterOfInvoice"}

    assert only({"_links": {"schema": schema}}).message_type == "invoice"


@pytest.mark.parametrize("href", ["", "/", "?", "//", "http://[", "/messages/", "%", "/attributes", "a b", "messages"])
def test_a_link_that_leads_nowhere_has_no_type(href: str) -> None:
    assert only({"_links": {"self": {"href": href, "name": "x"}}}).message_type is None


@pytest.mark.parametrize("name", ["SendInvoice", "sendinvoice", "INVOICE"])
def test_a_name_in_another_case_has_its_type(name: str) -> None:
    assert (only(action(name)).name, only(action(name)).message_type) == (name, "invoice")


@pytest.mark.parametrize("names", [("warranty", "warranty"), ("warranty", "CreateWarranty")])
@pytest.mark.parametrize("disabled", [(True, False), (False, True)])
def test_an_action_that_is_listed_twice_can_be_used_if_one_of_them_can(
    names: tuple[str, str], disabled: tuple[bool, bool]
) -> None:
    actions = read(*(action(name, disabled=off) for name, off in zip(names, disabled, strict=True)))

    assert actions.allows("warranty")
    assert actions["warranty"].available


def test_an_action_that_is_listed_twice_and_disabled_twice_cannot_be_used() -> None:
    assert not read(*[action("warranty", disabled=True)] * 2).allows("warranty")


def test_the_reason_may_stand_at_the_action_itself() -> None:
    found = only({**action("warranty"), "disabled": True, "disabledReason": "Too late"})

    assert (found.available, found.disabled_reason) == (False, "Too late")


def test_an_error_does_not_list_ten_thousand_actions() -> None:
    many = read(*(action(f"thing{number}") for number in range(10_000)))

    with pytest.raises(KeyError, match="thing11 and 9988 more") as raised:
        many["warranty"]
    assert len(str(raised.value)) < 400
    assert many["thing9999"].name == "thing9999"


def test_attributes_are_a_read_and_not_a_message() -> None:
    found = only(links=[{"href": f"/messaging/v1/orders/{ORDER}/attributes?marketplaceIds=x", "name": "attributes"}])

    assert (found.name, found.message_type) == ("attributes", None)


def test_an_action_in_links_and_descriptions_is_listed_once_in_amazons_order() -> None:
    found = read(
        action("warranty", title="W"), action("invoice"), links=[link("invoice"), link("warranty"), link("new")]
    )

    assert [(a.name, a.title) for a in found] == [("invoice", None), ("warranty", "W"), ("new", None)]


@pytest.mark.parametrize(
    "raw",
    [
        {},
        {"_embedded": None},
        {"_embedded": {}},
        {"_embedded": {"actions": None}},
        {"_embedded": {"actions": [None, 1, [], {}, {"_links": None}, {"_embedded": {"schema": []}}]}},
        {"_links": {"actions": [{"href": None}, {"name": 7}]}},
        {"errors": None},
    ],
)
def test_incomplete_entries_are_left_out(raw: Any) -> None:
    assert list(AvailableActions.from_raw(raw, TYPES)) == []


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.just(HREF),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["_embedded", "_links", "actions", "self", "schema", "payload", "name", "href", "disabled"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=25,
)


@given(raw=st.dictionaries(st.sampled_from(["_embedded", "_links", "buyer", "locale"]), json_values, max_size=4))
def test_no_answer_breaks_the_reading(raw: dict[str, Any]) -> None:
    for found in AvailableActions.from_raw(raw, TYPES):
        assert isinstance(found.name, str)
        assert isinstance(found.available, bool)
    assert OrderAttributes.from_raw(raw).raw is raw


@both
@pytest.mark.parametrize(
    "raw",
    [
        {},
        {"errors": None, "_links": None},
        {"_embedded": {"actions": [{"_links": {"self": [link("warranty")]}, "_embedded": {"schema": {"title": "W"}}}]}},
        {"_links": {"self": [{"href": ["x"]}], "actions": link("warranty", href=[HREF])}},
    ],
)
def test_the_clients_understand_every_shape(kind: str, raw: Any) -> None:
    found = Shop(kind, Amazon(answer(200, raw))).get_messaging_actions_for_order(ORDER)

    assert found.raw == raw
    assert len(found) == len(list(found)) == (1 if "warranty" in json.dumps(raw) else 0)


@both
@pytest.mark.parametrize(
    ("raw", "locale"),
    [
        ({"buyer": {"locale": "de-DE"}}, "de-DE"),
        ({"buyer": {}}, None),
        ({"buyer": {"locale": None}}, None),
        ({"buyer": []}, None),
        ({}, None),
    ],
)
def test_attributes_have_the_buyers_language_where_amazon_tells(kind: str, raw: Any, locale: str | None) -> None:
    found = Shop(kind, Amazon(answer(200, raw))).get_attributes(ORDER)

    assert (found.locale, found.raw) == (locale, raw)


@both
def test_a_receipt_tells_what_was_sent(kind: str) -> None:
    uploaded = Attachment("destination-1", "invoice.pdf")
    receipt = Shop(kind, Amazon(answer(202, {}, x_amzn_requestid="r-9"))).send_invoice(ORDER, attachments=[uploaded])

    assert (receipt.operation, receipt.amazon_order_id, receipt.marketplace_id) == (
        "sendInvoice",
        ORDER,
        "A1PA6795UKMFR9",
    )
    assert (receipt.request_id, receipt.status_code, receipt.attachments) == ("r-9", 202, (uploaded,))
    assert receipt.sent_at.utcoffset() is not None
    assert pickle.loads(pickle.dumps(receipt)) == copy.deepcopy(receipt) == receipt


def test_reprs_are_short() -> None:
    found = read(action("warranty"))

    assert "raw" not in repr(found)
    assert "warranty" in repr(found)


def test_a_title_at_the_action_itself_as_the_use_case_guide_shows_it() -> None:
    assert only({"name": "sendInvoice", "title": "An invoice", "_links": {"self": link("sendInvoice")}}).title == (
        "An invoice"
    )


# By message type


def test_an_action_is_found_by_its_message_type_and_by_its_other_names() -> None:
    actions = read(action("sendInvoice"), action("warranty", disabled=True), action("updateFeedback"))

    for name in ("invoice", "sendInvoice"):
        assert actions[name].name == "sendInvoice"
        assert name in actions
        assert actions.allows(name)
    assert actions["warranty"] is actions["CreateWarranty"]
    assert not actions.allows("warranty")
    assert actions.allows("updateFeedback")  # this release knows no such operation, but Amazon lists it
    assert next(iter(actions)) in actions


def test_an_action_that_is_not_listed_is_not_allowed() -> None:
    actions = read(action("sendInvoice"))

    assert "legalDisclosure" not in actions
    assert "invoise" not in actions
    assert 7 not in actions
    assert not actions.allows("legalDisclosure")
    with pytest.raises(KeyError, match="'legalDisclosure' is not among what Amazon lists for this order: invoice"):
        actions["legalDisclosure"]


def test_a_type_that_does_not_exist_is_no_silent_no() -> None:
    with pytest.raises(InvalidMessageError, match=r"no message type 'invoise'.* invoice,"):
        read(action("sendInvoice")).allows("invoise")


def test_a_name_finds_no_other_action() -> None:
    actions = read(action("brandNewThing"), action("GetAttributes"))

    assert actions["GetAttributes"].name == "GetAttributes"
    assert "getMessagingActionsForOrder" not in actions
    assert actions["brandNewThing"].message_type is None
    with pytest.raises(InvalidMessageError):
        actions.allows(None)  # type: ignore[arg-type]


# Results that are stored


def receipt(kind: str, **client: Any) -> SendReceipt:
    with complete_sandbox() as sandbox:
        given: dict[str, Any] = {
            "endpoint": sandbox.url,
            "lwa_endpoint": sandbox.lwa_endpoint,
            "credentials": sandbox.credentials,
        }
        shop = Shop(kind, Amazon(), transport=None, **given, **client)
        earlier = shop.upload(ORDER, "invoice", ("terms.pdf", b"%PDF-1.7 y"))
        sent: SendReceipt = shop.send_invoice(ORDER, attachments=[("invoice.pdf", b"%PDF-1.7 x"), earlier])
        shop.close()
        return sent


@both
def test_a_receipt_says_everything_and_is_read_back(kind: str) -> None:
    sent = receipt(kind)
    kept = json.loads(json.dumps(sent.to_dict()))

    assert SendReceipt.from_dict(kept) == sent == pickle.loads(pickle.dumps(sent))
    assert (kept["operation"], kept["message_type"]) == ("sendInvoice", "invoice")
    assert (kept["amazon_order_id"], kept["marketplace_id"], kept["status_code"]) == (ORDER, "A1PA6795UKMFR9", 201)
    for file, content in zip(kept["attachments"], (b"%PDF-1.7 x", b"%PDF-1.7 y"), strict=True):
        assert file["size"] == len(content)
        assert file["sha256"] == hashlib.sha256(content).hexdigest()
    assert [file.size for file in SendReceipt.from_dict(kept).attachments] == [10, 10]
    assert datetime.fromisoformat(kept["sent_at"]).tzinfo is not None
    assert len(kept["seller"]) == 16


def test_the_seller_of_a_receipt_is_the_clients_name_for_it() -> None:
    assert receipt("threads", seller="shop-de").seller == "shop-de"
    shop = Shop("threads", Amazon(), credentials=None, token_provider=lambda: "a-token")
    assert shop.say().seller is None


def test_a_receipt_of_a_later_release_is_read() -> None:
    kept = receipt("threads").to_dict()

    assert SendReceipt.from_dict({**kept, "something": "new"}).request_id == kept["request_id"]


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"sent_at": "yesterday-of-a-buyer"},
        {"attachments": [{}]},
        {"attachments": None},
        {"status_code": "201"},
        {"operation": None},
    ],
)
def test_what_is_no_receipt_is_refused_and_not_shown(wrong: dict[str, Any]) -> None:
    kept = {**Shop("threads", Amazon()).say().to_dict(), **wrong} if wrong else {}

    with pytest.raises(ValueError, match="not a receipt that to_dict") as raised:
        SendReceipt.from_dict(kept)
    assert "yesterday" not in "".join(traceback.format_exception(raised.value))
    with pytest.raises(ValueError, match=r"as json\.loads"):
        SendReceipt.from_dict(json.dumps(kept))  # type: ignore[arg-type]


def test_what_other_clients_have_on_answers_is_explained() -> None:
    actions, receipt_of_a_text = read(action("sendInvoice")), Shop("threads", Amazon()).say()

    with pytest.raises(AttributeError, match="no attribute 'payload': raw of a read is Amazon's answer"):
        actions.payload  # type: ignore[attr-defined]  # noqa: B018
    with pytest.raises(AttributeError, match="no attribute 'payload': Amazon answers a message with nothing"):
        receipt_of_a_text.payload  # noqa: B018
    with pytest.raises(AttributeError, match=r"no attribute 'colour'$"):
        actions.colour  # type: ignore[attr-defined]  # noqa: B018


def test_reads_can_be_stored() -> None:
    actions = read(action("sendInvoice", title="An invoice"), action("warranty", disabled=True))
    attributes = OrderAttributes.from_raw({"buyer": {"locale": "de-DE"}})

    for result in (actions, attributes, *actions):
        assert pickle.loads(pickle.dumps(result)) == result
        assert json.loads(json.dumps(result.to_dict())) == result.to_dict()
    assert attributes.to_dict() == {"locale": "de-DE"}
    assert [found["available"] for found in actions.to_dict()["actions"]] == [True, False]


def test_an_attachment_is_read_back() -> None:
    attachment = Attachment("an-id", "a.pdf", 7, "abc")

    assert Attachment.from_dict(attachment.to_dict()) == attachment == Attachment("an-id", "a.pdf")
    assert Attachment.from_dict(attachment.to_dict()).size == 7


@pytest.mark.parametrize("kept", [{}, {"upload_destination_id": "an-id"}, {"file_name": 1}, [], None, "a.pdf"])
def test_what_is_no_attachment_is_said_to_be_none(kept: Any) -> None:
    with pytest.raises(ValueError, match="not an attachment that to_dict"):
        Attachment.from_dict(kept)
