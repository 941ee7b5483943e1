"""What each answer, and each error of a transport, means for a read, an upload, a message and any other request."""

from __future__ import annotations

import gzip
import html
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from spapi_messaging._call.effects import TOO_LARGE
from spapi_messaging._call.outcome import (
    Answer,
    Call,
    Failure,
    FailureKind,
    announced_rate,
    as_documented,
    judge_answer,
    judge_exception,
    retry_after,
)
from spapi_messaging._call.secrets import texts_of
from spapi_messaging.errors import (
    AccessDeniedError,
    ApiError,
    BadRequestError,
    ConfigurationError,
    DeliveryUnknownError,
    MalformedResponseError,
    MessageNotAvailableError,
    NetworkError,
    NotFoundError,
    PayloadTooLargeError,
    SandboxMismatchError,
    ServerError,
    SpApiMessagingError,
    ThrottledError,
    UnsupportedMediaTypeError,
)
from spapi_messaging.messages import OPERATIONS
from tests.support.amazon import EXPIRED, ORDER, TEMPLATE, answer, raw, refused, sent, throttled
from tests.support.hand import OTHER, READ, SEND, UPLOAD
from tests.support.operations import RETIRED
from tests.support.outcomes import ACCEPTED, IN_TROUBLE, LOST, MIXED_UP, NONSENSE, NOT_CONNECTED, REDIRECTS, Outcome

MISMATCH = "Could not match input arguments"
DENIED = "Access to requested resource is denied."
READ_CALL, SEND_CALL, UPLOAD_CALL, OTHER_CALL = (Call(found, ORDER) for found in (READ, SEND, UPLOAD, OTHER))
INVOICE_CALL = Call(OPERATIONS["sendInvoice"]._replace(retired=None), ORDER)


def judge(outcome: Outcome, call: Call) -> Failure | None:
    """Why it is a failure. None: it is a success, or no error that says anything about the call."""
    if isinstance(outcome, Exception):
        return judge_exception(outcome, call)
    found = judge_answer(outcome, call)
    return found if isinstance(found, Failure) else None


def success_of(response: httpx.Response, call: Call) -> httpx.Response:
    """A success as the generated parsers get it."""
    found = judge_answer(response, call)
    assert isinstance(found, Answer)
    assert found.response is response
    return as_documented(found, call.operation)


def error_of(outcome: Outcome, call: Call = SEND_CALL) -> Any:
    failure = judge(outcome, call)
    assert failure is not None
    return failure.error


# The matrix: an outcome, what kind of failure it is, and the errors for reads and uploads, and for all that is sent

REFUSED: list[tuple[Outcome, FailureKind, type[ApiError], str]] = [
    (refused(400, "Invalid text."), FailureKind.FINAL, BadRequestError, "Correct what Amazon names"),
    (refused(400, MISMATCH), FailureKind.FINAL, SandboxMismatchError, "published requests only"),
    (refused(400, "Attachment with ID x does not exist"), FailureKind.FINAL, BadRequestError, "upload it again"),
    (refused(401, "Who are you?"), FailureKind.FINAL, AccessDeniedError, "Buyer Communication role"),
    (refused(403, DENIED), FailureKind.FINAL, AccessDeniedError, "Buyer Communication role is missing"),
    (refused(403, TEMPLATE), FailureKind.FINAL, MessageNotAvailableError, "call get_messaging_actions_for_order"),
    (refused(403, "The LWA secret has expired; its access token is invalid."), FailureKind.FINAL, AccessDeniedError,
     "180 days"),
    (refused(403, f"{TEMPLATE} The access token is invalid."), FailureKind.FINAL, MessageNotAvailableError, "order"),
    (refused(401, EXPIRED), FailureKind.EXPIRED_TOKEN, AccessDeniedError, "token that was just renewed"),
    (refused(403, "The access token you provided is revoked, malformed or invalid."), FailureKind.EXPIRED_TOKEN,
     AccessDeniedError, "just renewed"),
    (refused(404), FailureKind.FINAL, NotFoundError, "Check the order id"),
    (refused(413), FailureKind.FINAL, PayloadTooLargeError, "under 10 MB"),
    (refused(415), FailureKind.FINAL, UnsupportedMediaTypeError, "PDF, Word"),
    (throttled(), FailureKind.THROTTLED, ThrottledError, "share one limiter"),
    *((raw(status, b"<html>", content_type="text/html"), FailureKind.FINAL, ApiError, "does not document this status")
      for status in (402, 405, 408, 409, 418, 451, 499)),
]  # fmt: skip


