"""A call's turn: in its usage plan first, then a place in flight. Neither is held while it waits for the other."""

from __future__ import annotations

import random
from contextlib import nullcontext
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spapi_messaging._call.context import MIN_SEND_SECONDS
from spapi_messaging._call.effects import Exchange, Invoke, Wait
from spapi_messaging._call.flow import call
from spapi_messaging._call.outcome import Answer
from spapi_messaging._call.places import Places
from spapi_messaging.errors import ClientClosedError, NetworkError, UsagePlanTimeout
from spapi_messaging.limiters import InProcessLimiter
from tests.support.amazon import ORDER, sent
from tests.support.hand import OTHER, SEND, START, Hand, Time, Turn, Turns, a_request, call_by_hand, make_context


def waiting(limiter: Turns, places: Places | None = None, **arguments: Any) -> Hand[Answer]:
    """A call that has its token and waits."""
    hand = call_by_hand(SEND, limiter, places=places or Places(None, nullcontext), **arguments)
    hand.give("the-token")
    hand.wants(Wait)
    return hand


def full() -> Places:
    places = Places(1, nullcontext)
    places.take()
    return places


# The usage plan


def test_a_turn_that_comes_earlier_is_used_at_once() -> None:
    limiter = Turns(60.0)
    hand = waiting(limiter)
    rung: list[bool] = []
    hand.wants(Wait).bell.wake = lambda: rung.append(True)
    limiter.turns[0].ready_at = START + 1.0
    limiter.asked[0]["wake"]()
    assert rung
    hand.go_on()

    assert hand.pauses == [1.0]


def test_a_turn_that_is_put_off_beyond_the_callers_patience_is_given_back() -> None:
    for late in (0.5, 55.0):
        limiter = Turns(4.0)
        hand = waiting(limiter, max_wait=5.0)
        limiter.turns[0].ready_at = START + 5.0 + late

        with pytest.raises(UsagePlanTimeout, match=f"put off while it waited, by {late} s.*Nothing was sent") as raised:
            hand.wait()
        assert raised.value.retry_after == late
        assert (limiter.turns[0].cancelled, limiter.turns[0].told_at) == (1, [START + 5.0])


def test_a_closed_client_ends_the_wait_and_gives_the_turn_back() -> None:
    limiter, time = Turns(60.0), Time()
    context = make_context(time, limiter)
    hand = Hand(call(context, SEND, ORDER, a_request(), None), time)
    hand.give("the-token")
    context.close()

    with pytest.raises(ClientClosedError, match="client was closed, so nothing was sent"):
        hand.wait()
    assert limiter.turns[0].cancelled


def test_operations_that_nobody_knows_share_a_bucket() -> None:
    limiter, time = Turns(), Time()
    context = make_context(time, limiter)
    for path in ("/a", "/b"):
        operation = OTHER._replace(operation_id=path, path=path)
        Hand(call(context, operation, "", a_request(), None), time).go_on()

    assert [asked["key"].operation for asked in limiter.asked] == ["*", "*"]


# A place in flight


def test_a_call_without_a_place_gives_its_turn_back_and_reserves_another_when_it_has_one() -> None:
    limiter, places = Turns(), full()
    hand = waiting(limiter, places)
    assert limiter.turns[0].cancelled
    places.give_back()
    hand.wait()

    hand.wants(Exchange)
    assert [turn.cancelled for turn in limiter.turns] == [1, 0]
    assert not places.take()
    hand.finish(sent())
    assert places.take()


@pytest.mark.parametrize("seconds", [0.5, 5.0])
def test_no_place_is_held_while_a_call_waits_for_its_plan(seconds: float) -> None:
    limiter, places = Turns(0.0, seconds, 3.0), full()
    hand = waiting(limiter, places)
    places.give_back()
    hand.wait()  # it has a place now, but others took the turns meanwhile

    hand.wants(Wait)
    assert places.take()
    places.give_back()
    assert [turn.cancelled for turn in limiter.turns] == [1, 1, 0]
    hand.go_on()
    assert hand.pauses == [0.0, 3.0]


def test_a_limiter_has_until_the_deadline_to_take_a_turn_back() -> None:
    hand = call_by_hand(SEND, Turns(blocking=True), places=full(), within=10.0)
    hand.give("the-token")
    hand.give(hand.wants(Invoke).function())

    assert hand.wants(Invoke).until == START + 10.0 - MIN_SEND_SECONDS


