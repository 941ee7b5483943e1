"""One call, driven by hand: its token, its turn, its attempts, its end."""

from __future__ import annotations

import asyncio
import inspect
import logging
from contextlib import nullcontext
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spapi_messaging import RetryPolicy, UsagePlan
from spapi_messaging._call.context import MIN_SEND_SECONDS
from spapi_messaging._call.effects import Exchange, Invoke, Wait
from spapi_messaging._call.first_byte import DeadlinePassed, FirstByte, HookFailed
from spapi_messaging._call.flow import call
from spapi_messaging._call.outcome import Answer
from spapi_messaging._call.places import Places
from spapi_messaging.errors import (
    AccessDeniedError,
    AuthorizationError,
    ClientClosedError,
    ConfigurationError,
    DeliveryUnknownError,
    NetworkError,
    ServerError,
    SpApiMessagingError,
    ThrottledError,
    UsagePlanTimeout,
)
from spapi_messaging.limiters import BucketKey
from spapi_messaging.messages import Operation
from tests.support.amazon import API, EXPIRED, ORDER, TEMPLATE, answer, raw, refused, sent, throttled
from tests.support.hand import (
    OTHER,
    READ,
    SEND,
    START,
    UPLOAD,
    Hand,
    Time,
    Turn,
    Turns,
    a_request,
    call_by_hand,
    every_kind,
    make_context,
)
from tests.support.outcomes import ACCEPTED, HARMLESS, IN_TROUBLE, LOST, MIXED_UP, NONSENSE, REDIRECTS, Outcome

DESTINATION = {"uploadDestinationId": "d", "url": "https://s3.example/k?s=1"}
SUCCESS = {
    "read": answer(200, {"buyer": {"locale": "de-DE"}}),
    "send": sent(),
    "upload": answer(201, {"payload": DESTINATION}),
    "other": answer(200, {}),
}
ONCE = RetryPolicy(attempts=1)


def token_of(request: httpx.Request) -> str | None:
    value: str | None = request.headers.get("x-amz-access-token")
    return value


# Token, turn, request


@every_kind
def test_the_token_comes_before_the_turn_and_the_turn_before_the_request(operation: Operation) -> None:
    limiter = Turns()
    hand = call_by_hand(operation, limiter)
    hand.wants(Invoke)
    assert limiter.asked == []
    hand.give("the-token")
    (asked,) = limiter.asked
    request = hand.wants(Exchange).request

    name = "*" if operation is OTHER else operation.operation_id
    assert asked["key"] == BucketKey(API, "application", "seller", name)
    assert (asked["within"], asked["push_back"]) == (None, None)
    assert token_of(request) == "the-token"
    assert hand.finish(SUCCESS[operation.kind]).response is SUCCESS[operation.kind]
    assert token_of(request) is None  # an error that holds the request shows no token


@pytest.mark.parametrize("operation", [READ, SEND, UPLOAD])
def test_without_other_plans_the_published_one_applies(operation: Operation) -> None:
    for published in (operation, operation._replace(rate=0.5, burst=3), operation._replace(rate=None)):
        limiter = Turns()
        call_by_hand(published, limiter).go_on()

        plan = UsagePlan(published.rate, published.burst or 0) if published.rate else UsagePlan(1.0, 5)
        assert limiter.asked[0]["plan"] == plan


@pytest.mark.parametrize(
    ("settings", "plan", "explicit"),
    [
        ({}, UsagePlan(1, 5), False),
        ({"usage_plans": {"createConfirmOrderDetails": UsagePlan(2, 3), "*": UsagePlan(4, 5)}}, UsagePlan(2, 3), True),
        ({"usage_plans": {"*": UsagePlan(4, 5)}}, UsagePlan(4, 5), True),
        ({"shared_plan": UsagePlan(5, 15)}, UsagePlan(5, 15), False),
    ],
)
def test_the_turn_is_reserved_in_the_callers_plan_or_in_the_published_one(
    settings: dict[str, Any], plan: UsagePlan, explicit: bool
) -> None:
    limiter = Turns()
    call_by_hand(SEND, limiter, **settings).go_on()

    assert (limiter.asked[0]["plan"], limiter.asked[0]["explicit"]) == (plan, explicit)
    assert limiter.asked[0]["key"].operation == ("*" if "shared_plan" in settings else SEND.operation_id)


