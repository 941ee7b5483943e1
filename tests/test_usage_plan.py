"""The token bucket: reservations in order, never more than the plan allows."""

from __future__ import annotations

import heapq
import itertools
import math
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spapi_messaging._usage_plan import Reservation, TokenBucket, UsagePlan
from spapi_messaging.errors import ConfigurationError

PLAN = UsagePlan(1.0, 5)


def full_bucket(rate: float = 1.0, burst: int = 5) -> TokenBucket:
    return TokenBucket(UsagePlan(rate, burst), 0.0)


def empty_bucket(rate: float = 1.0, burst: int = 5) -> TokenBucket:
    bucket = full_bucket(rate, burst)
    for _ in range(burst):
        booked(bucket, 0.0).answered(0.0)
    return bucket


def booked(bucket: TokenBucket, now: float, *, ahead: bool = False) -> Reservation:
    reservation = bucket.reserve(now, ahead=ahead)
    assert reservation is not None
    return reservation


NO_PLANS: list[tuple[Any, Any]] = [(0, 5), (-1, 5), (1, 0), (math.nan, 5), (math.inf, 5), ("2", 5), (None, 5)]


@pytest.mark.parametrize(("rate", "burst"), NO_PLANS)
def test_a_plan_that_allows_nothing_is_refused(rate: Any, burst: Any) -> None:
    with pytest.raises(ConfigurationError, match="allows nothing"):
        UsagePlan(rate, burst).checked()


def test_the_burst_goes_at_once_and_the_rest_at_the_rate() -> None:
    bucket = full_bucket(rate=2.0)
    reservations = [booked(bucket, 0.0) for _ in range(8)]

    assert [r.granted for r in reservations] == [True] * 5 + [False] * 3
    assert [r.ready_at for r in reservations[5:]] == [0.5, 1.0, 1.5]


def test_places_are_reached_in_the_order_in_which_they_were_booked() -> None:
    bucket = empty_bucket()
    first, second, third = (booked(bucket, 0.0) for _ in range(3))
    bucket.settle(2.0)

    assert (first.granted, second.granted, third.granted) == (True, True, False)


def test_who_comes_later_never_overtakes() -> None:
    bucket = empty_bucket()
    first = booked(bucket, 0.0)
    second = booked(bucket, 1.0)  # the token that has come by now belongs to the first

    assert first.granted
    assert not second.granted


def test_refusal_books_nothing() -> None:
    bucket = empty_bucket()

    assert bucket.reserve(0.0, within=0.5) is None
    assert booked(bucket, 0.0).ready_at == 1.0


def test_a_cancelled_place_moves_everyone_up() -> None:
    bucket = empty_bucket()
    first, second = booked(bucket, 0.0), booked(bucket, 0.0)
    first.cancel(0.5)

    assert second.ready_at == 1.0


def test_cancelled_places_in_the_middle_are_not_counted_for_who_comes_next() -> None:
    bucket = empty_bucket()
    booked(bucket, 0.0)
    middle = [booked(bucket, 0.0) for _ in range(50)]
    for reservation in middle:
        reservation.cancel(0.0)

    assert bucket.wait_for(0.0) == 2.0
    assert bucket.reserve(0.0, within=2.0) is not None
    assert bucket.reserve(0.0, within=2.0) is None


def test_a_reached_place_that_is_not_used_goes_to_the_next() -> None:
    bucket = empty_bucket()
    first, second = booked(bucket, 0.0), booked(bucket, 0.0)
    bucket.settle(1.0)
    first.cancel(1.0)

    assert second.granted


def test_cancelling_twice_or_after_the_answer_gives_nothing_back() -> None:
    bucket = full_bucket(burst=1)
    reservation = booked(bucket, 0.0)
    reservation.answered(0.0)
    reservation.cancel(0.0)
    reservation.cancel(0.0)

    assert bucket.wait_for(0.0) == 1.0


def test_another_rate_retimes_those_who_wait_already() -> None:
    bucket = empty_bucket()
    woken: list[int] = []
    waiting = [bucket.reserve(0.0, wake=lambda n=n: woken.append(n)) for n in range(3)]  # type: ignore[misc]
    bucket.change_rate(5.0, 0.0)

    assert [r and r.ready_at for r in waiting] == pytest.approx([0.2, 0.4, 0.6])
    assert woken == [0]  # the others are told when they become the first
    bucket.settle(0.2)
    assert woken == [0, 0, 1]


