"""Errors say what happened, what it means and what to do; they keep their attributes, and secrets to themselves."""

from __future__ import annotations

import copy
import html
import json
import pickle
from typing import Any

import httpx
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from spapi_messaging import Attachment, RetryPolicy, errors
from spapi_messaging._judge import Call, judge_answer, judge_exception
from spapi_messaging.errors import (
    AccessDeniedError,
    ApiError,
    AuthorizationError,
    BadRequestError,
    DeliveryUnknownError,
    InvalidMessageError,
    MalformedResponseError,
    MessageNotAvailableError,
    NetworkError,
    NotFoundError,
    PayloadTooLargeError,
    Problem,
    SandboxMismatchError,
    ServerError,
    SpApiMessagingError,
    ThrottledError,
    UnsupportedMediaTypeError,
    UploadError,
    UsagePlanTimeout,
)
from tests.support.amazon import ORDER, TEMPLATE, TEXT, Amazon, Shop, both, raw, refused, throttled

SECRET = "opaque-token"
SEND = Call("sendInvoice", "send", ORDER, 201, lambda: (SECRET, TEXT))
READ = Call("GetAttributes", "read", ORDER, 200)
MISMATCH = "Could not match input arguments"


def error_of(response: httpx.Response, call: Call = SEND) -> SpApiMessagingError:
    failure = judge_answer(response, call)
    assert failure is not None
    return failure.error


# Class and remedy

EXPLAINED: list[tuple[httpx.Response, type[SpApiMessagingError], str]] = [
    (refused(400, "Invalid text."), BadRequestError, "Correct what Amazon names"),
    (refused(400, MISMATCH), SandboxMismatchError, "published requests only"),
    (refused(400, "Attachment with ID x does not exist"), BadRequestError, "upload it again"),
    (refused(401, "Who are you?"), AccessDeniedError, "Buyer Communication role"),
    (refused(403, TEMPLATE), MessageNotAvailableError, "call get_messaging_actions_for_order"),
    (refused(403, "Access to requested resource is denied."), AccessDeniedError, "Buyer Communication role is missing"),
    (refused(403, "The LWA secret you provided has expired."), AccessDeniedError, "180 days"),
    (refused(404, "No."), NotFoundError, "Check the order id"),
    (refused(413, "No."), PayloadTooLargeError, "under 10 MB"),
    (refused(415, "No."), UnsupportedMediaTypeError, "PDF, Word"),
    (throttled(), ThrottledError, "share one limiter"),
    (refused(418, "No."), ApiError, "documents no such status"),
    (raw(500, b""), DeliveryUnknownError, "Seller Central"),
    (raw(302, b""), NetworkError, "Check the endpoint and the proxy"),
]


@pytest.mark.parametrize(("response", "kind", "remedy"), EXPLAINED, ids=lambda value: str(value)[:40])
def test_each_error_says_what_to_do(response: httpx.Response, kind: type[SpApiMessagingError], remedy: str) -> None:
    error = error_of(response)

    assert type(error) is kind
    assert remedy in str(error)
    assert ORDER in str(error)
    assert "sendInvoice" in str(error)


def test_an_invoice_that_is_refused_may_mean_that_there_is_no_such_order() -> None:
    denied = refused(403, "Access to requested resource is denied.")

    assert "there is no such order" in str(error_of(denied))
    assert "there is no such order" not in str(error_of(denied, READ))


def test_a_server_in_trouble_is_a_server_error_for_a_read() -> None:
    assert type(error_of(raw(503, b"<html>"), READ)) is ServerError


def test_an_api_error_has_what_amazon_said() -> None:
    body = {"errors": [{"code": "InvalidInput", "message": "Bad.", "details": "Very bad."}, {"code": "Other"}]}
    error = error_of(httpx.Response(400, json=body, headers={"x-amzn-RequestId": "r-1"}))

    assert isinstance(error, ApiError)
    assert (error.status_code, error.code, error.message, error.details) == (400, "InvalidInput", "Bad.", "Very bad.")
    assert (error.request_id, error.operation, error.amazon_order_id) == ("r-1", "sendInvoice", ORDER)
    assert [entry["code"] for entry in error.errors] == ["InvalidInput", "Other"]
    assert "Request id r-1" in str(error)
    assert "The message was not sent" in str(error)