@pytest.mark.parametrize(("seconds", "token"), [(30.0, "token-1"), (30.1, "token-2"), (4000.0, "token-2")])
def test_a_call_that_waited_long_for_its_turn_asks_for_its_token_again(seconds: float, token: str) -> None:
    hand = call_by_hand(SEND, Turns(seconds))

    assert token_of(hand.go_on()) == token
    assert hand.pauses == [pytest.approx(seconds)]


def test_it_asks_until_its_deadline_and_for_another_token_than_the_one_that_was_refused() -> None:
    asked: list[tuple[str | None, float | None]] = []

    def provide(refused: str | None) -> str:
        asked.append((refused, hand.wants(Invoke).until))
        return f"token-{len(asked)}"

    hand = call_by_hand(SEND, Turns(0.0, 60.0), within=100.0, token_provider=provide, provider_hears=True)
    assert token_of(hand.go_on()) == "token-1"
    hand.answer(refused(403, EXPIRED))
    assert token_of(hand.go_on()) == "token-3"

    assert asked == [(None, START + 100.0), ("token-1", START + 100.0), ("token-1", START + 100.0)]


def test_it_is_told_whether_the_refused_token_was_just_renewed() -> None:
    denied = "Access to requested resource is denied."
    facts = []
    for answers in ([refused(403, denied)], [refused(403, EXPIRED), refused(403, denied)]):
        hand = call_by_hand(SEND)
        with pytest.raises(AccessDeniedError) as raised:
            for response in answers:
                hand.go_on()
                hand.answer(response)
        facts.append("The token was renewed a moment ago." in raised.value.facts)

    assert facts == [False, True]


def test_a_message_knows_when_it_is_too_late_to_leave() -> None:
    hand = call_by_hand(SEND, within=10.0)
    hand.go_on()
    first_byte = hand.wants(Exchange).first_byte

    assert first_byte is not None and first_byte.last_start == START + 10.0 - MIN_SEND_SECONDS


@pytest.mark.parametrize("error", [AuthorizationError("no"), NetworkError("no"), LookupError("the provider's own")])
def test_without_a_token_no_turn_is_reserved(error: Exception) -> None:
    limiter = Turns()
    hand = call_by_hand(SEND, limiter)

    with pytest.raises(type(error)) as raised:
        hand.fail(error)
    assert raised.value is error
    assert limiter.asked == []


def test_without_a_second_token_the_turn_is_given_back() -> None:
    limiter = Turns(60.0)
    hand = call_by_hand(SEND, limiter)
    hand.give("old")
    hand.wait()
    hand.wants(Invoke)

    with pytest.raises(AuthorizationError):
        hand.fail(AuthorizationError("no"))
    assert limiter.turns[0].cancelled


# What is tried again


@every_kind
@pytest.mark.parametrize(
    ("outcome", "reads_again", "sends_again"),
    [
        (httpx.ConnectError("no route"), True, True),
        (throttled(), True, True),
        (httpx.ReadTimeout("slow"), True, False),
        (raw(503, b""), True, False),
        (refused(400), False, False),
        (refused(403, TEMPLATE), False, False),
        (raw(302, b""), False, False),
    ],
    ids=lambda value: repr(value)[:25],
)
def test_what_is_tried_again(operation: Operation, outcome: Outcome, reads_again: bool, sends_again: bool) -> None:
    hand = call_by_hand(operation)
    hand.go_on()
    if reads_again if operation in (READ, UPLOAD) else sends_again:
        hand.answer(outcome)
        hand.go_on()
        assert hand.finish(SUCCESS[operation.kind]).response.is_success
    else:
        with pytest.raises(SpApiMessagingError):
            hand.answer(outcome)


