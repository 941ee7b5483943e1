"""The tree of errors; and that errors keep their attributes, and secrets to themselves."""

from __future__ import annotations

import copy
import gc
import pickle
import weakref
from typing import Any

import httpx
import pytest

from spapi_messaging import Attachment, errors
from spapi_messaging.errors import (
    ApiError,
    AuthorizationError,
    BadRequestError,
    DeliveryUnknownError,
    InvalidMessageError,
    MessageNotAvailableError,
    Problem,
    SandboxMismatchError,
    SpApiMessagingError,
    UploadError,
    UsagePlanTimeout,
)
from tests.support.amazon import ORDER, TEXT, Amazon, Shop, both, raw, refused
from tests.support.cases import published_success

CLASSES = [
    value
    for value in vars(errors).values()
    if isinstance(value, type) and issubclass(value, SpApiMessagingError) and value is not SpApiMessagingError
]


def test_the_tree_is_that_of_the_contract() -> None:
    api = {
        "BadRequestError", "AccessDeniedError", "MessageNotAvailableError", "NotFoundError", "PayloadTooLargeError",
        "UnsupportedMediaTypeError", "ThrottledError", "ServerError", "SandboxMismatchError", "ApiError",
    }  # fmt: skip

    assert {found.__name__ for found in CLASSES if issubclass(found, ApiError)} == api
    assert issubclass(SandboxMismatchError, BadRequestError)
    assert not issubclass(MessageNotAvailableError, errors.AccessDeniedError)


# Attributes, pickles and copies

FACTS: dict[str, Any] = {"operation": "sendInvoice", "amazon_order_id": ORDER, "request_id": "r-1"}
OF_AMAZON: dict[str, Any] = {
    "status_code": 400,
    "retry_after": 2.5,
    "errors": [{"code": "InvalidInput", "message": "Bad.", "details": "Very bad."}, {"code": "Other"}],
}
MORE: dict[type[SpApiMessagingError], dict[str, Any]] = {
    InvalidMessageError: {"problems": [Problem("text", "too long")]},
    AuthorizationError: {"error": "invalid_grant", "description": "because"},
    UsagePlanTimeout: {"retry_after": 2.5},
    UploadError: {"file_name": "a.pdf", "status_code": 403, "code": "BadDigest"},
    DeliveryUnknownError: {"status_code": 503},
}


@pytest.mark.parametrize("error_class", CLASSES)
@pytest.mark.parametrize("again", [lambda e: e, lambda e: pickle.loads(pickle.dumps(e)), copy.copy, copy.deepcopy])
def test_errors_keep_their_attributes_through_pickle_and_copy(
    error_class: type[SpApiMessagingError], again: Any
) -> None:
    more = MORE.get(error_class, OF_AMAZON if issubclass(error_class, ApiError) else {})
    error = error_class("What happened.", **FACTS, **more)
    twin = again(error)

    assert type(twin) is error_class
    assert str(twin) == "What happened."
    assert vars(twin) == vars(error)
    for name, value in (FACTS | more).items():
        assert getattr(twin, name) == (tuple(value) if name == "errors" else value)
    if isinstance(twin, ApiError):
        assert (twin.code, twin.message, twin.details) == ("InvalidInput", "Bad.", "Very bad.")


@pytest.mark.parametrize("error_class", CLASSES)
def test_what_is_not_known_is_none_or_empty(error_class: type[SpApiMessagingError]) -> None:
    error = error_class("What happened.")

    assert (error.operation, error.amazon_order_id, error.request_id) == (None, None, None)
    for name in MORE.get(error_class, OF_AMAZON if issubclass(error_class, ApiError) else {}):
        assert not getattr(error, name)


# Through the clients


@both
def test_a_sandbox_mismatch_says_which_values_the_published_case_expects(kind: str) -> None:
    mismatch = refused(400, "Could not match input arguments", "InvalidInput")
    shop = Shop(kind, Amazon(mismatch), sandbox=True)
    case = published_success("createConfirmOrderDetails")
    published, text = case.order_id, case.body["text"]
    file = Attachment("8634452c-4d4f-4703-8cea-2ecc9dcb3279", "warranty.txt")

    with pytest.raises(SandboxMismatchError, match=rf"expects order id '{published}'; text '{text}'") as raised:
        shop.say("Not what is published")
    assert "Not what is published" not in str(raised.value)
    with pytest.raises(SandboxMismatchError, match=f"expects text '{text}'"):
        shop.create_confirm_order_details(published, text="Something else")
    read, warranty = published_success("getMessagingActionsForOrder"), published_success("CreateWarranty")
    with pytest.raises(SandboxMismatchError, match=f"expects order id '{read.order_id}'"):
        shop.get_messaging_actions_for_order(ORDER)
    with pytest.raises(SandboxMismatchError, match=f"coverageStartDate '{warranty.body['coverageStartDate']}'"):
        shop.send(
            warranty.order_id,
            "warranty",
            attachments=[file],
            coverage_start_date="2004-12-13T21:39:45.000-08:00",
            coverage_end_date="2005-12-13T21:39:45.618-08:00",
        )


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
def test_a_cause_holds_no_request(kind: str) -> None:
    def lose(request: httpx.Request) -> httpx.Response:
        assert request.headers["x-amz-access-token"] == "opaque-token"
        raise httpx.ReadError("gone", request=request)

    with pytest.raises(DeliveryUnknownError) as raised:
        Shop(kind, Amazon(lose), token_provider=lambda: "opaque-token").say()

    assert isinstance(raised.value.__cause__, httpx.ReadError)
    assert str(raised.value.__cause__) == "gone"
    with pytest.raises(RuntimeError, match="not been set"):
        raised.value.__cause__.request  # noqa: B018


def test_an_error_is_freed_without_the_garbage_collector() -> None:
    """A program that goes on for weeks, with a collector that is switched off, as some are."""
    shop = Shop("threads", Amazon(refused(400, "no")))
    gc.collect()
    gc.disable()
    try:
        try:
            shop.say()
        except ApiError as error:
            freed = weakref.ref(error)
        assert freed() is None
    finally:
        gc.enable()