def matrix() -> Iterator[tuple[Outcome, FailureKind, type[Exception], type[Exception], str]]:
    for outcome in NOT_CONNECTED.values():
        yield outcome, FailureKind.NOT_CONNECTED, NetworkError, NetworkError, "Nothing was sent. Check the network"
    for outcome in LOST.values():
        yield outcome, FailureKind.UNKNOWN, NetworkError, DeliveryUnknownError, type(outcome).__name__
    for outcome in IN_TROUBLE.values():
        yield outcome, FailureKind.UNKNOWN, ServerError, DeliveryUnknownError, ""
    for outcome in REDIRECTS.values():
        yield outcome, FailureKind.FINAL, NetworkError, NetworkError, "to elsewhere.example ("
    for outcome, kind, error_class, remedy in REFUSED:
        yield outcome, kind, error_class, error_class, remedy


@pytest.mark.parametrize(
    ("outcome", "kind", "for_reads", "for_sends", "said"), list(matrix()), ids=lambda o: repr(o)[:40]
)
def test_the_matrix(
    outcome: Outcome, kind: FailureKind, for_reads: type[Exception], for_sends: type[Exception], said: str
) -> None:
    for call in (READ_CALL, UPLOAD_CALL, SEND_CALL, OTHER_CALL):
        failure = judge(outcome, call)
        assert failure is not None
        assert failure.kind is kind
        assert type(failure.error) is (for_sends if call.is_send else for_reads)
        assert call.shown in str(failure.error)
        assert said in str(failure.error)
        assert "path=1" not in str(failure.error)
        assert ("The message was not sent" in str(failure.error)) is (
            call.is_send and isinstance(failure.error, ApiError)
        )
        if isinstance(failure.error, DeliveryUnknownError):
            assert "was not repeated" in str(failure.error)
            assert "Seller Central" in str(failure.error)
        if isinstance(outcome, Exception):
            assert type(failure.cause) is type(outcome)
            assert failure.cause is not outcome  # whose frames hold the request


# A success by its status whose content makes no sense


@pytest.mark.parametrize("name", NONSENSE)
def test_a_success_that_makes_no_sense_is_malformed_for_a_read_and_unknown_for_a_message(name: str) -> None:
    nonsense = NONSENSE[name]
    assert isinstance(nonsense, httpx.Response)
    for call in (READ_CALL, UPLOAD_CALL, SEND_CALL):
        failure = judge(nonsense, call)
        assert failure is not None
        assert failure.kind is FailureKind.UNKNOWN
        assert type(failure.error) is (DeliveryUnknownError if call.is_send else MalformedResponseError)
        assert f"answered {nonsense.status_code}" in str(failure.error)
        if call.is_send:
            assert isinstance(failure.cause, MalformedResponseError)
    assert judge(nonsense, OTHER_CALL) is None  # nobody knows how such a request is answered


@pytest.mark.parametrize("name", MIXED_UP)
def test_the_answer_to_another_request_is_no_receipt(name: str) -> None:
    failure = judge(MIXED_UP[name], SEND_CALL)

    assert failure is not None
    assert type(failure.error) is DeliveryUnknownError
    assert f"the answer to another request ({name})" in str(failure.error)


def test_an_empty_answer_to_a_read_is_malformed() -> None:
    assert "an empty body" in str(error_of(raw(200, b""), READ_CALL))


