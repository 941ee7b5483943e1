"""The flow, driven by hand: no client, no network, no clock but a number."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Generic, TypeVar

import httpx
import pytest

from spapi_messaging._flow import AskForToken, Flow, Reserve, Send, Sleep, Terms, Token, call_flow, token_flow
from spapi_messaging._judge import Call
from spapi_messaging._lwa import AccessToken
from spapi_messaging._retry import RetryPolicy
from spapi_messaging.errors import (
    AccessDeniedError,
    ApiError,
    AuthorizationError,
    BadRequestError,
    DeliveryUnknownError,
    MalformedResponseError,
    MessageNotAvailableError,
    NetworkError,
    NotFoundError,
    ServerError,
    SpApiMessagingError,
    ThrottledError,
    UsagePlanTimeout,
)
from tests.support.amazon import CREDENTIALS, EXPIRED, ORDER, TEMPLATE, raw, refused, sent, throttled, token

E = TypeVar("E")
R = TypeVar("R")

READ = Call("GetAttributes", "read", ORDER, 200)
SEND = Call("createConfirmOrderDetails", "send", ORDER)
UPLOAD = Call("createUploadDestinationForResource", "upload", ORDER)
ATTRIBUTES = httpx.Response(200, json={"buyer": {"locale": "de-DE"}})
DESTINATION = httpx.Response(201, json={"payload": {"uploadDestinationId": "d", "url": "https://s3.example/k?s=1"}})
SUCCESS = {"read": ATTRIBUTES, "send": sent(), "upload": DESTINATION}

repeatable = pytest.mark.parametrize("call", [READ, UPLOAD], ids=lambda call: call.kind)
FOUR_ATTEMPTS = RetryPolicy()

every_kind = pytest.mark.parametrize("call", [READ, UPLOAD, SEND], ids=lambda call: call.kind)


class Slot:
    """A turn in a usage plan that the test hands out."""

    def __init__(self, waited: float = 0.0) -> None:
        self.waited = waited
        self.cancelled = False

    def cancel(self) -> None:
        self.cancelled = True


class Hand(Generic[R]):
    """Carries out a flow's effects as the test says."""

    def __init__(self, flow: Flow[R]) -> None:
        self.flow = flow
        self.effect: Any = next(flow)

    def wants(self, kind: type[E]) -> E:
        assert isinstance(self.effect, kind)
        return self.effect

    def give(self, result: object = None) -> None:
        self.effect = self.flow.send(result)

    def fail(self, error: BaseException) -> None:
        self.effect = self.flow.throw(error)

    def finish(self, result: object) -> R:
        with pytest.raises(StopIteration) as stop:
            self.flow.send(result)
        value: R = stop.value.value
        return value

    def up_to_send(self, slot: Slot | None = None, with_token: str = "token-1") -> Send:
        """Gives the token and the turn that an attempt begins with."""
        slot = slot or Slot()
        self.wants(Token)
        self.give(with_token)
        self.wants(Reserve)
        self.give(slot)
        if slot.waited:
            self.wants(Token)
            self.give(with_token)
        return self.wants(Send)


class Time:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def hand(
    call: Call = SEND,
    *,
    policy: RetryPolicy = FOUR_ATTEMPTS,
    max_wait: float | None = None,
    until: float | None = None,
    now: Callable[[], float] = lambda: 100.0,
) -> Hand[httpx.Response]:
    return Hand(call_flow(call, Terms(policy, max_wait, until, now, lambda: 1.0)))


# Pace, token, send


@every_kind
def test_the_token_comes_before_the_turn_and_the_turn_before_the_request(call: Call) -> None:
    flow = hand(call)

    assert flow.wants(Token) == Token(None)
    flow.give("token-1")
    assert flow.wants(Reserve) == Reserve(None, None)
    slot = Slot()
    flow.give(slot)
    assert flow.wants(Send) == Send("token-1", slot, 1)
    assert flow.finish(SUCCESS[call.kind]).status_code == call.success_status


def test_a_call_that_had_to_wait_asks_for_its_token_once_more() -> None:
    flow = hand()
    flow.give("old")
    flow.give(Slot(waited=4000.0))
    flow.wants(Token)
    flow.give("new")

    assert flow.wants(Send).token == "new"


def test_a_token_that_cannot_be_had_gives_the_turn_back() -> None:
    flow = hand()
    slot = Slot(waited=1.0)
    flow.give("old")
    flow.give(slot)

    with pytest.raises(AuthorizationError):
        flow.fail(AuthorizationError("no"))
    assert slot.cancelled


def test_a_flow_that_is_closed_while_it_asks_for_the_second_token_gives_the_turn_back() -> None:
    flow = hand()
    slot = Slot(waited=1.0)
    flow.give("old")
    flow.give(slot)
    flow.flow.close()

    assert slot.cancelled


