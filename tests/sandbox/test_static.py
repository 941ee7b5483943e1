"""Static mode: the published cases, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest

from spapi_messaging.messages import MESSAGE_TYPES, Operation
from tests.sandbox.conftest import Caller
from tests.support.cases import published_cases, published_success
from tests.support.samples import query_of

if TYPE_CHECKING:
    from spapi_messaging.messages import SandboxCase

SUCCESS = "123-1234567-1234567"


def ask(caller: Caller, operation: Operation, case: SandboxCase, body: Any = None) -> httpx.Response:
    path = operation.path.replace("{amazonOrderId}", case.order_id or "any")
    needs_body = operation.body_model is not None
    return caller.call(
        operation.http_method,
        path,
        (body or case.body or {}) if needs_body else None,
        **{**query_of(operation), **case.parameters},
    )


@pytest.mark.parametrize(("operation", "case"), published_cases())
def test_every_published_case_gets_its_published_answer(
    static_caller: Caller, operation: Operation, case: SandboxCase
) -> None:
    response = ask(static_caller, operation, case)
    assert (response.status_code, response.json()) == (case.status, case.response)
    assert response.headers["x-amzn-RequestId"]
    assert response.headers["x-amzn-RateLimit-Limit"] == "5.0"


def assert_no_match(response: httpx.Response) -> None:
    assert response.status_code == 400
    [error] = response.json()["errors"]
    assert (error["code"], error["message"]) == ("InvalidInput", "Could not match input arguments")


@pytest.mark.parametrize(
    "body",
    [
        {"text": "My message"},
        {"text": "My Message", "more": 1},
        {},
        {"text": ["My Message"]},
    ],
)
def test_another_body_does_not_match(static_caller: Caller, body: Any) -> None:
    assert_no_match(static_caller.send("confirmOrderDetails", body, SUCCESS))


def test_a_number_of_attachments_that_was_not_published_does_not_match(static_caller: Caller) -> None:
    files = published_success("createLegalDisclosure").body["attachments"]
    assert_no_match(static_caller.send("legalDisclosure", {"attachments": [*files, files[0]]}, SUCCESS))
    assert static_caller.send("legalDisclosure", {"attachments": files}, SUCCESS).status_code == 201


def test_a_date_must_be_written_as_published(static_caller: Caller) -> None:
    published = published_success("CreateWarranty").body
    date = next(field.wire_name for field in MESSAGE_TYPES["warranty"].fields if field.kind == "date-time")
    body = {**published, date: published[date].replace(".", ".000")}
    assert_no_match(static_caller.send("warranty", body, SUCCESS))


def test_the_order_of_a_body_s_keys_does_not_matter(static_caller: Caller) -> None:
    body = dict(reversed(published_success("CreateWarranty").body.items()))
    assert static_caller.send("warranty", body, SUCCESS).status_code == 201


def test_another_order_does_not_match(static_caller: Caller) -> None:
    assert_no_match(static_caller.actions("123-1234567-7654321"))


def test_the_marketplace_is_required_and_not_matched(static_caller: Caller) -> None:
    assert_no_match(static_caller.actions(SUCCESS, marketplaceIds=""))
    assert static_caller.actions(SUCCESS, marketplaceIds="anything").status_code == 200


def test_the_body_is_required(static_caller: Caller) -> None:
    assert_no_match(static_caller.send("invoice", None, SUCCESS))


def test_there_are_no_uploads(static_caller: Caller) -> None:
    assert_no_match(static_caller.destination("x"))


def test_all_operations_share_one_plan(static_caller: Caller) -> None:
    answers = [static_caller.actions(SUCCESS), *(static_caller.attributes(SUCCESS) for _ in range(15))]
    assert [answer.status_code for answer in answers] == [200] * 15 + [429]
    static_caller.sandbox.clock.advance(0.2)
    assert static_caller.actions(SUCCESS).status_code == 200


def test_nobody_receives_anything(static_caller: Caller) -> None:
    assert static_caller.send("confirmOrderDetails", {"text": "My Message"}, SUCCESS).status_code == 201
    assert static_caller.sandbox.inbox == []
