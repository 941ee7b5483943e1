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

from spapi_messaging._call.usage_plan import FASTEST_RATE, LONGEST_PAUSE, BucketTicket, TokenBucket, UsagePlan
from tests.support.thorough import choose

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


def has_turn_at(ticket: BucketTicket, now: float) -> bool:
    return ticket.remaining(now) == 0.0


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


def test_calls_that_were_throttled_while_nobody_waited_keep_their_order_too() -> None:
    bucket = empty_bucket()
    throttled = [booked(bucket, 0.0, ahead=True) for _ in range(3)]

    assert [ticket.remaining(0.0) for ticket in throttled] == [1.0, 2.0, 3.0]


def test_a_throttled_call_that_gave_up_is_not_counted_for_the_next_one() -> None:
    bucket = empty_bucket()
    booked(bucket, 0.0)
    _, second, third = (booked(bucket, 0.0, ahead=True) for _ in range(3))
    second.cancel(0.0)
    third.cancel(0.0)

    assert bucket.wait_for(0.0, ahead=True) == 2.0


def calls_in_flight(bucket: TokenBucket, count: int, now: float = 0.0) -> tuple[list[BucketTicket], float]:
    """Calls that all go out as early as they may, and when the last one did."""
    tickets = []
    for _ in range(count):
        tickets.append(booked(bucket, now))
        now += tickets[-1].remaining(now)
    bucket.settle(now)
    return tickets, now


def test_a_slow_answer_moves_the_refilling_back_while_other_calls_are_in_flight() -> None:
    bucket = full_bucket()
    for start in (0.0, 100.0):  # after a pause it does so anew
        tickets, last = calls_in_flight(bucket, 6, start)
        assert bucket.wait_for(last + 0.7) == pytest.approx(0.3)
        tickets[0].answered(last + 0.7)
        assert bucket.wait_for(last + 0.7) == pytest.approx(0.3 + 1.7)
        for ticket in tickets[1:]:
            ticket.answered(last + 0.7)


def test_a_slow_answer_moves_it_by_no_more_than_the_time_that_fills_the_bucket() -> None:
    bucket = full_bucket()
    tickets, last = calls_in_flight(bucket, 30)
    tickets[0].answered(last)

    assert last == pytest.approx(25.0)
    assert bucket.wait_for(last) == pytest.approx(1.0 + 5.0)


@pytest.mark.parametrize("latency", [0.7, 4.0, 3600.0])
def test_a_slow_answer_costs_no_more_than_its_token_when_nothing_else_is_in_flight(latency: float) -> None:
    bucket = full_bucket()
    booked(bucket, 0.0).answered(latency)

    assert [has_turn(booked(bucket, latency)) for _ in range(5)] == [True] * 4 + [False]


def test_a_slow_answer_moves_the_refilling_back_by_what_an_earlier_one_left_out() -> None:
    bucket = full_bucket()
    tickets, _ = calls_in_flight(bucket, 6)
    for ticket in tickets:
        ticket.answered(5.0)  # 5 s late, of which 2 s are uncertain
    assert bucket.wait_for(5.0) == pytest.approx(2.0)
    tickets, last = calls_in_flight(bucket, 6, 5.0)
    assert (last, bucket.wait_for(last)) == pytest.approx((12.0, 1.0))
    tickets[0].answered(last)

    assert bucket.wait_for(last) == pytest.approx(2.0)


def test_a_slow_answer_costs_no_more_than_its_token_after_the_burst_has_grown() -> None:
    bucket = full_bucket(burst=5)
    bucket.agree(UsagePlan(1.0, 10), False, 0.0)
    booked(bucket, 0.0).answered(2.0)

    assert [has_turn_at(booked(bucket, 2.0), 2.0) for _ in range(10)] == [True] * 9 + [False]


def test_a_bucket_does_not_fill_up_to_the_brim_while_calls_are_in_flight() -> None:
    bucket = full_bucket()
    for _ in range(4):
        booked(bucket, 0.0)  # these may reach Amazon at any time from now on

    assert [has_turn(booked(bucket, 100.0)), has_turn(booked(bucket, 100.0))] == [True, False]


def test_the_tickets_of_a_queue_that_gave_up_are_not_kept() -> None:
    bucket = empty_bucket()
    before = tickets_alive()  # those of other tests among them
    for ticket in [booked(bucket, 0.0) for _ in range(1000)]:
        ticket.cancel(0.0)

    assert bucket.wait_for(0.0) == 1.0
    assert tickets_alive() - before < 10


def tickets_alive() -> int:
    gc.collect()
    return sum(type(found) is BucketTicket for found in gc.get_objects())


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