@pytest.mark.parametrize("error", [AuthorizationError("no"), NetworkError("no"), RuntimeError("the provider's own")])
def test_without_a_token_nothing_is_sent(error: Exception) -> None:
    flow = hand()

    with pytest.raises(type(error)) as raised:
        flow.fail(error)
    assert raised.value is error


# What is retried


@every_kind
@pytest.mark.parametrize("error", [httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError])
def test_what_could_not_connect_is_retried(call: Call, error: type[httpx.TransportError]) -> None:
    flow = hand(call)
    flow.up_to_send()
    flow.fail(error("no route"))
    assert flow.wants(Sleep).seconds == 0.5
    flow.give()
    assert flow.up_to_send().number == 2
    flow.finish(SUCCESS[call.kind])


@every_kind
def test_what_never_connects_ends_as_network_error_that_says_nothing_was_sent(call: Call) -> None:
    flow = hand(call, policy=RetryPolicy(attempts=1))
    flow.up_to_send()
    lost = httpx.ConnectError("no route")

    with pytest.raises(NetworkError, match="Nothing was sent") as raised:
        flow.fail(lost)
    assert raised.value.__cause__ is lost


@every_kind
def test_429_waits_for_its_turn_again_and_is_retried(call: Call) -> None:
    flow = hand(call)
    flow.up_to_send()
    flow.give(throttled())
    flow.give("token-1")

    assert flow.wants(Reserve).push_back == 0.5  # the turn is waited for in the plan, not slept
    flow.give(Slot())
    assert flow.wants(Send).number == 2
    flow.finish(SUCCESS[call.kind])


def test_429_waits_as_long_as_amazon_asks() -> None:
    flow = hand()
    flow.up_to_send()
    flow.give(throttled(retry_after="7"))
    flow.give("token-1")

    assert flow.wants(Reserve).push_back == 7.0


@every_kind
def test_429_to_the_last_attempt_is_raised(call: Call) -> None:
    flow = hand(call, policy=RetryPolicy(attempts=2))
    flow.up_to_send()
    flow.give(throttled())
    flow.up_to_send()

    with pytest.raises(ThrottledError) as raised:
        flow.give(throttled(retry_after="3"))
    assert raised.value.retry_after == 3.0


def test_throttled_then_refused_by_the_usage_plan_raises_the_429() -> None:
    flow = hand(max_wait=2.0)
    flow.up_to_send()
    flow.give(throttled())
    flow.give("token-1")

    with pytest.raises(ThrottledError):
        flow.fail(UsagePlanTimeout("no room"))


def test_refused_by_the_usage_plan_at_first_raises_that() -> None:
    flow = hand(max_wait=2.0)
    flow.give("token-1")
    assert flow.wants(Reserve).within == 2.0

    with pytest.raises(UsagePlanTimeout):
        flow.fail(UsagePlanTimeout("no room"))


def test_max_wait_counts_what_was_waited_before() -> None:
    flow = hand(max_wait=5.0)
    flow.up_to_send(Slot(waited=3.0))
    flow.give(throttled())
    flow.give("token-1")

    assert flow.wants(Reserve).within == 2.0


@every_kind
@pytest.mark.parametrize("status", [401, 403])
def test_an_expired_token_is_renewed_once_and_the_call_tried_once_more(call: Call, status: int) -> None:
    flow = hand(call, policy=RetryPolicy(attempts=1))  # it is not one of the policy's retries
    flow.up_to_send()
    flow.give(refused(status, EXPIRED))
    assert flow.wants(Token) == Token("token-1")
    assert flow.up_to_send(with_token="token-2").token == "token-2"
    flow.finish(SUCCESS[call.kind])


def test_a_token_that_is_refused_again_is_not_renewed_again() -> None:
    flow = hand()
    flow.up_to_send()
    flow.give(refused(403, EXPIRED))
    flow.up_to_send(with_token="token-2")

    with pytest.raises(AccessDeniedError, match="just renewed"):
        flow.give(refused(403, EXPIRED))


LOST = [httpx.ReadTimeout, httpx.WriteTimeout, httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError]
UNCLEAR: list[Any] = [
    *(error("lost") for error in LOST),
    httpx.DecodingError("broken gzip"),
    raw(500, b"{}"),
    raw(502, b"<html>Bad gateway</html>", content_type="text/html"),
    raw(503, b""),
    raw(504, b"upstream"),
    raw(599, b""),
    raw(600, b""),
    raw(999, b"no status at all"),
    raw(103, b""),
    raw(200, b"<html>Hello</html>", content_type="text/html"),
    raw(201, b'{"errors": [{"code": "InternalFailure"}]}'),
    raw(201, b'{"payl'),
    raw(201, b"[]"),
    raw(201, b'"fine"'),
    raw(201, b"\xff\xfe\xfa"),
    raw(201, b"[" * 100_000),
]
unclear = pytest.mark.parametrize("outcome", UNCLEAR, ids=lambda outcome: repr(outcome)[:40])