def test_a_slower_rate_retimes_as_well() -> None:
    bucket = empty_bucket()
    waiting = booked(bucket, 0.0)
    bucket.change_rate(0.5, 0.5)

    assert waiting.ready_at == pytest.approx(1.5)  # half a token was there


def test_another_burst_keeps_what_is_missing_to_the_brim() -> None:
    bucket = full_bucket(burst=5)
    booked(bucket, 0.0).answered(0.0)
    bucket.change_burst(10, 0.0)

    assert [booked(bucket, 0.0).granted for _ in range(10)] == [True] * 9 + [False]


def test_429_lets_nobody_through_until_the_next_token() -> None:
    bucket = full_bucket()
    bucket.push_back(0.0)

    assert bucket.wait_for(0.0) == 1.0


def test_429_lets_nobody_through_for_as_long_as_amazon_asks() -> None:
    bucket = full_bucket()
    waiting = [booked(bucket, 0.0) for _ in range(6)][-1]
    bucket.push_back(0.0, 30.0)

    assert waiting.ready_at == 30.0


def test_another_429_does_not_shorten_what_amazon_asked_for() -> None:
    bucket = full_bucket()
    bucket.push_back(0.0, 30.0)
    bucket.push_back(0.0, 1.0)

    assert bucket.wait_for(0.0) == 30.0


def test_who_was_throttled_goes_before_who_waits() -> None:
    bucket = empty_bucket()
    waiting = booked(bucket, 0.0)
    bucket.push_back(0.0)
    throttled = booked(bucket, 0.0, ahead=True)

    assert throttled.ready_at == 1.0
    assert waiting.ready_at == 2.0


def test_those_who_were_throttled_keep_their_order() -> None:
    bucket = empty_bucket()
    waiting = [booked(bucket, 0.0) for _ in range(2)]
    throttled = [booked(bucket, 0.0, ahead=True) for _ in range(3)]
    assert [r.ready_at for r in (*throttled, *waiting)] == [1.0, 2.0, 3.0, 4.0, 5.0]
    bucket.settle(1.0)
    throttled[1].cancel(1.0)
    again = booked(bucket, 1.0, ahead=True)

    assert throttled[0].granted
    assert again.ready_at == pytest.approx(3.0)
    turns = [throttled[2], again, *waiting]
    for number, turn in enumerate(turns, start=2):
        bucket.settle(float(number))
        assert [r.granted for r in turns] == [r in turns[: number - 1] for r in turns]
        assert turn.granted


def test_a_slow_answer_moves_the_refilling_back_but_not_beyond_what_the_bucket_holds() -> None:
    quick, slow, stuck = (empty_bucket() for _ in range(3))
    for bucket, latency in ((quick, 0.0), (slow, 0.7), (stuck, 0.9)):
        reservation = booked(bucket, 0.0)
        bucket.settle(1.0)
        reservation.answered(1.0 + latency)

    assert quick.wait_for(2.0) == pytest.approx(0.0)
    assert slow.wait_for(2.0) == pytest.approx(0.7)
    stuck = full_bucket()
    booked(stuck, 0.0).answered(3600.0)
    assert stuck.wait_for(3600.0) <= 5.0


def test_a_bucket_does_not_fill_up_to_the_brim_while_calls_are_in_flight() -> None:
    bucket = full_bucket()
    for _ in range(4):
        booked(bucket, 0.0)  # these may reach Amazon at any time from now on

    assert [booked(bucket, 100.0).granted, booked(bucket, 100.0).granted] == [True, False]


def test_the_calls_of_a_queue_that_all_gave_up_leave_no_trace() -> None:
    bucket = empty_bucket()
    for reservation in [booked(bucket, 0.0) for _ in range(1000)]:
        reservation.cancel(0.0)

    assert bucket.wait_for(0.0) == 1.0
    assert not bucket._queue
    assert bucket._gone == 0


# Whatever the callers do


class Caller(NamedTuple):
    """Somebody who calls, or gives up before."""

    pause: float  # seconds after the caller before
    patience: float | None  # seconds until it gives up waiting
    turns_back: bool  # gives its turn back once it has come
    latency: float  # seconds until it is answered
    throttled: float | None  # seconds to pause that a 429 asks for
    ahead: bool  # goes before those who wait