@given(
    before=st.lists(st.sampled_from(list(HARMLESS.values())), max_size=6),
    then=st.sampled_from(
        [*(LOST | IN_TROUBLE | NONSENSE | MIXED_UP | ACCEPTED | REDIRECTS).values(), refused(400), OSError("foreign")]
    ),
    attempts=st.integers(1, 8),
)
def test_no_message_is_sent_again_after_it_may_have_arrived(
    before: list[Outcome], then: Outcome, attempts: int
) -> None:
    hand = call_by_hand(SEND, retry=RetryPolicy(attempts))
    with pytest.raises((StopIteration, SpApiMessagingError)):
        for outcome in (*before, then):
            hand.go_on()
            hand.answer(outcome)


def test_the_last_failure_is_raised_with_its_cause() -> None:
    lost = httpx.ConnectError("no route")
    hand = call_by_hand(SEND, retry=RetryPolicy(attempts=2))
    hand.go_on()
    hand.answer(httpx.ConnectError("another one"))
    hand.go_on()

    with pytest.raises(NetworkError, match="Nothing was sent") as raised:
        hand.answer(lost)
    assert repr(raised.value.__cause__) == repr(lost)


def test_pauses_double_up_to_the_cap_and_attempts_end() -> None:
    hand = call_by_hand(READ, retry=RetryPolicy(attempts=6, base=1.0, cap=5.0))
    for _ in range(5):
        hand.go_on()
        hand.answer(raw(503, b""))
    hand.go_on()

    with pytest.raises(ServerError):
        hand.answer(raw(503, b""))
    assert hand.pauses == [1.0, 2.0, 4.0, 5.0, 5.0]


# 429


@pytest.mark.parametrize(("headers", "pause"), [({}, 0.5), ({"retry_after": "7"}, 7.0), ({"retry_after": "0"}, 0.5)])
def test_after_a_429_the_next_turn_is_reserved_with_a_pause(headers: dict[str, str], pause: float) -> None:
    limiter = Turns()
    hand = call_by_hand(SEND, limiter)
    hand.go_on()
    hand.answer(throttled(**headers))
    hand.go_on()

    assert [asked["push_back"] for asked in limiter.asked] == [None, pause]
    assert hand.pauses == []  # it waits in the usage plan, not beside it


def test_a_429_to_the_last_attempt_is_raised() -> None:
    hand = call_by_hand(SEND, retry=ONCE)
    hand.go_on()

    with pytest.raises(ThrottledError) as raised:
        hand.answer(throttled(retry_after="3"))
    assert raised.value.retry_after == 3.0


def test_a_plan_without_room_after_a_429_raises_the_429() -> None:
    hand = call_by_hand(SEND, Turns(0.0, UsagePlanTimeout("no room")), max_wait=2.0)
    hand.go_on()

    with pytest.raises(ThrottledError):
        hand.answer(throttled())
        hand.go_on()


def test_a_plan_without_room_at_first_raises_that() -> None:
    with pytest.raises(UsagePlanTimeout):
        call_by_hand(SEND, Turns(UsagePlanTimeout("no room")), max_wait=2.0).go_on()


@pytest.mark.parametrize("within", [None, 60.0])
def test_max_wait_counts_what_was_waited_before(within: float | None) -> None:
    limiter = Turns(3.0, 0.5)
    hand = call_by_hand(SEND, limiter, max_wait=5.0, within=within)
    for _ in range(2):
        hand.go_on()
        hand.answer(throttled())
    hand.go_on()

    assert [asked["within"] for asked in limiter.asked] == [5.0, 2.0, 1.5]


# Expired tokens


