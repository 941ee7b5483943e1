"""The token bucket: tickets in order, never more than the plan allows."""

from __future__ import annotations

import gc
import heapq
import itertools
import math
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spapi_messaging._call.usage_plan import BucketTicket, TokenBucket, UsagePlan

PLAN = UsagePlan(1.0, 5)


def full_bucket(rate: float = 1.0, burst: int = 5) -> TokenBucket:
    return TokenBucket(UsagePlan(rate, burst), 0.0)


def empty_bucket(rate: float = 1.0, burst: int = 5) -> TokenBucket:
    bucket = full_bucket(rate, burst)
    for _ in range(burst):
        booked(bucket, 0.0).answered(0.0)
    return bucket


def booked(bucket: TokenBucket, now: float, *, ahead: bool = False) -> BucketTicket:
    ticket = bucket.reserve(now, ahead=ahead)
    assert ticket is not None
    return ticket


def has_turn(ticket: BucketTicket) -> bool:
    return ticket.remaining(0.0) == 0.0


def test_cancelled_tickets_in_the_middle_are_not_counted_for_the_next_one() -> None:
    bucket = empty_bucket()
    booked(bucket, 0.0)
    middle = [booked(bucket, 0.0) for _ in range(50)]
    for ticket in middle:
        ticket.cancel(0.0)

    assert bucket.wait_for(0.0) == 2.0
    assert bucket.reserve(0.0, within=2.0) is not None
    assert bucket.reserve(0.0, within=2.0) is None


def test_a_faster_rate_moves_those_who_wait_already() -> None:
    bucket = empty_bucket()
    woken: list[int] = []
    waiting = [bucket.reserve(0.0, wake=lambda n=n: woken.append(n)) for n in range(3)]  # type: ignore[misc]
    bucket.announce(5.0, 0.0)

    assert [r and r.remaining(0.0) for r in waiting] == pytest.approx([0.2, 0.4, 0.6])
    assert woken == [0]  # the others are told when they become the first
    bucket.settle(0.2)
    assert woken == [0, 0, 1]


def test_a_slower_rate_moves_them_as_well() -> None:
    bucket = empty_bucket()
    waiting = booked(bucket, 0.0)
    bucket.announce(0.5, 0.5)

    assert waiting.remaining(0.5) == pytest.approx(1.0)  # half a token was there


def test_another_burst_keeps_what_is_missing_to_the_brim() -> None:
    bucket = full_bucket(burst=5)
    booked(bucket, 0.0).answered(0.0)
    bucket.agree(UsagePlan(1.0, 10), False, 0.0)

    assert [has_turn(booked(bucket, 0.0)) for _ in range(10)] == [True] * 9 + [False]


def test_throttled_calls_keep_their_order() -> None:
    bucket = empty_bucket()
    waiting = [booked(bucket, 0.0) for _ in range(2)]
    throttled = [booked(bucket, 0.0, ahead=True) for _ in range(3)]
    assert [r.remaining(0.0) for r in (*throttled, *waiting)] == [1.0, 2.0, 3.0, 4.0, 5.0]
    bucket.settle(1.0)
    throttled[1].cancel(1.0)
    again = booked(bucket, 1.0, ahead=True)

    assert has_turn(throttled[0])
    assert again.remaining(1.0) == pytest.approx(2.0)
    turns = [throttled[2], again, *waiting]
    for number, turn in enumerate(turns, start=2):
        bucket.settle(float(number))
        assert [has_turn(r) for r in turns] == [r in turns[: number - 1] for r in turns]
        assert has_turn(turn)


def test_a_slow_answer_moves_the_refilling_back_but_not_beyond_what_the_bucket_holds() -> None:
    quick, slow, stuck = (empty_bucket() for _ in range(3))
    for bucket, latency in ((quick, 0.0), (slow, 0.7), (stuck, 0.9)):
        ticket = booked(bucket, 0.0)
        bucket.settle(1.0)
        ticket.answered(1.0 + latency)

    assert quick.wait_for(2.0) == pytest.approx(0.0)
    assert slow.wait_for(2.0) == pytest.approx(0.7)
    stuck = full_bucket()
    booked(stuck, 0.0).answered(3600.0)
    assert stuck.wait_for(3600.0) <= 5.0


def test_slow_answers_after_a_pause_move_the_refilling_back_anew() -> None:
    bucket = full_bucket()
    for now in (0.0, 100.0):
        ticket = booked(bucket, now)
        ticket.answered(now + 0.7)

    assert [has_turn(booked(bucket, 100.7)) for _ in range(4)] == [True, True, True, False]
    assert bucket.wait_for(100.7) == pytest.approx(1.7)


def test_a_bucket_does_not_fill_up_to_the_brim_while_calls_are_in_flight() -> None:
    bucket = full_bucket()
    for _ in range(4):
        booked(bucket, 0.0)  # these may reach Amazon at any time from now on

    assert [has_turn(booked(bucket, 100.0)), has_turn(booked(bucket, 100.0))] == [True, False]


def test_the_tickets_of_a_queue_that_gave_up_are_not_kept() -> None:
    bucket = empty_bucket()
    for ticket in [booked(bucket, 0.0) for _ in range(1000)]:
        ticket.cancel(0.0)
    gc.collect()

    assert bucket.wait_for(0.0) == 1.0
    assert sum(type(found) is BucketTicket for found in gc.get_objects()) < 10


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
        self._waiting: list[tuple[BucketTicket, Caller]] = []

    def run(self, callers: list[Caller]) -> list[float]:
        when = self.now
        for caller in callers:
            when += caller.pause
            self._at(when, partial(self._come, caller))
        while self._events or self._waiting:
            turn = min((self.now + ticket.remaining(self.now) for ticket, _ in self._waiting), default=math.inf)
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
        ticket = booked(self.bucket, self.now, ahead=caller.ahead)
        self._waiting.append((ticket, caller))
        if caller.patience is not None:
            self._at(self.now + caller.patience, partial(self._give_up, ticket, caller))

    def _give_up(self, ticket: BucketTicket, caller: Caller) -> None:
        if (ticket, caller) in self._waiting:
            self._waiting.remove((ticket, caller))
            ticket.cancel(self.now)

    def _serve(self) -> None:
        for ticket, caller in [waiting for waiting in self._waiting if has_turn(waiting[0])]:
            self._waiting.remove((ticket, caller))
            if caller.turns_back:
                ticket.cancel(self.now)
            else:
                self.calls.append(self.now)
                self._at(self.now + caller.latency, partial(self._answer, ticket, caller))

    def _answer(self, ticket: BucketTicket, caller: Caller) -> None:
        ticket.answered(self.now)
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
    bucket.agree(after, False, now)

    assert_within(after, Simulation(bucket, now).run(then))


@settings(max_examples=100)
@given(plan=plans, count=st.integers(1, 60))
def test_those_who_wait_go_exactly_at_the_pace_of_the_plan(plan: UsagePlan, count: int) -> None:
    bucket = TokenBucket(plan, 0.0)
    waiting = [booked(bucket, 0.0) for _ in range(count)]
    granted: list[float] = []
    for ticket in waiting:
        now = granted[-1] if granted else 0.0
        now += ticket.remaining(now)
        bucket.settle(now)
        assert has_turn(ticket)
        granted.append(now)

    expected = [max(0.0, (n + 1 - plan.burst) / plan.rate) for n in range(count)]
    assert granted == pytest.approx(expected, abs=1e-6)