class Simulation:
    """Lets callers come and go, and notes when each of those who called had its turn."""

    def __init__(self, bucket: TokenBucket, now: float = 0.0) -> None:
        self.bucket = bucket
        self.now = now
        self.calls: list[float] = []
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._number = itertools.count()
        self._waiting: list[tuple[Reservation, Caller]] = []

    def run(self, callers: list[Caller]) -> list[float]:
        when = self.now
        for caller in callers:
            when += caller.pause
            self._at(when, partial(self._come, caller))
        while self._events or self._waiting:
            turn = min((reservation.ready_at for reservation, _ in self._waiting), default=math.inf)
            due = self._events[0][0] if self._events else math.inf
            self.now = max(self.now, min(turn, due))
            self.bucket.settle(self.now)
            if due <= turn:
                heapq.heappop(self._events)[2]()
            self._serve()
        return self.calls

    def _at(self, when: float, action: Callable[[], None]) -> None:
        heapq.heappush(self._events, (when, next(self._number), action))

    def _come(self, caller: Caller) -> None:
        reservation = booked(self.bucket, self.now, ahead=caller.ahead)
        self._waiting.append((reservation, caller))
        if caller.patience is not None:
            self._at(self.now + caller.patience, partial(self._give_up, reservation, caller))

    def _give_up(self, reservation: Reservation, caller: Caller) -> None:
        if (reservation, caller) in self._waiting:
            self._waiting.remove((reservation, caller))
            reservation.cancel(self.now)

    def _serve(self) -> None:
        for reservation, caller in [waiting for waiting in self._waiting if waiting[0].granted]:
            self._waiting.remove((reservation, caller))
            if caller.turns_back:
                reservation.cancel(self.now)
            else:
                self.calls.append(self.now)
                self._at(self.now + caller.latency, partial(self._answer, reservation, caller))

    def _answer(self, reservation: Reservation, caller: Caller) -> None:
        reservation.answered(self.now)
        if caller.throttled is not None:
            self.bucket.push_back(self.now, caller.throttled)


seldom = st.one_of(st.none(), st.none(), st.floats(0, 5))
pauses = st.one_of(st.just(0.0), st.just(0.0), st.floats(0, 10))  # many at once are the interesting case
callers = st.lists(
    st.builds(Caller, pauses, seldom, st.sampled_from([False, False, True]), st.floats(0, 3), seldom, st.booleans()),
    min_size=5,
    max_size=40,
)
plans = st.builds(UsagePlan, st.floats(0.1, 20), st.integers(1, 6))


def assert_within(plan: UsagePlan, calls: list[float]) -> None:
    for first, begin in enumerate(calls):
        for count, end in enumerate(calls[first:], start=1):
            assert count <= plan.burst + plan.rate * (end - begin) + 1e-6


@settings(max_examples=120)
@given(plan=plans, schedule=callers)
def test_no_schedule_of_callers_exceeds_burst_and_rate_in_any_window(plan: UsagePlan, schedule: list[Caller]) -> None:
    assert_within(plan, Simulation(TokenBucket(plan, 0.0)).run(schedule))


@settings(max_examples=120)
@given(before=plans, after=plans, first=callers, then=callers)
def test_after_a_change_of_plan_the_new_one_holds_from_the_change_on(
    before: UsagePlan, after: UsagePlan, first: list[Caller], then: list[Caller]
) -> None:
    bucket = TokenBucket(before, 0.0)
    simulation = Simulation(bucket)
    simulation.run(first)
    now = simulation.now
    bucket.change_rate(after.rate, now)
    bucket.change_burst(after.burst, now)

    assert_within(after, Simulation(bucket, now).run(then))


@settings(max_examples=100)
@given(plan=plans, count=st.integers(1, 60))
def test_the_pace_of_those_who_wait_is_the_plan_exactly(plan: UsagePlan, count: int) -> None:
    bucket = TokenBucket(plan, 0.0)
    waiting = [booked(bucket, 0.0) for _ in range(count)]
    granted = []
    for reservation in waiting:
        now = max(0.0, reservation.ready_at)
        bucket.settle(now)
        assert reservation.granted
        granted.append(now)

    expected = [max(0.0, (n + 1 - plan.burst) / plan.rate) for n in range(count)]
    assert granted == pytest.approx(expected, abs=1e-6)