@every_kind
@pytest.mark.parametrize("status", [401, 403])
def test_an_expired_token_is_renewed_once_beside_the_attempts_of_the_policy(operation: Operation, status: int) -> None:
    hand = call_by_hand(operation, retry=ONCE)
    assert token_of(hand.go_on()) == "token-1"
    hand.answer(refused(status, EXPIRED))
    assert token_of(hand.go_on()) == "token-2"

    with pytest.raises(AccessDeniedError, match="token provider gave a token that Amazon refuses"):
        hand.answer(refused(status, EXPIRED))


# Deadlines


@pytest.mark.parametrize(("operation", "seconds"), [(READ, 0.0), (SEND, 0.0), (SEND, MIN_SEND_SECONDS)])
def test_a_call_without_time_for_an_answer_does_not_begin(operation: Operation, seconds: float) -> None:
    with pytest.raises(NetworkError, match=r"deadline left no time .*Nothing was sent"):
        call_by_hand(operation, within=seconds)


@pytest.mark.parametrize(
    ("operation", "deadline", "retryable"), [(SEND, 0.5, False), (SEND, 0.6, True), (READ, 0.5, True)]
)
def test_a_deadline_within_which_no_message_goes_out_makes_trying_again_useless(
    operation: Operation, deadline: float, retryable: bool
) -> None:
    with pytest.raises(NetworkError, match="deadline left no time") as raised:
        call_by_hand(operation, within=0.0, deadline=deadline)

    assert raised.value.retryable is retryable


def test_a_message_whose_token_took_too_long_is_not_sent() -> None:
    hand = call_by_hand(SEND, within=10.0)
    hand.time.now += 10.0 - MIN_SEND_SECONDS / 2

    with pytest.raises(NetworkError, match=r"deadline left no time .*Nothing was sent"):
        hand.give("late")


@pytest.mark.parametrize(("operation", "patience"), [(READ, 3.0), (SEND, 3.0 - MIN_SEND_SECONDS)])
def test_the_deadline_limits_the_turn_and_the_request(operation: Operation, patience: float) -> None:
    limiter = Turns()
    hand = call_by_hand(operation, limiter, within=3.0, max_wait=30.0)
    assert hand.wants(Invoke).until == 103.0
    hand.go_on()

    assert limiter.asked[0]["within"] == patience
    assert hand.wants(Exchange).until == 103.0


def test_no_pause_begins_that_would_end_after_the_deadline() -> None:
    hand = call_by_hand(READ, within=0.4)
    hand.go_on()

    with pytest.raises(ServerError):
        hand.answer(raw(503, b""))  # the pause would be 0.5 s


def test_a_deadline_that_passes_after_a_failure_raises_that_failure_with_its_cause() -> None:
    lost = httpx.ReadTimeout("slow")
    hand = call_by_hand(READ, within=10.0)
    hand.go_on()
    hand.answer(lost)
    hand.time.now += 11.0

    with pytest.raises(NetworkError, match="got no answer") as raised:
        hand.wait()
    assert repr(raised.value.__cause__) == repr(lost)


# The first byte


class AbandonedInBetween(dict[str, str]):
    """What became of a request that its caller gives up just when the driver has looked."""

    def get(self, *arguments: Any) -> Any:
        found = super().get(*arguments)
        self.setdefault("fate", "abandoned")
        return found


def test_a_request_that_is_given_up_at_the_last_moment_does_not_leave() -> None:
    first_byte = FirstByte()
    first_byte._fate = AbandonedInBetween()

    with pytest.raises(DeadlinePassed):
        first_byte.leave(START)
    assert first_byte.abandon()
    assert not first_byte.left


def test_at_the_last_start_it_is_too_late() -> None:
    FirstByte(None, START).check(START - 0.001)
    with pytest.raises(DeadlinePassed):
        FirstByte(None, START).check(START)


def test_a_request_leaves_or_is_given_up_but_never_both() -> None:
    gone, given_up = FirstByte(), FirstByte()
    gone.leave(START)
    assert (gone.left, gone.abandon()) == (True, False)
    assert (given_up.abandon(), given_up.left) == (True, False)
    with pytest.raises(DeadlinePassed):
        given_up.leave(START)