@pytest.mark.parametrize(
    "payload",
    [
        *(None, {}, [], "x", {"uploadDestinationId": "d"}, {"url": "https://s3.example/"}),
        {"uploadDestinationId": "d", "url": "https://s3.example/", "headers": ["odd"]},
    ],
)
def test_an_upload_destination_has_an_id_a_url_and_headers(payload: Any) -> None:
    error = error_of(answer(201, {"payload": payload}), UPLOAD_CALL)

    assert isinstance(error, MalformedResponseError)
    assert "no upload destination in it" in str(error)


# Successes


@pytest.mark.parametrize("name", ACCEPTED)
def test_any_other_2xx_to_a_message_is_a_success_in_the_shape_that_the_parsers_expect(name: str) -> None:
    accepted = ACCEPTED[name]
    assert isinstance(accepted, httpx.Response)

    success = success_of(accepted, SEND_CALL)
    assert (success.status_code, success.json()) == (201, {})


@pytest.mark.parametrize("body", [{}, {"errors": None}, {"errors": []}, {"buyer": None}, {"new": 1}])
@pytest.mark.parametrize("status", [200, 204, 299])
def test_a_read_takes_any_2xx_with_an_object(status: int, body: Any) -> None:
    compressed = gzip.compress(json.dumps(body).encode())
    found = raw(status, compressed, content_encoding="gzip", x_amzn_requestid="request-1")

    success = success_of(found, READ_CALL)
    assert (success.status_code, success.json()) == (200, body)
    assert success.headers["x-amzn-requestid"] == "request-1"


def test_a_destination_is_a_success_with_or_without_headers() -> None:
    for headers in ({}, {"headers": None}, {"headers": {"Content-MD5": "x"}}):
        destination = {"uploadDestinationId": "d", "url": "https://s3.example/k", **headers}
        assert success_of(answer(201, {"payload": destination}), UPLOAD_CALL).status_code == 201


def test_a_success_of_an_unknown_request_is_left_alone() -> None:
    found = raw(299, b"[]")

    assert success_of(found, OTHER_CALL) is found


# Errors of a transport


@pytest.mark.parametrize("error", [OSError("foreign"), ValueError("foreign"), RuntimeError("foreign")])
def test_any_error_of_a_foreign_transport_makes_a_message_unknown_and_is_raised_unchanged_for_a_read(
    error: Exception,
) -> None:
    assert type(error_of(error, SEND_CALL)) is type(error_of(error, OTHER_CALL)) is DeliveryUnknownError
    assert judge(error, READ_CALL) is judge(error, UPLOAD_CALL) is None


@pytest.mark.parametrize("error", [httpx.ReadTimeout("slow"), OSError("foreign")])
def test_if_no_byte_left_nothing_was_sent_whatever_the_error(error: Exception) -> None:
    failure = judge_exception(error, SEND_CALL, stayed_here=True)

    assert failure is not None
    assert failure.kind is FailureKind.NOT_CONNECTED
    assert "Nothing was sent" in str(failure.error)


def test_a_read_that_met_its_deadline_says_so() -> None:
    assert "ReadTimeout: the deadline passed" in str(error_of(httpx.ReadTimeout("the deadline passed"), READ_CALL))


def test_a_proxy_that_cannot_be_used_is_raised_unchanged() -> None:
    assert judge(ConfigurationError("The proxy cannot be used."), SEND_CALL) is None


# What an error tells