def give_outcome(flow: Hand[httpx.Response], outcome: httpx.Response | Exception) -> None:
    flow.fail(outcome) if isinstance(outcome, Exception) else flow.give(outcome)


@repeatable
@unclear
def test_an_unclear_outcome_of_a_read_or_an_upload_is_retried(call: Call, outcome: httpx.Response | Exception) -> None:
    flow = hand(call)
    flow.up_to_send()
    give_outcome(flow, outcome)
    flow.wants(Sleep)
    flow.give()
    flow.up_to_send()
    flow.finish(SUCCESS[call.kind])


@repeatable
@unclear
def test_an_unclear_outcome_to_the_last_attempt_is_an_error_of_ours(
    call: Call, outcome: httpx.Response | Exception
) -> None:
    flow = hand(call, policy=RetryPolicy(attempts=1))
    flow.up_to_send()

    with pytest.raises((NetworkError, MalformedResponseError, ServerError)) as raised:
        give_outcome(flow, outcome)
    assert ORDER in str(raised.value)


@unclear
def test_a_send_whose_outcome_is_unclear_is_never_sent_again(outcome: httpx.Response | Exception) -> None:
    flow = hand(SEND)
    flow.up_to_send()

    with pytest.raises(DeliveryUnknownError, match="was not repeated") as raised:
        give_outcome(flow, outcome)
    assert raised.value.operation == SEND.operation
    assert raised.value.amazon_order_id == ORDER
    if isinstance(outcome, Exception):
        assert raised.value.__cause__ is outcome
    else:
        assert isinstance(raised.value.__cause__, SpApiMessagingError)
        assert raised.value.status_code == outcome.status_code


def test_even_an_error_that_is_none_of_the_networks_leaves_a_send_unknown() -> None:
    flow = hand(SEND)
    flow.up_to_send()

    with pytest.raises(DeliveryUnknownError):
        flow.fail(OSError("of a transport of the user's own"))


@pytest.mark.parametrize(
    "answer",
    [
        raw(200, b"{}"),
        raw(201, b"{}"),
        raw(202, b'{"unknown": 1}'),
        raw(204, b""),
        raw(299, b" \n"),
        raw(201, b'{"errors": []}'),
        raw(201, b'{"errors": null}'),
        raw(201, b"{}", content_type="text/html"),
    ],
    ids=lambda answer: f"{answer.status_code} {answer.content!r}",
)
def test_any_other_2xx_to_a_send_is_a_success_in_the_shape_that_the_parsers_expect(answer: httpx.Response) -> None:
    flow = hand(SEND)
    flow.up_to_send()
    success = flow.finish(answer)

    assert (success.status_code, success.json()) == (201, {})


@every_kind
@pytest.mark.parametrize(
    ("status", "message", "error"),
    [
        (400, "bad", BadRequestError),
        (403, TEMPLATE, MessageNotAvailableError),
        (403, "Access to requested resource is denied.", AccessDeniedError),
        (404, "no", NotFoundError),
        (409, "no", ApiError),
        (418, "no", ApiError),
    ],
)
def test_other_4xx_are_raised_at_once(call: Call, status: int, message: str, error: type[ApiError]) -> None:
    flow = hand(call)
    flow.up_to_send()

    with pytest.raises(error) as raised:
        flow.give(refused(status, message))
    assert type(raised.value) is error


@every_kind
@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirects_are_final_and_say_that_nothing_was_sent(call: Call, status: int) -> None:
    flow = hand(call)
    flow.up_to_send()

    with pytest.raises(NetworkError, match=r"redirected to elsewhere\.example .*nothing was sent"):
        flow.give(raw(status, b"", location="https://elsewhere.example/secret?path=1"))


# How often, how long


def test_pauses_double_up_to_the_cap_and_attempts_end() -> None:
    flow = hand(READ, policy=RetryPolicy(attempts=6, base=1.0, cap=5.0))
    pauses = []
    for _ in range(5):
        flow.up_to_send()
        flow.give(raw(503, b""))
        pauses.append(flow.wants(Sleep).seconds)
        flow.give()
    flow.up_to_send()

    with pytest.raises(ServerError):
        flow.give(raw(503, b""))
    assert pauses == [1.0, 2.0, 4.0, 5.0, 5.0]


def test_no_retry_begins_that_would_end_after_the_deadline() -> None:
    flow = hand(READ, until=100.4)
    flow.up_to_send()

    with pytest.raises(ServerError):
        flow.give(raw(503, b""))  # the pause would be 0.5 s