def test_delivery_unknown_names_request_and_status() -> None:
    error = error_of(raw(503, b"<html>", x_amzn_requestid="r-2"))

    assert isinstance(error, DeliveryUnknownError)
    assert (error.operation, error.amazon_order_id, error.status_code, error.request_id) == (
        "sendInvoice",
        ORDER,
        503,
        "r-2",
    )
    assert "answered 503 (request id r-2)" in str(error)


def test_a_connection_that_was_lost_is_named() -> None:
    lost = httpx.ReadTimeout("slow")
    failure = judge_exception(lost, SEND)

    assert failure is not None
    assert failure.cause is lost
    assert "was lost on the way (ReadTimeout)" in str(failure.error)


@both
def test_the_sandbox_mismatch_says_which_value_the_published_case_expects(kind: str) -> None:
    shop = Shop(kind, Amazon(refused(400, MISMATCH, "InvalidInput")), sandbox=True)

    with pytest.raises(
        SandboxMismatchError, match=r"expects order id '123-1234567-1234567'; text 'My Message'"
    ) as raised:
        shop.say("Not what is published")
    assert "Not what is published" not in str(raised.value)
    with pytest.raises(SandboxMismatchError, match="expects text 'My Message'"):
        shop.create_confirm_order_details("123-1234567-1234567", text="Something else")
    with pytest.raises(SandboxMismatchError, match="expects order id '123-1234567-1234567'"):
        shop.get_messaging_actions_for_order(ORDER)
    with pytest.raises(SandboxMismatchError, match=r"coverageStartDate '2004-12-13T21:39:45.618-08:00'"):
        shop.send(
            "123-1234567-1234567",
            "warranty",
            attachments=[Attachment("8634452c-4d4f-4703-8cea-2ecc9dcb3279", "warranty.txt")],
            coverage_start_date="2004-12-13T21:39:45.000-08:00",
            coverage_end_date="2005-12-13T21:39:45.618-08:00",
        )


# Classification does not depend on what the message says


@pytest.mark.parametrize("text", ["a", "e", "token", "Invalid", "combination", "order"])
def test_a_text_that_amazon_s_words_contain_changes_no_verdict(text: str) -> None:
    call = SEND._replace(private=lambda: (text,))

    assert type(error_of(refused(403, TEMPLATE), call)) is MessageNotAvailableError
    assert type(error_of(refused(400, MISMATCH), call)) is SandboxMismatchError


@given(text=st.text(min_size=4), token=st.text("abcXYZ123|.-", min_size=8), before=st.text(), after=st.text())
def test_no_error_shows_a_text_or_a_token_that_the_answer_quotes(
    text: str, token: str, before: str, after: str
) -> None:
    call = SEND._replace(private=lambda: (token, text))
    harmless = error_of(refused(400, "", ""), call)
    assume(text not in f"{harmless}{vars(harmless)}[hidden]" and token not in f"{harmless}[hidden]")
    error = error_of(refused(400, f"{before} [{text}] [{token}] {after}", "InvalidInput"), call)
    assume(text not in f"{before}{after}" and token not in f"{before}{after}")

    shown = f"{error}"
    assert isinstance(error, ApiError)
    assert f"[{token}]" not in shown
    assert f"[{text}]" not in shown
    assert f"[{text}]" not in (error.message or "")