def test_an_api_error_has_what_amazon_said() -> None:
    body = {"errors": [{"code": "InvalidInput", "message": "Bad.", "details": "Very bad."}, {"code": "Other"}]}
    error = error_of(httpx.Response(400, json=body, headers={"x-amzn-RequestId": "r-1"}))

    assert (error.status_code, error.code, error.message, error.details) == (400, "InvalidInput", "Bad.", "Very bad.")
    assert (error.request_id, error.operation, error.amazon_order_id) == ("r-1", SEND.operation_id, ORDER)
    assert [entry["code"] for entry in error.errors] == ["InvalidInput", "Other"]
    assert "(InvalidInput: Bad.: Very bad.)" in str(error)
    assert "Request id r-1" in str(error)


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b'{"errors": {}}', b'{"errors": [null, 1, "x"]}', b'{"errors": [{"code": 7}]}']
)
def test_a_refusal_without_a_readable_error_is_judged_by_its_status(body: bytes) -> None:
    error = error_of(raw(400, body, content_type="text/html"))

    assert (type(error), error.status_code, error.code) == (BadRequestError, 400, None)
    assert ("an empty body" if not body else "no list of errors, but text/html") in str(error)


def test_a_refused_invoice_may_mean_that_the_order_does_not_exist() -> None:
    assert "the order does not exist" in str(error_of(refused(403, DENIED), INVOICE_CALL))
    assert "the order does not exist" not in str(error_of(refused(403, DENIED), SEND_CALL))


def test_an_unknown_delivery_names_request_and_status() -> None:
    error = error_of(raw(503, b"<html>", x_amzn_requestid="r-2"))

    assert (error.operation, error.amazon_order_id) == (SEND.operation_id, ORDER)
    assert (error.status_code, error.request_id) == (503, "r-2")
    assert "answered 503 (request id r-2)" in str(error)
    assert isinstance(error_of(raw(201, b"[]", x_amzn_requestid="r-3")), DeliveryUnknownError)


# Headers


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry_after": "7"}, 7.0),
        ({"retry_after": "0.5"}, 0.5),
        ({"retry_after": "Wed, 21 Oct 2026 07:28:10 GMT", "date": "Wed, 21 Oct 2026 07:28:00 GMT"}, 10.0),
        ({"retry_after": "Wed, 21 Oct 2026 07:28:10 GMT"}, None),
        ({"retry_after": "Wed, 21 Oct 2026 07:28:00 GMT", "date": "Wed, 21 Oct 2026 07:28:10 GMT"}, None),
        ({"retry_after": "Wed, 21 Oct 2026 07:28:10", "date": "Wed, 21 Oct 2026 07:28:00 GMT"}, None),
        *(({"retry_after": value}, None) for value in ("", "soon", "-1", "nan", "inf", "1e999")),
        *(({"retry_after": value}, 900.0) for value in ("900", "901", "1e9")),
        ({"retry_after": "Sat, 21 Nov 2026 07:28:00 GMT", "date": "Wed, 21 Oct 2026 07:28:00 GMT"}, 900.0),
        *(({"retry_after": f"Wed, 21 Oct {year} 07:28:00 GMT"}, None) for year in ("99999", "9" * 30)),
        ({}, None),
    ],
)
def test_retry_after_is_a_number_of_seconds_or_a_date_and_not_absurd(
    headers: dict[str, str], seconds: float | None
) -> None:
    assert retry_after(throttled(**headers)) == seconds


@pytest.mark.parametrize(
    ("announced", "rate"),
    [
        *((value, float(value)) for value in ("4.0", "0.0055", "0.0012", "1000")),
        *((value, None) for value in ("", "fast", "0", "-1", "nan", "inf", "1e-9", "0.0011", "1e6")),
    ],
)
def test_an_announced_rate_is_a_number_and_not_absurd(announced: str, rate: float | None) -> None:
    assert announced_rate(sent(x_amzn_ratelimit_limit=announced)) == rate
    assert announced_rate(sent()) is None


dates = st.builds("{}, {} {} {} {}:{}:{} {}".format, *[st.text("0123456789+-GMTWedOct", max_size=12)] * 8)
headers = st.one_of(st.text(st.characters(codec="ascii")), st.integers().map(str), st.floats().map(str), dates)


@given(value=headers, date=headers)
def test_no_header_breaks_a_call_or_stops_it_for_long(value: str, date: str) -> None:
    answer = throttled(retry_after=value, date=date, x_amzn_ratelimit_limit=value)

    assert 0.0 <= (retry_after(answer) or 0.0) <= 900.0
    assert 1 / 900 <= (announced_rate(answer) or 1.0) <= 1e5


