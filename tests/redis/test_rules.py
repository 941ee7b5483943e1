"""What holds whatever several processes do: the plan is kept to, and everybody has a turn."""

from __future__ import annotations

import math
from typing import NamedTuple

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings

from spapi_messaging.limiters import RedisLimiter, Ticket, UsagePlan
from tests.support.redis_bench import RedisBench
from tests.support.redis_server import Server
from tests.support.thorough import choose

PLANS = st.builds(UsagePlan, st.sampled_from([0.3, 1.0, 3.0, 7.0]), st.integers(1, 5))
NUMBERS = st.integers(0, 10)
STEPS = st.one_of(
    st.tuples(st.just("reserve"), NUMBERS, st.just(0.0)),
    st.tuples(st.just("reserve"), NUMBERS, st.just(0.0)),
    st.tuples(st.just("cancel"), NUMBERS, st.just(0.0)),
    st.tuples(st.just("answer"), NUMBERS, st.just(0.0)),
    st.tuples(st.just("throttle"), NUMBERS, st.floats(0.0, 5.0)),
    st.tuples(st.just("pass"), NUMBERS, st.floats(0.0, 4.0)),
    st.tuples(st.just("announce"), NUMBERS, st.floats(0.2, 1.0)),
    st.tuples(st.just("pass"), NUMBERS, st.floats(0.0, 4.0)),
    st.tuples(st.just("flush"), NUMBERS, st.just(0.0)),
)


class Call(NamedTuple):
    ticket: Ticket
    limiter: RedisLimiter


class World:
    """Three processes on one server, whose waiting calls hear of each other at once."""

    def __init__(self, server: Server, plan: UsagePlan) -> None:
        self.server, self.bench, self.plan = server, RedisBench(server.url), plan
        self.limiters = [self.bench.limiter, self.bench.another(), self.bench.another()]
        self.waiting: list[Call] = []
        self.sent: list[tuple[float, Ticket]] = []
        self.slowest = plan.rate

    def reserve(self, number: int) -> None:
        limiter = self.limiters[number % 3]
        self.waiting.append(Call(limiter.reserve(self.bench.key, self.plan, self.bench.now), limiter))

    def cancel(self, number: int) -> None:
        if self.waiting:
            self.waiting.pop(number % len(self.waiting)).ticket.cancel(self.bench.now)

    def answer(self, number: int, **told: float) -> None:
        if self.sent:
            self.sent[number % len(self.sent)][1].answered(self.bench.now, **told)

    def step(self, action: str, number: int, seconds: float) -> None:
        if action == "reserve":
            self.reserve(number)
        elif action == "cancel":
            self.cancel(number)
        elif action == "answer":
            self.answer(number)
        elif action == "throttle":
            self.answer(number, pause=seconds)
        elif action == "announce":
            self.slowest = min(self.slowest, self.plan.rate * seconds)
            self.answer(number, announced_rate=self.plan.rate * seconds)
        elif action == "flush":
            self.server.flush()
            self.bench.pass_time(0.001)  # the server tells by its clock that it was flushed
        else:
            self.pass_time(seconds)
        self.go_out()

    def pass_time(self, seconds: float) -> None:
        """Everyone goes out at its own time, as the clients do."""
        end = self.bench.now + seconds
        while (left := min((self.bench.remaining(call.ticket) for call in self.waiting), default=math.inf)) < math.inf:
            if self.bench.now + left > end:
                break
            self.bench.pass_time(left)
            self.go_out()
        self.bench.now = max(self.bench.now, end)

    def go_out(self) -> None:
        for limiter in self.limiters:
            limiter.refresh()
        for call in [call for call in self.waiting if self.bench.remaining(call.ticket) == 0.0]:
            self.waiting.remove(call)
            self.sent.append((self.bench.now, call.ticket))

    def check_pace(self) -> None:
        times = [at for at, _ in self.sent]
        for first, begin in enumerate(times):
            for count, end in enumerate(times[first:], start=1):
                assert count <= self.plan.burst + self.plan.rate * (end - begin) + 1e-3


@settings(max_examples=choose(50, 500), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(plan=PLANS, steps=st.lists(STEPS, max_size=40))
def test_the_plan_is_kept_to_and_nobody_starves(
    own_server: Server, plan: UsagePlan, steps: list[tuple[str, int, float]]
) -> None:
    world = World(own_server, plan)
    for step in steps:
        world.step(*step)
    count = len(world.waiting)
    world.pass_time(8.0 + (count + 2 * plan.burst + 2) / world.slowest)

    world.check_pace()
    assert not world.waiting
    for limiter in world.limiters:
        limiter.close()


@settings(max_examples=choose(30, 500), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(processes=st.lists(st.integers(0, 2), min_size=1, max_size=30))
def test_turns_come_in_the_order_of_the_reservations(own_server: Server, processes: list[int]) -> None:
    world = World(own_server, UsagePlan(3.0, 2))
    tickets = [world.limiters[number].reserve(world.bench.key, world.plan, world.bench.now) for number in processes]

    waits = [world.bench.remaining(ticket) for ticket in tickets]
    assert waits == pytest.approx([max(0.0, (number - 1) / 3.0) for number in range(len(waits))], abs=1e-3)