@both
@pytest.mark.parametrize(
    "text",
    ["Dear customer,\nyour key is ABC-DEF-123456", 'Your "key" & <code> is "ABC"', "Schlüssel\tABC DEF\n\nGruß & Kuß"],
)
def test_no_error_shows_a_text_in_another_form_or_by_the_line(kind: str, text: str) -> None:
    quotes = [html.escape(text), json.dumps(text), json.dumps(text, ensure_ascii=False), text.splitlines()[-1], text]
    for quote in quotes:
        with pytest.raises(BadRequestError) as raised:
            Shop(kind, Amazon(refused(400, f"The value {quote} is not allowed."))).say(text)
        shown = f"{raised.value}{vars(raised.value)}"
        assert not any(part in shown for part in ("ABC", "Schlüssel", "Gruß"))


# Pickles

EXAMPLES: list[SpApiMessagingError] = [
    errors.ConfigurationError("wrong"),
    InvalidMessageError("wrong", problems=[Problem("text", "too long")]),
    AuthorizationError("no", error="invalid_grant", description="because"),
    UsagePlanTimeout("no room", retry_after=2.5),
    NetworkError("lost"),
    MalformedResponseError("odd", operation="GetAttributes", amazon_order_id=ORDER, request_id="r"),
    UploadError("lost", file_name="a.pdf", status_code=403, code="BadDigest"),
    *(error_of(response) for response, _, _ in EXPLAINED),
    error_of(raw(500, b""), READ),
]


@pytest.mark.parametrize("error", EXAMPLES, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("again", [lambda e: pickle.loads(pickle.dumps(e)), copy.copy, copy.deepcopy])
def test_errors_survive_pickle_and_copy_with_their_attributes(error: SpApiMessagingError, again: Any) -> None:
    twin = again(error)

    assert type(twin) is type(error)
    assert str(twin) == str(error)
    assert vars(twin) == vars(error)


def test_every_class_is_pickled_above() -> None:
    defined = {
        value
        for value in vars(errors).values()
        if isinstance(value, type) and issubclass(value, SpApiMessagingError) and value is not SpApiMessagingError
    }

    assert {type(error) for error in EXAMPLES} == defined


@both
def test_no_pickle_holds_a_secret_or_the_text(kind: str) -> None:
    for answer in (
        refused(400, f"{TEXT} opaque-token"),
        raw(500, f"{TEXT} opaque-token".encode()),
        httpx.ReadError(TEXT),
    ):
        with pytest.raises(SpApiMessagingError) as raised:
            Shop(kind, Amazon(answer), token_provider=lambda: "opaque-token").say()
        pickled = pickle.dumps(raised.value)
        assert TEXT.encode() not in pickled
        assert b"opaque-token" not in pickled


@both
def test_the_request_that_a_cause_holds_shows_no_token(kind: str) -> None:
    def lose(request: httpx.Request) -> httpx.Response:
        assert request.headers["x-amz-access-token"] == "opaque-token"
        raise httpx.ReadError("gone", request=request)

    with pytest.raises(DeliveryUnknownError) as raised:
        Shop(kind, Amazon(lose), token_provider=lambda: "opaque-token").say()

    assert isinstance(raised.value.__cause__, httpx.ReadError)
    assert "opaque-token" not in raised.value.__cause__.request.headers.values()


@both
def test_a_short_text_is_not_found_within_amazons_code(kind: str) -> None:
    shop = Shop(kind, Amazon(throttled()), retry=RetryPolicy(attempts=1))
    with pytest.raises(ThrottledError) as raised:
        shop.say(text="x")

    assert raised.value.code == "QuotaExceeded"
    assert "(QuotaExceeded" in str(raised.value)


def test_the_tree_is_that_of_the_contract() -> None:
    api = {
        BadRequestError, AccessDeniedError, MessageNotAvailableError, NotFoundError, PayloadTooLargeError,
        UnsupportedMediaTypeError, ThrottledError, ServerError, SandboxMismatchError,
    }  # fmt: skip

    assert all(issubclass(kind, ApiError) for kind in api)
    assert issubclass(SandboxMismatchError, BadRequestError)
    assert not issubclass(DeliveryUnknownError, ApiError)
    assert not issubclass(MessageNotAvailableError, AccessDeniedError)