# What an error does not show


@pytest.mark.parametrize("text", ["a", "e", "token", "Invalid", "combination", "order"])
def test_a_text_that_amazons_words_contain_changes_no_verdict(text: str) -> None:
    call = SEND_CALL._replace(private=lambda: (text,))

    assert type(error_of(refused(403, TEMPLATE), call)) is MessageNotAvailableError
    assert type(error_of(refused(400, MISMATCH), call)) is SandboxMismatchError


def test_an_error_shows_a_part_of_what_amazon_says_if_that_is_endless() -> None:
    errors = [{"code": "InvalidInput", "message": "x" * 10_000, "details": ""}] * 1000  # 10 MB: more is not read
    error = error_of(answer(400, {"errors": errors}))

    assert len(str(error)) < 10_000
    assert error.message == "x" * 2000 + "…"
    assert len(error.errors) == 20


@pytest.mark.parametrize("lost", [httpx.ConnectError, httpx.ReadTimeout, httpx.RemoteProtocolError, httpx.ProxyError])
@pytest.mark.parametrize("call", [READ_CALL, UPLOAD_CALL, SEND_CALL], ids=lambda call: call.operation.kind)
def test_what_a_transport_says_shows_nothing_private(lost: type[httpx.TransportError], call: Call) -> None:
    failure = judge(lost("it said the-private-text, twice"), call._replace(private=lambda: ("the-private-text",)))

    assert failure is not None
    assert type(failure.cause) is lost
    for shown in (failure.error, failure.cause):
        assert "the-private-text" not in f"{shown!r} {shown}"


def test_an_error_of_a_read_says_what_amazon_said_and_nothing_else() -> None:
    error = error_of(refused(400, "No such thing.", "InvalidInput", retry_after="7"), READ_CALL)

    assert error.retry_after is None  # only a 429 asks for a pause
    assert str(error) == (
        f"Amazon answered 400 to GetAttributes for order {ORDER} (InvalidInput: No such thing.). Correct what Amazon "
        "names, then send again. Request id request-1."
    )


@pytest.mark.parametrize(("headers", "id"), [({}, None), ({"x-amzn-requestid": "r-1"}, "r-1")])
@pytest.mark.parametrize(
    ("call", "again"),
    [(READ_CALL, "Try again; if it stays, report it"), (SEND_CALL, "Report it")],
    ids=["read", "send"],
)
def test_an_answer_that_makes_no_sense_is_to_be_reported(
    call: Call, again: str, headers: dict[str, str], id: str | None
) -> None:
    failure = judge(httpx.Response(200, content=b"<p>", headers=headers), call)

    assert failure is not None
    malformed = failure.cause if call.is_send else failure.error
    assert isinstance(malformed, MalformedResponseError)
    assert str(malformed) == (
        f"Amazon answered 200 to {call.shown}, with a body that is not JSON. {again} to Amazon with the request id "
        f"{id or '(none was given)'}."
    )
    for error in (failure.error, malformed):
        assert (error.operation, error.amazon_order_id, error.request_id) == (call.operation.operation_id, ORDER, id)
    if call.is_send:
        assert getattr(failure.error, "status_code", None) == 200
        seen = f"with a body that is not JSON{f' (request id {id})' if id else ''}. It was not repeated"
        assert f"the request went out, then Amazon answered 200 {seen}" in str(failure.error)


def test_a_server_in_trouble_is_asked_again_for_a_read_and_not_for_a_message() -> None:
    read, message = judge(raw(503, b""), READ_CALL), judge(raw(503, b""), SEND_CALL)

    assert read is not None and str(read.error).endswith("Amazon's server is in trouble. Try again later.")
    assert message is not None and str(message.cause).endswith("Amazon's server is in trouble.")