def test_a_message_that_had_not_begun_to_leave_was_not_sent() -> None:
    limiter = Turns()
    hand = call_by_hand(SEND, limiter, within=60.0)
    hand.go_on()
    hand.answer(httpx.ReadTimeout("the deadline passed"))  # of a connection that was not there yet
    assert limiter.turns[0].cancelled
    hand.go_on()
    first_byte = hand.wants(Exchange).first_byte
    assert first_byte is not None
    first_byte.leave(START)

    with pytest.raises(DeliveryUnknownError):
        hand.answer(httpx.ReadTimeout("the deadline passed"))


def test_what_the_hook_raises_comes_through_and_gives_the_turn_back() -> None:
    limiter, refusal = Turns(), RuntimeError("the ledger cannot write")
    hand = call_by_hand(SEND, limiter, before_first_byte=lambda: None)
    hand.go_on()
    first_byte = hand.wants(Exchange).first_byte
    assert first_byte is not None
    first_byte.refusal = refusal

    with pytest.raises(RuntimeError) as raised:
        hand.answer(refusal)
    assert raised.value is refusal
    assert limiter.turns[0].cancelled


# What the limiter learns


@pytest.mark.parametrize(
    ("outcome", "answers", "cancelled"),
    [
        (sent(), [(None, None)], 0),
        (sent(x_amzn_ratelimit_limit="4.0"), [(4.0, None)], 0),
        (throttled(), [(None, 0.0)], 0),
        (throttled(retry_after="7", x_amzn_ratelimit_limit="0.5"), [(0.5, 7.0)], 0),
        (refused(400), [(None, None)], 0),
        (httpx.ReadTimeout("slow"), [(None, None)], 0),
        (KeyboardInterrupt(), [(None, None)], 0),
        (httpx.ConnectError("no route"), [], 1),
    ],
    ids=lambda value: repr(value)[:25],
)
@pytest.mark.parametrize("blocking", [False, True])
def test_the_limiter_learns_what_an_attempt_came_to(
    outcome: httpx.Response | BaseException, answers: list[Any], cancelled: int, blocking: bool
) -> None:
    limiter = Turns(blocking=blocking)
    hand = call_by_hand(SEND, limiter, retry=ONCE)
    hand.go_on()
    hand.time.now += 3.0
    with pytest.raises((StopIteration, SpApiMessagingError, KeyboardInterrupt)):
        hand.answer(outcome)
        hand.go_on()

    turn = limiter.turns[0]
    assert (turn.answers, turn.cancelled, turn.told_at) == (answers, cancelled, [START + 3.0])


def test_a_blocking_limiter_is_asked_through_the_driver() -> None:
    limiter = Turns(blocking=True)
    hand = call_by_hand(SEND, limiter)
    hand.give("the-token")
    assert limiter.asked == []
    hand.give(hand.wants(Invoke).function())
    hand.answer(sent())
    assert limiter.turns[0].answers == []
    hand.wants(Invoke).function()

    assert hand.finish().response.status_code == 201
    assert limiter.turns[0].answers == [(None, None)]


class Broken(Turn):
    """A ticket of a limiter whose server is down."""

    def cancel(self, now: float) -> None:
        raise ConnectionError("the limiter's server is down")

    def answered(self, now: float, **_: object) -> None:
        raise ConnectionError("the limiter's server is down")