@settings(max_examples=choose(50, 500))
@given(plan=plans, schedule=callers)
def test_no_schedule_of_callers_exceeds_burst_and_rate_in_any_window(plan: UsagePlan, schedule: list[Caller]) -> None:
    assert_within(plan, Simulation(TokenBucket(plan, 0.0)).run(schedule))


@settings(max_examples=choose(50, 500))
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


@settings(max_examples=choose(50, 500))
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


# Whatever the server says, and whatever the clock does


ABSURD = [math.nan, math.inf, -math.inf, -1.0, 1e9]


@pytest.mark.parametrize("seconds", ABSURD)
def test_no_pause_lasts_for_ever(seconds: float) -> None:
    bucket = full_bucket()
    booked(bucket, 0.0).answered(0.0, pause=seconds)
    ticket = booked(bucket, 0.0)

    assert 1.0 <= ticket.remaining(0.0) <= LONGEST_PAUSE
    assert has_turn_at(ticket, LONGEST_PAUSE)


@pytest.mark.parametrize("rate", [*ABSURD, 0.0, 1e-9, 0.99 / LONGEST_PAUSE, 1.01 * FASTEST_RATE])
def test_an_absurd_rate_is_ignored(rate: float) -> None:
    bucket = empty_bucket()
    bucket.announce(2.0, 0.0)
    bucket.announce(rate, 0.0)

    assert booked(bucket, 0.0).remaining(0.0) == 0.5


def test_the_next_announced_rate_heals_a_very_low_one() -> None:
    bucket = empty_bucket()
    waiting = booked(bucket, 0.0)
    bucket.announce(1.0 / LONGEST_PAUSE, 0.0)
    assert waiting.remaining(0.0) == pytest.approx(LONGEST_PAUSE)
    bucket.announce(1.0, 10.0)

    assert waiting.remaining(10.0) < 1.0


rates = st.floats(1.0 / LONGEST_PAUSE, FASTEST_RATE)


@given(first=rates, then=st.lists(rates, max_size=4), seconds=st.floats(0, LONGEST_PAUSE), passed=st.floats(0, 1))
def test_a_pause_stays_as_long_as_it_is_when_the_rate_changes(
    first: float, then: list[float], seconds: float, passed: float
) -> None:
    bucket = full_bucket(first)
    now = seconds * passed
    bucket.push_back(0.0, seconds)
    for rate in then:
        bucket.announce(rate, now)

    left = seconds - now
    assert left - 1e-6 <= bucket.wait_for(now) <= left + 1.0 / bucket.rate + 1e-6


def test_what_slow_answers_cost_stays_a_span_of_time_when_the_rate_changes() -> None:
    bucket = full_bucket(10.0, 20)
    tickets, last = calls_in_flight(bucket, 40)
    tickets[0].answered(last)
    assert bucket.wait_for(last) == pytest.approx(2.1)
    bucket.announce(0.5, last)
    assert bucket.wait_for(last) == pytest.approx(2.0 + 2.0)
    bucket.announce(10.0, last)
    assert bucket.wait_for(last) == pytest.approx(2.1)


def test_a_faster_rate_leaves_no_more_debt_than_is_certain() -> None:
    bucket = full_bucket()
    tickets, last = calls_in_flight(bucket, 6)
    tickets[0].answered(last)
    assert bucket.wait_for(last) == pytest.approx(2.0)
    bucket.announce(10.0, last)

    assert bucket.wait_for(last) == pytest.approx(0.2)


def test_a_pause_that_is_over_takes_nothing_away_when_the_rate_changes() -> None:
    bucket = full_bucket(10.0, 5)
    bucket.push_back(0.0, 1.0)
    bucket.settle(1.4)
    bucket.announce(0.5, 1.4)

    assert [has_turn_at(booked(bucket, 1.4), 1.4) for _ in range(6)] == [True] * 5 + [False]


def test_a_smaller_explicit_burst_leaves_no_debt() -> None:
    bucket = full_bucket(burst=1000)
    for _ in range(900):
        booked(bucket, 0.0).answered(0.0)
    bucket.agree(UsagePlan(1.0, 5), True, 0.0)

    assert booked(bucket, 0.0).remaining(0.0) == 1.0


def test_published_plans_that_come_and_go_let_nobody_through() -> None:
    bucket = empty_bucket()
    for burst in (1, 5, 1, 5):
        bucket.agree(UsagePlan(1.0, burst), False, 0.0)

    assert booked(bucket, 0.0).remaining(0.0) == 1.0


def test_after_a_jump_of_the_clock_no_more_than_the_burst_goes_at_once() -> None:
    bucket = empty_bucket()
    waiting = [booked(bucket, 0.0) for _ in range(20)]

    assert [ticket.remaining(3600.0) == 0.0 for ticket in waiting] == [True] * 5 + [False] * 15
    assert waiting[5].remaining(3600.0) == 1.0