@pytest.mark.parametrize("odd", ["", " \n", "a\nb", 7, None, ["d"]])
@pytest.mark.parametrize("name", ["uploadDestinationId", "url"])
def test_a_destination_without_an_id_or_a_url_is_none(name: str, odd: object) -> None:
    payload = {"uploadDestinationId": "d", "url": "https://s3.example/k", name: odd}
    failure = judge(answer(201, {"payload": payload}), UPLOAD_CALL)

    assert failure is not None
    assert "no upload destination in it" in str(failure.error)


def test_a_pause_of_no_time_was_named_all_the_same() -> None:
    assert retry_after(throttled(retry_after="0")) == 0.0
    assert retry_after(throttled(retry_after="-1")) is None


def test_a_code_and_a_word_that_are_private_are_hidden() -> None:
    call = READ_CALL._replace(private=lambda: ("Schmidt", "the private text"))
    error = error_of(refused(400, "Schmidt", "the private text"), call)

    assert (error.errors[0]["code"], error.errors[0]["message"]) == ("[hidden]", "[hidden]")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b" ", "an empty body"),
        (b"<p>", "a body that is not JSON"),
        (b"[]", "a body that is not a JSON object"),
        (b'{"errors": [1]}', "errors in it"),
    ],
)
def test_what_makes_no_sense_is_described(content: bytes, told: str) -> None:
    failure = judge(raw(200, content), READ_CALL)
    assert failure is not None
    assert f"with {told}. " in str(failure.error)

    too_large = httpx.Response(200, extensions={TOO_LARGE: True})
    failure = judge(too_large, READ_CALL)
    assert failure is not None
    assert "with more than 16 MiB. " in str(failure.error)


def test_an_answer_as_documented_keeps_what_is_known_of_its_connection() -> None:
    response = httpx.Response(202, json={}, extensions={"http_version": b"HTTP/2"})

    documented = as_documented(Answer(response, {}), SEND)
    assert (documented.status_code, documented.http_version) == (SEND.success_status, "HTTP/2")


def test_a_transport_that_says_nothing_is_named_alone() -> None:
    failure = judge(httpx.ConnectError(""), READ_CALL)

    assert failure is not None
    assert ": ConnectError. Nothing was sent." in str(failure.error)


@pytest.mark.parametrize("odd", ["x" * 5000, "a\x1b]0;title\x07", "a\x80b", "Atza|echoed", "what the buyer reads"])
def test_a_request_id_that_cannot_be_one_is_left_out(odd: str) -> None:
    response = httpx.Response(400, json={}, headers=[(b"x-amzn-requestid", odd.encode("latin-1"))])

    assert error_of(response).request_id is None


def test_a_proxy_that_wants_a_password_is_named() -> None:
    assert "A proxy on the way wants a user name and a password" in str(error_of(raw(407, b"")))


def test_a_short_text_is_not_found_within_amazons_code() -> None:
    error = error_of(throttled(), SEND_CALL._replace(private=lambda: ("x",)))

    assert error.code == "QuotaExceeded"
    assert "(QuotaExceeded" in str(error)


@given(text=st.text(min_size=4), token=st.text("abcXYZ123|.-", min_size=8), before=st.text(), after=st.text())
def test_no_error_shows_a_text_or_a_token_that_the_answer_quotes(
    text: str, token: str, before: str, after: str
) -> None:
    call = SEND_CALL._replace(private=lambda: (token, text))
    harmless = error_of(refused(400, "", ""), call)
    assume(text not in f"{harmless}{vars(harmless)}[hidden]" and token not in f"{harmless}[hidden]")
    assume(text not in f"{before}{after}" and token not in f"{before}{after}")
    error = error_of(refused(400, f"{before} [{text}] [{token}] {after}", "InvalidInput"), call)

    shown = f"{error}{error.message}"
    assert f"[{token}]" not in shown
    assert f"[{text}]" not in shown