@pytest.mark.parametrize("blocking", [False, True])
def test_a_limiter_that_fails_after_the_answer_changes_no_outcome(
    blocking: bool, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> Hand[Answer]:
        limiter = Turns(blocking=blocking)
        limiter.reserve = lambda *_, **__: Broken(0.0)  # type: ignore[method-assign]
        hand = call_by_hand(SEND, limiter, retry=ONCE)
        hand.go_on()
        return hand

    def fail(hand: Hand[Answer]) -> None:
        try:
            result = hand.wants(Invoke).function()
        except ConnectionError as error:
            hand.fail(error)
        else:
            hand.give(result)

    for outcome, expected in ((sent(), StopIteration), (httpx.ConnectError("no route"), NetworkError)):
        hand = broken()
        with pytest.raises(expected):
            hand.answer(outcome)
            fail(hand)
    told = "The limiter failed when a call ended or was given up: ConnectionError"
    assert [record.getMessage() for record in caplog.records if "limiter" in record.msg] == [told, told]


def test_a_turn_that_a_blocking_limiter_reserves_too_late_is_given_back() -> None:
    limiter = Turns(blocking=True)
    hand = call_by_hand(SEND, limiter, within=10.0)
    hand.give("the-token")
    reserve = hand.wants(Invoke)
    assert reserve.until == START + 10.0 - MIN_SEND_SECONDS
    hand.flow.close()
    reserve.function()

    assert limiter.turns[0].cancelled


def test_a_turn_that_was_reserved_when_its_call_was_interrupted_is_given_back() -> None:
    limiter = Turns(blocking=True)
    hand = call_by_hand(SEND, limiter, within=10.0)
    hand.give("the-token")
    hand.wants(Invoke).function()
    hand.time.now += 2.0
    hand.fail(asyncio.CancelledError())
    assert hand.wants(Invoke).until == START + 10.0 - MIN_SEND_SECONDS
    with pytest.raises(asyncio.CancelledError):
        hand.give(hand.wants(Invoke).function())

    assert (limiter.turns[0].cancelled, limiter.turns[0].told_at) == (1, [START + 2.0])


def test_a_limiter_that_takes_until_the_deadline_sends_nothing() -> None:
    limiter = Turns(blocking=True)
    hand = call_by_hand(SEND, limiter, within=10.0)
    hand.give("the-token")
    reserve = hand.wants(Invoke)
    with pytest.raises(NetworkError, match=r"deadline left no time .*Nothing was sent"):
        hand.fail(DeadlinePassed())
    reserve.function()

    assert limiter.turns[0].cancelled == 1


def test_a_limiter_that_learns_of_the_answer_too_slowly_changes_no_outcome() -> None:
    hand = call_by_hand(SEND, Turns(blocking=True), within=10.0)
    hand.go_on()
    hand.answer(sent())
    assert hand.wants(Invoke).until == START + 10.0
    with pytest.raises(StopIteration) as stop:
        hand.fail(DeadlinePassed())

    assert stop.value.value.response.status_code == 201


def test_a_limiter_has_until_the_deadline_to_learn_that_an_attempt_failed() -> None:
    hand = call_by_hand(SEND, Turns(blocking=True), within=10.0)
    hand.go_on()
    hand.answer(httpx.ConnectError("no route"))

    assert hand.wants(Invoke).until == START + 10.0


def test_a_message_forgets_what_amazon_answered_about_its_own_order_alone() -> None:
    time = Time()
    context = make_context(time)
    for order in ("other", ORDER):
        context.answers[context.order_key(order)] = {}
    for _ in range(2):
        hand = Hand(call(context, SEND, ORDER, a_request(), None), time)
        hand.go_on()
        hand.finish(sent())
        assert list(context.answers) == [context.order_key("other")]


def test_a_transport_may_take_the_token_out_of_its_request() -> None:
    hand = call_by_hand(SEND)
    hand.go_on().headers.clear()

    assert hand.finish(sent()).response.status_code == 201


# Interruption


def test_a_message_that_was_interrupted_while_the_limiter_learned_of_its_answer_says_so() -> None:
    hand = call_by_hand(SEND, Turns(blocking=True))
    hand.go_on()
    hand.answer(sent())
    hand.wants(Invoke)
    with pytest.raises(asyncio.CancelledError) as raised:
        hand.fail(asyncio.CancelledError())

    assert "whether it reached the buyer is unknown" in raised.value.__notes__[0]


def test_a_client_that_is_closed_while_its_call_gets_a_token_sends_nothing() -> None:
    limiter, places, time = Turns(), Places(1, nullcontext), Time()
    context = make_context(time, limiter, places=places)
    hand = Hand(call(context, SEND, ORDER, a_request(), None), time)
    hand.wants(Invoke)
    context.close()
    with pytest.raises(ClientClosedError, match="client was closed, so nothing was sent"):
        hand.give("the-token")

    assert [turn.cancelled for turn in limiter.turns] == [1]
    assert places.take()


def test_the_cause_of_what_a_hook_raises_is_kept() -> None:
    hand = call_by_hand(SEND, before_first_byte=lambda: None)
    hand.go_on()
    first_byte = hand.wants(Exchange).first_byte
    assert first_byte is not None
    first_byte.refusal, cause = LookupError("the ledger cannot write"), OSError("the disk is full")
    first_byte.refusal.__cause__ = cause
    with pytest.raises(LookupError) as raised:
        hand.fail(HookFailed())

    assert raised.value.__cause__ is cause


def test_what_a_hook_hides_stays_hidden() -> None:
    hand = call_by_hand(SEND, before_first_byte=lambda: None)
    hand.go_on()
    first_byte = hand.wants(Exchange).first_byte
    assert first_byte is not None
    refusal = first_byte.refusal = RuntimeError("no")
    refusal.__context__, refusal.__suppress_context__ = KeyError("db-password"), True
    with pytest.raises(RuntimeError) as raised:
        hand.fail(HookFailed())

    assert raised.value.__cause__ is None


def test_behind_a_proxy_a_message_that_had_not_begun_to_leave_is_sent_again() -> None:
    hand = call_by_hand(SEND, proxied=True)
    hand.go_on()
    hand.answer(httpx.RemoteProtocolError("the proxy closed the connection"))
    hand.go_on()

    assert hand.finish(sent()).response.status_code == 201


def test_a_deadline_after_an_expired_token_does_not_blame_the_token_provider() -> None:
    hand = call_by_hand(SEND, within=10.0)
    hand.go_on()
    hand.answer(refused(403, EXPIRED))
    hand.time.now += 10.0
    with pytest.raises(NetworkError, match="deadline left no time"):
        hand.give("late")


# The hook after a refusal


def test_a_hook_for_asyncio_does_not_fit_a_client_for_threads() -> None:
    async def tell() -> None: ...

    hand = after_a_refusal(throttled())
    coroutine = tell()
    with pytest.raises(ConfigurationError, match="An async after_refusal needs AsyncMessagingClient"):
        hand.give(coroutine)
    assert inspect.getcoroutinestate(coroutine) == inspect.CORO_CLOSED


def refuse() -> None:
    """The hook, which the driver calls, and not the flow."""


def after_a_refusal(answer: httpx.Response | Exception, **options: Any) -> Hand[Answer]:
    """A call whose first attempt left, and was refused."""
    hand = call_by_hand(SEND, after_refusal=refuse, **options)
    hand.go_on()
    first_byte = hand.wants(Exchange).first_byte
    assert first_byte is not None
    first_byte.leave(START)
    hand.answer(answer)
    return hand


@pytest.mark.parametrize("answer", [throttled(), refused(403, EXPIRED), httpx.ConnectError("no route")], ids=repr)
def test_a_refusal_is_told_through_the_driver_when_turn_and_place_are_given_back(
    answer: httpx.Response | Exception,
) -> None:
    limiter, places = Turns(), Places(1, nullcontext)
    hand = after_a_refusal(answer, limiter=limiter, places=places, within=9.0)

    assert hand.wants(Invoke) == Invoke(refuse, START + 9.0)
    assert limiter.turns[0].cancelled or limiter.turns[0].answers
    assert places.take()
    hand.flow.close()


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, asyncio.CancelledError])
def test_a_call_that_is_interrupted_by_then_does_not_say_that_it_may_have_arrived(
    interruption: type[BaseException],
) -> None:
    hand = after_a_refusal(throttled())
    with pytest.raises(interruption) as raised:
        hand.fail(interruption())
    assert not hasattr(raised.value, "__notes__")