@given(plan=plans, looks=st.lists(st.tuples(st.floats(0, 30), st.integers(0, 9)), max_size=20))
def test_however_late_they_look_no_more_go_than_the_plan_allows(
    plan: UsagePlan, looks: list[tuple[float, int]]
) -> None:
    bucket, now = TokenBucket(plan, 0.0), 0.0
    waiting: list[BucketTicket] = []
    calls: list[float] = []
    for gap, more in looks:
        now += gap
        waiting += [booked(bucket, now) for _ in range(more)]
        while waiting and has_turn_at(waiting[0], now):
            waiting.pop(0).answered(now)
            calls.append(now)

    assert_within(plan, calls)


def test_a_turn_that_rounding_brings_a_moment_too_early_is_not_had() -> None:
    bucket = TokenBucket(UsagePlan(10.0, 1), 1e7)
    booked(bucket, 1e7)
    ticket = booked(bucket, 1e7)
    now = 1e7 + 53687091 * math.ulp(1e7)  # the turn comes less than half a digit of the clock later

    assert ticket.remaining(now) > 0.0
    assert ticket.remaining(now + math.ulp(now)) == 0.0
    assert booked(bucket, now).remaining(now) == pytest.approx(0.1)


def test_an_answered_call_waits_for_nothing_any_more() -> None:
    bucket = empty_bucket()
    early, late = booked(bucket, 0.0), booked(bucket, 0.0)
    early.answered(0.0)
    assert (late.remaining(0.0), bucket.wait_for(0.0)) == (1.0, 2.0)
    late.answered(60.0)  # its turn has come meanwhile, and nobody looked

    assert [has_turn_at(booked(bucket, 120.0), 120.0) for _ in range(6)] == [True] * 5 + [False]


@settings(max_examples=choose(30, 500))
@given(
    plan=st.builds(UsagePlan, st.floats(1e-3, 1e5), st.integers(1, 10**6)),
    start=st.floats(0, 1e8),
    missing=st.integers(0, 10),
)
def test_however_large_or_small_a_plan_is_everyone_has_a_turn_in_time(
    plan: UsagePlan, start: float, missing: int
) -> None:
    bucket = TokenBucket(plan, start)
    for _ in range(min(plan.burst, 20)):
        booked(bucket, start).answered(start)
    bucket.agree(plan._replace(burst=max(1, plan.burst - 20)), True, start)
    now = start
    for _ in range(missing):
        ticket = booked(bucket, now)
        for _ in range(3):  # what a caller does who waits on a clock that is exact
            now += ticket.remaining(now)
        assert has_turn_at(ticket, now)
    assert now <= start + missing / plan.rate + 1e-3


actions = st.sampled_from(["come", "come", "come ahead", "give up", "answer", "answer", "throttle", "rate", "plan"])
steps = st.lists(st.tuples(actions, st.integers(0, 9), st.one_of(st.just(0.0), st.floats(0, 60))), max_size=60)


@settings(max_examples=choose(60, 500))
@given(plan=plans, steps=steps)
def test_whatever_happens_nobody_waits_for_long_and_the_bucket_is_full_again_in_the_end(
    plan: UsagePlan, steps: list[tuple[str, int, float]]
) -> None:
    bucket, now, opens = TokenBucket(plan, 0.0), 0.0, 0.0
    waiting: list[BucketTicket] = []
    in_flight: list[BucketTicket] = []
    for action, number, seconds in steps:
        now += seconds
        if action.startswith("come"):
            waiting.append(booked(bucket, now, ahead="ahead" in action))
        elif action == "give up" and waiting:
            waiting.pop(number % len(waiting)).cancel(now)
        elif action == "answer" and in_flight:
            in_flight.pop(number % len(in_flight)).answered(now)
        elif action == "throttle" and in_flight:
            in_flight.pop(number % len(in_flight)).answered(now, pause=100.0 * number)
            opens = max(opens, now + 100.0 * number)
        elif action == "rate":
            bucket.announce((number + 1) / 5, now)
        elif action == "plan":
            bucket.agree(UsagePlan(1 / (number + 1), number + 1), True, now)
        in_flight += [ticket for ticket in waiting if has_turn_at(ticket, now)]
        waiting = [ticket for ticket in waiting if ticket not in in_flight]
        pause = max(0.0, opens - now)
        # Slow answers move the refilling back by the time that fills the bucket, and for each rate anew.
        longest = pause + (len(waiting) + 1 + 2 * 10) / bucket.rate
        assert pause - 1e-6 <= bucket.wait_for(now) <= longest + 1e-6
    for ticket in [*waiting, *in_flight]:
        ticket.answered(now)

    now += 1e6
    assert [has_turn_at(booked(bucket, now), now) for _ in range(bucket.burst + 1)] == [True] * bucket.burst + [False]