def test_a_plan_without_room_gives_the_place_back() -> None:
    limiter, places = Turns(0.0, UsagePlanTimeout("no room")), full()
    hand = waiting(limiter, places, max_wait=1.0)
    places.give_back()

    with pytest.raises(UsagePlanTimeout):
        hand.wait()
    assert places.take()


def test_a_deadline_that_passes_before_there_is_a_place_sends_nothing() -> None:
    hand = waiting(Turns(), full(), within=10.0)

    with pytest.raises(NetworkError, match=r"deadline left no time .*Nothing was sent"):
        hand.wait()


@given(limit=st.integers(1, 4), count=st.integers(1, 20), chance=st.randoms(use_true_random=False))
def test_whatever_the_order_all_calls_go_out_and_never_more_than_the_limit_at_once(
    limit: int, count: int, chance: random.Random
) -> None:
    time, places = Time(), Places(limit, nullcontext)
    context = make_context(time, InProcessLimiter(), places=places)
    hands = [Hand(call(context, SEND, ORDER, a_request(), None), time) for _ in range(count)]
    for hand in hands:
        hand.give("the-token")
    while hands:
        in_the_air = [hand for hand in hands if isinstance(hand.effect, Exchange)]
        due = [hand for hand in hands if isinstance(hand.effect, Wait) and left(hand) <= 0]
        assert len(in_the_air) <= limit
        if ready := in_the_air + due + [hand for hand in hands if not isinstance(hand.effect, Exchange | Wait)]:
            hand = chance.choice(ready)
            if hand in in_the_air:
                time.now += 0.3
                hand.finish(sent())
                hands.remove(hand)
            else:
                hand.give("the-token" if hand not in due else None)
        else:
            time.now += min(left(hand) for hand in hands)
    assert [places.take() for _ in range(limit + 1)] == [True] * limit + [False]


def left(hand: Hand[Answer]) -> float:
    seconds = hand.wants(Wait).remaining(hand.time.now)
    return float("inf") if seconds is None else seconds


def test_a_turn_is_given_back_if_the_limiter_fails_at_the_end_of_the_wait() -> None:
    limiter = Turns(1.0)
    hand = waiting(limiter)
    limiter.turns[0].remaining = lambda now: 0.0 if now < START + 2.0 else float("odd")  # type: ignore[method-assign]
    hand.time.now = START + 2.0
    with pytest.raises(ValueError, match="odd"):
        hand.give()

    assert limiter.turns[0].cancelled == 1


class Broken(Turns):
    """A limiter whose ticket number ``broken`` cannot say when its turn comes."""

    def __init__(self, broken: int, *, blocking: bool) -> None:
        super().__init__(blocking=blocking)
        self._broken = broken

    def reserve(self, key: Any, plan: Any, now: float, **asked: Any) -> Turn:
        turn = super().reserve(key, plan, now, **asked)
        if len(self.turns) == self._broken:
            turn.ready_at = "odd"  # type: ignore[assignment]
        return turn


def go_on(hand: Hand[Answer]) -> None:
    """Carries out everything, by asking the limiter beside the call."""
    while True:
        hand.wait() if isinstance(hand.effect, Wait) else hand.give(hand.wants(Invoke).function())


@pytest.mark.parametrize("blocking", [False, True])
def test_a_turn_is_given_back_if_the_limiter_cannot_say_when_it_comes(blocking: bool) -> None:
    limiter = Broken(1, blocking=blocking)
    with pytest.raises(TypeError):
        go_on(call_by_hand(SEND, limiter))

    assert [turn.cancelled for turn in limiter.turns] == [1]


@pytest.mark.parametrize("blocking", [False, True])
def test_a_turn_and_a_place_are_given_back_if_the_limiter_cannot_say_when_the_turn_comes(blocking: bool) -> None:
    limiter, places = Broken(2, blocking=blocking), full()
    hand = call_by_hand(SEND, limiter, places=places)
    while not isinstance(hand.effect, Wait):
        hand.give(hand.wants(Invoke).function())
    places.give_back()
    with pytest.raises(TypeError):
        go_on(hand)

    assert [turn.cancelled for turn in limiter.turns] == [1, 1]
    assert places.take()