def test_a_deadline_that_passes_by_then_raises_the_refusal() -> None:
    with pytest.raises(ThrottledError) as raised:
        after_a_refusal(throttled(), within=9.0).fail(DeadlinePassed())
    assert raised.value.__suppress_context__
    with pytest.raises(NetworkError, match="deadline left no time"):
        after_a_refusal(refused(403, EXPIRED), within=9.0).fail(DeadlinePassed())


def test_an_attempt_that_had_not_left_is_not_told() -> None:
    hand = call_by_hand(SEND, after_refusal=refuse)
    hand.go_on()
    hand.answer(httpx.ConnectError("no route"))
    hand.wants(Wait)


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, SystemExit, asyncio.CancelledError])
@pytest.mark.parametrize("operation", [SEND, OTHER])
def test_an_interrupted_message_says_that_it_may_have_arrived(
    operation: Operation, interruption: type[BaseException]
) -> None:
    hand = call_by_hand(operation)
    hand.go_on()

    with pytest.raises(interruption) as raised:
        hand.answer(interruption())
    assert "whether it reached the buyer is unknown" in raised.value.__notes__[0]


@pytest.mark.parametrize("left", [False, True])
def test_an_interrupted_message_that_had_not_begun_to_leave_says_nothing(
    left: bool, caplog: pytest.LogCaptureFixture
) -> None:
    hand = call_by_hand(SEND, within=10.0)
    hand.go_on()
    first_byte = hand.wants(Exchange).first_byte
    assert first_byte is not None
    if left:
        first_byte.leave(START)
    with pytest.raises(asyncio.CancelledError) as raised:
        hand.fail(asyncio.CancelledError())

    note = f"createConfirmOrderDetails for order {ORDER} was interrupted: whether it reached the buyer is unknown."
    assert getattr(raised.value, "__notes__", []) == [note] * left
    assert [record.getMessage() for record in caplog.records if record.levelname == "WARNING"] == [note] * left