def test_a_call_without_time_left_sends_nothing() -> None:
    with pytest.raises(NetworkError, match=r"deadline passed .*Nothing was sent"):
        hand(until=100.0)


def test_a_deadline_that_passes_after_a_failure_raises_that_failure() -> None:
    time = Time()
    flow = hand(READ, until=110.0, now=time)
    flow.up_to_send()
    flow.give(raw(503, b""))
    time.now = 111.0

    with pytest.raises(ServerError):
        flow.give()


def test_the_deadline_limits_the_wait_for_a_turn_and_reaches_the_request() -> None:
    flow = hand(max_wait=30.0, until=103.0)
    flow.give("token-1")
    assert flow.wants(Reserve).within == 3.0
    flow.give(Slot())
    assert flow.wants(Send).until == 103.0


# Interruption


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, SystemExit, asyncio.CancelledError])
def test_an_interrupted_send_says_that_its_fate_is_unknown(interruption: type[BaseException]) -> None:
    flow = hand(SEND)
    flow.up_to_send()

    with pytest.raises(interruption) as raised:
        flow.fail(interruption())
    assert "whether it reached the buyer is unknown" in raised.value.__notes__[0]


def test_an_interrupted_read_says_nothing() -> None:
    flow = hand(READ)
    flow.up_to_send()

    with pytest.raises(KeyboardInterrupt) as raised:
        flow.fail(KeyboardInterrupt())
    assert not hasattr(raised.value, "__notes__")


def test_a_flow_can_be_closed_wherever_it_stands() -> None:
    for steps in range(4):
        flow = hand(SEND)
        for result in ("token-1", Slot(waited=1.0), "token-1")[:steps]:
            flow.give(result)
        flow.flow.close()


# Tokens


def token_hand(until: float | None = None, attempts: int = 4) -> Hand[AccessToken]:
    return Hand(token_flow(CREDENTIALS, Terms(RetryPolicy(attempts), None, until, lambda: 100.0, lambda: 1.0)))


def test_a_token_is_asked_for_with_the_refresh_token() -> None:
    flow = token_hand()
    form = dict(pair.split("=") for pair in flow.wants(AskForToken).form.decode().split("&"))

    assert form["grant_type"] == "refresh_token"
    assert form["refresh_token"] == "Atzr%7Cthe-refresh-token"
    assert flow.finish(token("fresh", 3600)) == AccessToken("fresh", 3640.0, 3700.0)


RETRYABLE = [
    httpx.Response(503, text="<html>"),
    httpx.Response(500, json={"error": "server_error"}),
    httpx.Response(400, json={"error": "temporarily_unavailable"}),
    httpx.Response(429, json={"error": "slow down"}),
    httpx.ConnectError("no"),
    httpx.ReadTimeout("no"),
    httpx.RemoteProtocolError("cut"),
]


@pytest.mark.parametrize("trouble", RETRYABLE, ids=repr)
def test_a_token_request_is_repeated_whatever_became_of_it(trouble: Any) -> None:
    flow = token_hand()
    flow.fail(trouble) if isinstance(trouble, Exception) else flow.give(trouble)
    assert flow.wants(Sleep).seconds == 0.5
    flow.give()
    flow.wants(AskForToken)
    assert flow.finish(token("fresh")).value == "fresh"


@pytest.mark.parametrize("trouble", RETRYABLE, ids=repr)
def test_a_token_that_never_comes_is_an_error_of_ours(trouble: Any) -> None:
    flow = token_hand(attempts=1)

    with pytest.raises((NetworkError, AuthorizationError), match=r"[Nn]othing was sent"):
        flow.fail(trouble) if isinstance(trouble, Exception) else flow.give(trouble)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, "invalid_client"),
        (400, "invalid_grant"),
        (400, "unauthorized_client"),
        (400, "invalid_request"),
        (400, "invalid_scope"),
        (403, "access_denied"),
        (400, "something_new"),
    ],
)
def test_a_refusal_of_lwa_is_final(status: int, error: str) -> None:
    flow = token_hand()

    with pytest.raises(AuthorizationError) as raised:
        flow.give(httpx.Response(status, json={"error": error, "error_description": "because"}))
    assert (raised.value.error, raised.value.description) == (error, "because")


def test_a_redirected_token_request_is_not_followed() -> None:
    flow = token_hand()

    with pytest.raises(NetworkError, match="not followed"):
        flow.give(httpx.Response(302, headers={"location": "https://elsewhere.example"}))


def test_a_token_request_is_not_repeated_after_the_deadline() -> None:
    flow = token_hand(until=100.2)

    with pytest.raises(NetworkError):
        flow.fail(httpx.ConnectError("no"))
