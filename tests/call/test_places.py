"""Places for exchanges in flight: first come first served, never more than the limit, none lost."""

from __future__ import annotations

from contextlib import nullcontext, suppress

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spapi_messaging._call.context import CallContext
from spapi_messaging._call.effects import Exchange, Purpose
from spapi_messaging._call.first_byte import DeadlinePassed
from spapi_messaging._call.places import Places
from spapi_messaging.errors import ClientClosedError
from tests.support.amazon import sent
from tests.support.hand import START, Hand, Time, a_request, make_context

LATE = START + 10.0
LWA = Purpose("lwa")


class Caller:
    """Wants a place, and looks whether it has one when its bell rings."""

    def __init__(self, places: Places, context: CallContext | None = None, until: float | None = None) -> None:
        self.time = Time()
        self.has_place = self.rung = False
        self.flow = places.queue((context or make_context(self.time)).wait, until)
        try:
            self._wait = next(self.flow)
            self._wait.bell.wake = lambda: setattr(self, "rung", True)
        except StopIteration:
            self.has_place = True

    def look(self) -> bool:
        """What a driver does when the bell has rung, or the time has come."""
        if not self.has_place:
            try:
                left = self._wait.remaining(self.time.now)
                if left is not None and left <= 0:
                    next(self.flow)
            except StopIteration:
                self.has_place = True
            except ClientClosedError as closed:
                self.flow.throw(closed)
        return self.has_place


def count_free(places: Places, most: int = 10) -> int:
    """How many places there are, by taking and returning them."""
    count = sum(places.take() for _ in range(most))
    for _ in range(count):
        places.give_back()
    return count


def taken(limit: int = 1) -> Places:
    """Places that are all taken."""
    places = Places(limit, nullcontext)
    for _ in range(limit):
        places.take()
    return places


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_all_places_that_are_given_back_can_be_taken_again(limit: int) -> None:
    places = taken(limit)
    for _ in range(limit):
        places.give_back()

    assert count_free(places, most=limit + 1) == limit


def test_a_place_is_there_until_all_are_taken() -> None:
    places = Places(2, nullcontext)

    assert [places.take() for _ in range(3)] == [True, True, False]
    places.give_back()
    assert Caller(places).has_place
    assert count_free(Places(None, nullcontext), most=1000) == 1000


def test_places_go_to_callers_in_the_order_in_which_they_came() -> None:
    places = taken()
    first, second = Caller(places), Caller(places)
    places.give_back()

    assert (first.rung, second.rung) == (True, False)
    assert (first.look(), second.look()) == (True, False)


def test_nobody_takes_a_place_that_was_handed_over() -> None:
    places = taken()
    waiting = Caller(places)
    places.give_back()

    assert not places.take()
    assert not Caller(places).has_place
    assert waiting.look()


def test_a_caller_that_gives_up_lets_the_next_one_move_up() -> None:
    places = taken()
    first, second = Caller(places), Caller(places)
    first.flow.close()
    places.give_back()

    assert second.look()


def test_a_caller_that_gives_up_just_when_it_gets_a_place_hands_it_on() -> None:
    places = taken()
    first, second = Caller(places), Caller(places)
    places.give_back()
    first.flow.close()

    assert second.look()


def test_a_deadline_ends_the_wait_and_leaves_the_place_to_others() -> None:
    places = taken()
    hasty, patient = Caller(places, until=LATE), Caller(places)
    hasty.time.now = LATE
    with pytest.raises(DeadlinePassed):
        hasty.look()
    places.give_back()

    assert patient.look()


def test_a_place_that_comes_just_at_the_deadline_is_taken() -> None:
    places = taken()
    hasty = Caller(places, until=LATE)
    places.give_back()
    hasty.time.now = LATE

    assert hasty.look()


def test_a_closed_client_ends_the_wait() -> None:
    places, context = taken(), make_context(Time())
    waiting, other = Caller(places, context), Caller(places)
    context.close()
    assert waiting.rung
    with pytest.raises(ClientClosedError, match="client was closed"):
        waiting.look()
    places.give_back()

    assert other.look()


def test_a_forked_process_begins_with_all_places() -> None:
    places = taken(3)
    Caller(places)
    places.in_child()

    assert count_free(places) == 3


@given(
    limit=st.integers(1, 3),
    steps=st.lists(st.tuples(st.sampled_from(["come", "look", "finish", "give up", "miss"]), st.integers(0, 9))),
)
def test_there_are_never_more_than_the_limit_and_no_place_is_lost(limit: int, steps: list[tuple[str, int]]) -> None:
    places = Places(limit, nullcontext)
    callers: list[Caller] = []
    for action, number in steps:
        fitting = [caller for caller in callers if caller.has_place is (action == "finish")]
        if action == "come":
            callers.append(Caller(places, until=LATE))
        elif fitting:
            caller = fitting[number % len(fitting)]
            if action == "look":
                caller.look()
                continue
            if action == "finish":
                places.give_back()
            elif action == "give up":
                caller.flow.close()
            else:
                caller.time.now = LATE
                with suppress(DeadlinePassed):  # or it had a place already
                    caller.look()
                    places.give_back()
            callers.remove(caller)
        assert sum(caller.has_place for caller in callers) <= limit
    while callers:
        caller = next(caller for caller in callers if caller.look())
        callers.remove(caller)
        places.give_back()
    assert count_free(places) == limit


# Exchanges that no usage plan applies to: token requests and uploads


def test_an_exchange_has_a_place_as_long_as_it_is_in_the_air() -> None:
    places, time = Places(1, nullcontext), Time()
    context = make_context(time, places=places)
    request = a_request()
    hand = Hand(context.exchange(request, LATE, LWA), time)
    assert hand.wants(Exchange) == Exchange(request, LATE)
    assert not places.take()

    assert hand.finish(sent()).status_code == 201
    for error in (httpx.ConnectError("no route"), KeyboardInterrupt()):
        with pytest.raises(type(error)):
            Hand(context.exchange(request, LATE, LWA), time).fail(error)
    Hand(context.exchange(request, LATE, LWA), time).flow.close()
    assert places.take()


def test_a_closed_client_begins_no_exchange() -> None:
    context = make_context(Time())
    context.close()

    with pytest.raises(ClientClosedError, match="client was closed"):
        next(context.exchange(a_request(), None, LWA))