# Against a server that takes each token as late as possible


class LateServer:
    """A server that takes a call's token when it answers: no server with this plan has less room."""

    def __init__(self, plan: UsagePlan) -> None:
        self.plan = plan
        self._level, self._stamp = float(plan.burst), 0.0

    def level(self, now: float) -> float:
        self._level = min(self.plan.burst, self._level + (now - self._stamp) * self.plan.rate)
        self._stamp = now
        return self._level

    def answer(self, now: float) -> None:
        self._level = self.level(now) - 1.0


class Watched(Simulation):
    """Compares what each caller has to wait with the room that the server has for certain."""

    def __init__(self, plan: UsagePlan) -> None:
        super().__init__(TokenBucket(plan, 0.0))
        self.server = LateServer(plan)
        self.in_flight = 0

    def _come(self, caller: Caller) -> None:
        before = self.in_flight + len(self._waiting)
        needed = (before + 1 - self.server.level(self.now)) / self.server.plan.rate
        assert self.bucket.wait_for(self.now) <= max(0.0, needed) + 1e-6
        super()._come(caller)

    def _serve(self) -> None:
        before = len(self.calls)
        super()._serve()
        self.in_flight += len(self.calls) - before

    def _answer(self, ticket: BucketTicket, caller: Caller) -> None:
        self.server.answer(self.now)
        self.in_flight -= 1
        super()._answer(ticket, caller)


patient = st.builds(
    Caller, pauses, seldom, st.sampled_from([False, False, True]), st.floats(0, 20), st.none(), st.just(False)
)


@settings(max_examples=choose(60, 500))
@given(plan=plans, schedule=st.lists(patient, min_size=5, max_size=40))
def test_nobody_waits_for_longer_than_the_server_needs_for_certain(plan: UsagePlan, schedule: list[Caller]) -> None:
    Watched(plan).run(schedule)


gaps = st.tuples(pauses, st.floats(0, 20), st.floats(0, 1))


@settings(max_examples=choose(60, 500))
@given(plan=plans, schedule=st.lists(gaps, min_size=1, max_size=40))
def test_one_call_after_another_waits_no_longer_than_a_late_server_needs_and_exceeds_no_server(
    plan: UsagePlan, schedule: list[tuple[float, float, float]]
) -> None:
    bucket, late, now = TokenBucket(plan, 0.0), LateServer(plan), 0.0
    arrivals: list[float] = []
    for gap, latency, way in schedule:
        now += gap
        ticket = booked(bucket, now)
        assert ticket.remaining(now) <= max(0.0, (1.0 - late.level(now)) / plan.rate) + 1e-6
        for _ in range(3):
            now += ticket.remaining(now)
        arrivals.append(now + latency * way)
        now += latency
        ticket.answered(now)
        late.answer(now)
    if plan.burst > 1:  # a bucket that is full with one token has no room for a request that arrives later than others
        assert_within(plan, arrivals)


def test_what_is_outstanding_is_what_waits_or_is_in_flight() -> None:
    bucket = TokenBucket(UsagePlan(1.0, 2), 0.0)
    tickets = [bucket.reserve(0.0) for _ in range(4)]
    assert bucket.outstanding == 4
    for left, ticket in zip((3, 2, 1, 0), reversed(tickets), strict=True):
        assert ticket is not None
        ticket.cancel(0.0)
        assert bucket.outstanding == left


def used(burst: int, count: int) -> TokenBucket:
    """A bucket of one token a second, after some calls that were answered at once."""
    bucket = TokenBucket(UsagePlan(1.0, burst), 0.0)
    for _ in range(count):
        ticket = bucket.reserve(0.0)
        assert ticket is not None
        ticket.answered(0.0)
    return bucket


def test_another_rate_changes_how_long_a_part_of_a_token_takes_and_not_how_much_is_there() -> None:
    for rate, wait in ((2.0, 0.25), (0.5, 1.0)):
        bucket = used(1, 1)
        bucket.announce(rate, 0.5)

        assert bucket.wait_for(0.5) == pytest.approx(wait)


@pytest.mark.parametrize("count", [2, 5])
def test_under_a_smaller_plan_a_bucket_misses_no_more_than_it_holds(count: int) -> None:
    bucket = used(5, count)
    bucket.agree(UsagePlan(1.0, 1), True, 0.0)

    assert bucket.wait_for(0.0) == pytest.approx(1.0)


def test_a_throttled_call_waits_no_longer_than_those_before_it() -> None:
    bucket = used(1, 1)
    for _ in range(3):
        assert bucket.reserve(0.0) is not None

    assert bucket.reserve(0.0, within=1.5) is None
    assert bucket.reserve(0.0, within=1.5, ahead=True) is not None