@pytest.mark.parametrize(
    "text",
    ["Dear customer,\nyour key is ABC-DEF-123456", 'Your "key" & <code> is "ABC"', "Schlüssel\tABC DEF\n\nGruß & Kuß"],
)
def test_no_error_shows_a_text_in_another_form_or_by_the_line(text: str) -> None:
    call = SEND_CALL._replace(private=lambda: texts_of(httpx.Request("POST", "https://x", json={"text": text})))
    quotes = [html.escape(text), json.dumps(text), json.dumps(text, ensure_ascii=False), text.splitlines()[-1], text]
    for quote in quotes:
        error = error_of(refused(400, f"The value {quote} is not allowed."), call)
        assert not any(part in f"{error}{vars(error)}" for part in ("ABC", "Schlüssel", "Gruß"))


def test_no_error_shows_a_text_that_the_network_quotes() -> None:
    error: SpApiMessagingError = error_of(
        httpx.ConnectError("to secret text"), Call(SEND, ORDER, lambda: ("secret text",))
    )

    assert "(to [hidden])" in str(error)


# What answers in Amazon's place


def remedy_of(status: int, body: bytes, content_type: str) -> bool:
    """Whether the error speaks of something else on the way."""
    return "something else answered here: a gateway or a proxy on the way perhaps" in str(
        error_of(raw(status, body, content_type=content_type))
    )


@pytest.mark.parametrize("status", [400, 403, 404, 413, 415])
def test_an_answer_without_amazons_errors_came_from_something_else(status: int) -> None:
    assert remedy_of(status, b"<html>", "text/html")
    assert remedy_of(status, b"<Error><Code>AccessDenied</Code></Error>", "application/xml")
    assert remedy_of(status, b'{"error": "no"}', "application/json")
    assert remedy_of(status, b"[1]", "application/json")
    for amazons in (b"", b"{}", b'{"errors": []}'):
        assert not remedy_of(status, amazons, "application/json")


@pytest.mark.parametrize("status", [400, 403, 404, 413, 415])
@pytest.mark.parametrize("content_type", ["application/json", "application/hal+json", "text/plain"])
def test_amazons_own_refusals_are_amazons(status: int, content_type: str) -> None:
    assert not remedy_of(status, b'{"errors": [{"code": "InvalidInput", "message": "Too long."}]}', content_type)


def test_a_retired_message_that_is_refused_was_to_be_expected() -> None:
    retired = SEND_CALL.operation._replace(retired=RETIRED)
    said = str(error_of(refused(403, DENIED), Call(retired, ORDER)))

    assert "Amazon has retired this type of message, so this was to be expected." in said
    assert "role" not in said


@pytest.mark.parametrize(("location", "to"), [({}, ""), ({"location": "https://other.example/x"}, " to other.example")])
@pytest.mark.parametrize(("status", "sent"), [(302, " Nothing was sent."), (303, "")])
def test_a_redirect_tells_where_to_and_whether_anything_was_sent(
    location: dict[str, str], to: str, status: int, sent: str
) -> None:
    failure = judge(httpx.Response(status, headers=location), READ_CALL)

    assert failure is not None
    assert str(failure.error) == (
        f"GetAttributes for order {ORDER} was redirected{to} ({status}), which Amazon's API never does. It was not "
        f"followed, so that no token leaves for another host.{sent} Check the endpoint and the proxy."
    )


@pytest.mark.parametrize(
    ("content", "media_type", "told"),
    [
        (b" ", "text/html", "(an empty body)"),
        (b"{}", "", "(no list of errors)"),
        (b"{}", "application/json", "(no list of errors)"),
        (b"{}", "Application/Problem+JSON; charset=UTF-8", "(no list of errors)"),
        (b"<p>", "Text/HTML; charset=UTF-8", "(no list of errors, but text/html)"),
    ],
)
def test_an_answer_without_errors_tells_what_it_is_instead(content: bytes, media_type: str, told: str) -> None:
    failure = judge(httpx.Response(400, content=content, headers={"content-type": media_type}), READ_CALL)

    assert failure is not None
    assert told in str(failure.error)
