"""What a program decides by: `outcome` and `retryable` of each error, as the clients raise it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from spapi_messaging import (
    AccessDeniedError,
    ApiError,
    AuthorizationError,
    BadRequestError,
    ClientClosedError,
    ConfigurationError,
    Credentials,
    DeliveryUnknownError,
    InvalidMessageError,
    MalformedResponseError,
    MessageNotAvailableError,
    NetworkError,
    NotFoundError,
    PayloadTooLargeError,
    RetryPolicy,
    SandboxMismatchError,
    ServerError,
    SpApiMessagingError,
    ThrottledError,
    UnsupportedMediaTypeError,
    UploadError,
    UsagePlan,
    UsagePlanTimeout,
)
from spapi_messaging.limiters import InProcessLimiter
from tests.support.amazon import ORDER, Amazon, Shop, both, raw, refused, throttled
from tests.support.sandboxes import complete_sandbox

NOT_AVAILABLE = refused(403, "Invalid amazonOrderId and template combination.")
MISMATCH = refused(400, "Could not match input arguments", "InvalidInput")
EXPIRED_SECRET = refused(403, "The LWA secret has expired.")


def say(shop: Shop) -> None:
    shop.say()


def read(shop: Shop) -> None:
    shop.read()


def closed(shop: Shop) -> None:
    shop.close()
    shop.say()


Answer = httpx.Response | Exception
#: What Amazon does, what is called, the error, its outcome, whether the same call may succeed later.
TABLE: dict[str, tuple[Answer, Callable[[Shop], None], type[SpApiMessagingError], str, bool]] = {
    "400": (refused(400), say, BadRequestError, "not_sent", False),
    "static sandbox": (MISMATCH, say, SandboxMismatchError, "not_sent", False),
    "401": (refused(401), say, AccessDeniedError, "not_sent", False),
    "403": (refused(403), say, AccessDeniedError, "not_sent", False),
    "expired secret": (EXPIRED_SECRET, say, AccessDeniedError, "not_sent", False),
    "not available": (NOT_AVAILABLE, say, MessageNotAvailableError, "not_sent", False),
    "404": (refused(404), say, NotFoundError, "not_sent", False),
    "408": (refused(408), read, ApiError, "not_sent", True),
    "408 to a send": (refused(408), say, ApiError, "not_sent", False),
    "413": (refused(413), say, PayloadTooLargeError, "not_sent", False),
    "415": (refused(415), say, UnsupportedMediaTypeError, "not_sent", False),
    "418": (refused(418), say, ApiError, "not_sent", False),
    "429": (throttled(), say, ThrottledError, "not_sent", True),
    "500 to a send": (raw(500, b""), say, DeliveryUnknownError, "unknown", False),
    "500 to a read": (raw(500, b""), read, ServerError, "not_sent", True),
    "lost send": (httpx.ReadTimeout("slow"), say, DeliveryUnknownError, "unknown", False),
    "lost read": (httpx.ReadTimeout("slow"), read, NetworkError, "not_sent", True),
    "no connection": (httpx.ConnectError("no"), say, NetworkError, "not_sent", True),
    "redirected send": (raw(307, b"", location="https://x.example"), say, NetworkError, "not_sent", False),
    "redirected read": (raw(302, b"", location="https://x.example"), read, NetworkError, "not_sent", False),
    "303 to a send": (raw(303, b"", location="https://x.example"), say, DeliveryUnknownError, "unknown", False),
    "nonsense to a send": (raw(200, b"<html>"), say, DeliveryUnknownError, "unknown", False),
    "nonsense to a read": (raw(200, b"<html>"), read, MalformedResponseError, "not_sent", True),
    "closed": (raw(201, b"{}"), closed, ClientClosedError, "not_sent", False),
}


def error_of(call: Callable[[], object]) -> SpApiMessagingError:
    with pytest.raises(SpApiMessagingError) as raised:
        call()
    error = raised.value
    assert error.to_dict()["outcome"] == error.outcome
    assert error.to_dict()["retryable"] is error.retryable
    return error


@both
@pytest.mark.parametrize("case", TABLE)
def test_each_error_says_what_to_do_with_it(kind: str, case: str) -> None:
    amazon_does, call, error_class, outcome, retryable = TABLE[case]
    shop = Shop(kind, Amazon(amazon_does), retry=RetryPolicy(attempts=1))
    error = error_of(lambda: call(shop))

    assert (type(error), error.outcome, error.retryable) == (error_class, outcome, retryable)
    assert error.operation in ("createConfirmOrderDetails", "GetAttributes")
    assert error.amazon_order_id == ORDER


@both
@pytest.mark.parametrize(
    ("answer", "error_class", "retryable"),
    [
        (httpx.Response(400, json={"error": "invalid_grant"}), AuthorizationError, False),
        (httpx.Response(503), NetworkError, True),
        (httpx.ConnectError("no"), NetworkError, True),
        (httpx.Response(302), NetworkError, False),
    ],
)
def test_login_with_amazon(kind: str, answer: Any, error_class: type, retryable: bool) -> None:
    amazon = Amazon(tokens=[answer])
    error = error_of(lambda: Shop(kind, amazon, retry=RetryPolicy(attempts=1)).say())

    assert (type(error), error.outcome, error.retryable) == (error_class, "not_sent", retryable)
    assert (error.operation, error.amazon_order_id) == ("createConfirmOrderDetails", ORDER)


@both
def test_what_is_known_before_anything_is_sent(kind: str) -> None:
    invalid = error_of(lambda: Shop(kind, Amazon()).say(text=""))
    application = Credentials.of_application("an-application", "its-secret")
    configuration = error_of(lambda: Shop(kind, Amazon(), credentials=application).say())

    assert (type(invalid), invalid.retryable) == (InvalidMessageError, False)
    assert (type(configuration), configuration.retryable) == (ConfigurationError, False)
    assert invalid.amazon_order_id == configuration.amazon_order_id == ORDER


@both
def test_a_usage_plan_without_room_has_some_later(kind: str) -> None:
    shop = Shop(kind, Amazon(), usage_plans={"*": UsagePlan(rate=0.1, burst=1)}, max_wait=1)
    shop.say()
    error = error_of(shop.say)

    assert (type(error), error.outcome, error.retryable) == (UsagePlanTimeout, "not_sent", True)


@both
@pytest.mark.parametrize(("deadline", "retryable"), [(0.4, False), (0.6, True)])
def test_a_deadline_that_no_message_can_keep_is_not_retryable(kind: str, deadline: float, retryable: bool) -> None:
    shop = Shop(kind, Amazon(), usage_plans={"*": UsagePlan(rate=0.1, burst=1)})
    shop.say()
    shop.client = shop.client.with_options(deadline=deadline)
    error = error_of(shop.say)

    assert (error.outcome, error.retryable) == ("not_sent", retryable)


@both
@pytest.mark.parametrize(
    ("answer", "retryable", "said"),
    [
        ({"status": 503}, True, "Try again later"),
        ({"status": 403}, False, "Something on the way may have refused it"),
        ({"status": 407}, False, "give them with proxy="),
        ({"status": 302}, False, "Something on the way"),
        ({"status": 200, "body": "<html>hotel</html>"}, True, "a page came instead of the storage's answer (200)"),
    ],
)
def test_an_upload(kind: str, answer: dict[str, Any], retryable: bool, said: str) -> None:
    with complete_sandbox() as sandbox:
        sandbox.faults.answer(**answer, on="s3", times=None)
        shop = Shop(
            kind,
            Amazon(),
            transport=None,
            endpoint=sandbox.url,
            lwa_endpoint=sandbox.lwa_endpoint,
            credentials=sandbox.credentials,
            limiter=InProcessLimiter(),
            retry=RetryPolicy(attempts=1),
        )
        error = error_of(lambda: shop.send_invoice(ORDER, attachments=[("a.pdf", b"%PDF-1.7 x")]))
        shop.close()

    assert (type(error), error.outcome, error.retryable) == (UploadError, "not_sent", retryable)
    assert said in str(error)
    assert sandbox.inbox == []
