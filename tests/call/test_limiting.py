"""How a limiter is called that has coroutine methods, and what is said of a call for which there is no room."""

from __future__ import annotations

from typing import Any

import pytest

from spapi_messaging import UsagePlan
from spapi_messaging._call.effects import Invoke
from spapi_messaging._call.limiting import BucketKey, no_room
from tests.support.amazon import API, sent
from tests.support.hand import START, Turn, Turns, call_by_hand

KEY = BucketKey(API, "application", "seller", "sendInvoice")


class LoopTurn(Turn):
    """A ticket with coroutine methods, which do here what the others do."""

    async def cancel_async(self, now: float) -> None:
        self.cancel(now)

    async def answered_async(self, now: float, **told: Any) -> None:
        self.answered(now, **told)


class LoopTurns(Turns):
    """A limiter with a coroutine method."""

    async def reserve_async(self, *arguments: Any, **asked: Any) -> LoopTurn:
        turn = self.reserve(*arguments, **asked)
        return LoopTurn(turn.ready_at)


def result_of(coroutine: Any) -> Any:
    """What a coroutine returns that waits for nothing."""
    with pytest.raises(StopIteration) as stop:
        coroutine.send(None)
    return stop.value.value


def test_on_an_event_loop_its_coroutines_are_told_what_its_methods_are_told() -> None:
    both = []
    for on_loop in (False, True):
        limiter = LoopTurns(blocking=True)
        hand = call_by_hand(limiter=limiter, max_wait=7.0)
        hand.give("the-token")
        reserve = hand.wants(Invoke)
        assert reserve.on_loop is not None
        ticket = result_of(reserve.on_loop()) if on_loop else LoopTurn(reserve.function().ready_at)
        hand.give(ticket)
        hand.time.now += 2.0
        hand.answer(sent())
        answered = hand.wants(Invoke)
        assert answered.on_loop is not None
        result_of(answered.on_loop()) if on_loop else answered.function()
        asked = [{name: value for name, value in asked.items() if name != "wake"} for asked in limiter.asked]
        both.append((asked, ticket.answers, ticket.told_at))

    assert both[0] == both[1]
    assert both[0][1:] == ([(None, None)], [START + 2.0])


def test_a_limiter_without_coroutines_is_called_in_a_thread() -> None:
    hand = call_by_hand(limiter=Turns(blocking=True))
    hand.give("the-token")

    assert hand.wants(Invoke).on_loop is None


@pytest.mark.parametrize(("within", "may"), [(0.0, "0.0"), (2.5, "2.5"), (None, "0.0")])
@pytest.mark.parametrize(("shared", "others"), [(False, ""), (True, ", which others share,")])
def test_without_room_it_is_told_how_long_it_takes(within: float | None, may: str, shared: bool, others: str) -> None:
    error = no_room(KEY, UsagePlan(0.5, 3), 4.04, within, is_shared=shared)

    assert error.retry_after == 4.04
    assert str(error).startswith(
        f"The usage plan of sendInvoice (0.5 calls a second, burst 3){others} has no room for another 4.0 s, and the "
        f"call may wait {may} s. Nothing was sent. "
    )
    assert "share" not in str(no_room(KEY, UsagePlan(0.5, 3), 4.0, 1.0)).partition("Nothing was sent.")[0]