def test_an_interrupted_read_says_nothing() -> None:
    hand = call_by_hand(READ)
    hand.go_on()

    with pytest.raises(KeyboardInterrupt) as raised:
        hand.answer(KeyboardInterrupt())
    assert not hasattr(raised.value, "__notes__")


def step(hand: Hand[Answer]) -> None:
    """Carries out one effect, but no exchange and no endless wait."""
    if isinstance(hand.effect, Invoke):
        hand.give(hand.effect.function())
    elif isinstance(hand.effect, Wait) and (hand.effect.remaining(hand.time.now) or 0.0) < 10.0:
        hand.wait()


@pytest.mark.parametrize("blocking", [False, True])
@pytest.mark.parametrize("free", [False, True])
def test_a_call_can_be_closed_wherever_it_stands(free: bool, blocking: bool) -> None:
    """A generator must not yield when it is closed, and gives back what it has."""
    for steps in range(12):
        limiter, places = Turns(1.0, blocking=blocking), Places(1, nullcontext)
        if not free:
            places.take()
        hand = call_by_hand(SEND, limiter, places=places, within=1000.0)
        for _ in range(steps):
            step(hand)
        hand.flow.close()

        assert places.take() is free
        assert blocking or all(turn.cancelled for turn in limiter.turns)


# What is logged


def test_a_receipt_with_new_fields_is_logged_as_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    hand = call_by_hand(SEND)
    hand.go_on()
    hand.finish(answer(202, {"messageId": 1, "also": "this", "errors": None}))

    assert [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING] == [
        f"The answer to createConfirmOrderDetails for order {ORDER} has fields that Amazon does not document: "
        "'also', 'messageId'"
    ]
