"""What any limiter must do. A limiter is tested by a subclass that says, in a fixture, how to make a Bench of it:

class TestMyLimiter(LimiterContract):
    @pytest.fixture
    def bench(self) -> Bench:
        return Bench(MyLimiter())
"""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from spapi_messaging.errors import UsagePlanTimeout
from spapi_messaging.limiters import BucketKey, Limiter, Ticket, UsagePlan

PLAN = UsagePlan(1.0, 2)
_numbers = itertools.count()


class Bench:
    """A limiter, and the clock that its calls go by. A limiter with a clock of its own overrides ``pass_time``."""

    def __init__(self, limiter: Limiter) -> None:
        self.limiter = limiter
        self.now = 1000.0
        # A bucket of its own: a server may remember those of other tests.
        self.key = BucketKey("https://api.example", "application", f"seller-{next(_numbers)}", "sendInvoice")

    def pass_time(self, seconds: float) -> None:
        self.now += seconds

    def reserve(self, plan: UsagePlan = PLAN, *, key: BucketKey | None = None, **options: Any) -> Ticket:
        return self.limiter.reserve(key or self.key, plan, self.now, **options)

    def remaining(self, ticket: Ticket) -> float:
        return max(0.0, ticket.remaining(self.now))

    def waits(self, *tickets: Ticket) -> Any:
        """Seconds until their turns, to compare with."""
        return pytest.approx([self.remaining(ticket) for ticket in tickets], abs=1e-3)

    def exhaust(self, plan: UsagePlan = PLAN) -> list[Ticket]:
        """Uses up the burst."""
        return [self.reserve(plan) for _ in range(plan.burst)]


class TicketContract:
    """What even a limiter does that paces nothing."""

    def test_the_first_call_has_its_turn_at_once(self, bench: Bench) -> None:
        assert bench.remaining(bench.reserve()) == 0.0

    def test_it_says_whether_it_may_block(self, bench: Bench) -> None:
        assert bench.limiter.blocking in (True, False)

    def test_a_ticket_may_end_in_any_way_and_more_than_once(self, bench: Bench) -> None:
        ends: list[tuple[str, dict[str, float]]] = [
            ("cancel", {}),
            ("answered", {}),
            ("answered", {"announced_rate": 2.0}),
            ("answered", {"pause": 0.0}),
            ("answered", {"pause": 5.0, "announced_rate": 0.5}),
        ]
        for first, second in itertools.product(ends, ends):
            ticket = bench.reserve()
            for name, options in (first, second):
                getattr(ticket, name)(bench.now, **options)

    def test_a_throttled_call_waits_for_its_pause(self, bench: Bench) -> None:
        bench.reserve().answered(bench.now, pause=0.0)
        throttled = bench.reserve(push_back=3.0)

        assert bench.waits(throttled) == [3.0]
        bench.pass_time(3.0)
        assert bench.remaining(throttled) == 0.0

    def test_a_throttled_call_that_may_not_wait_so_long_is_refused(self, bench: Bench) -> None:
        bench.reserve().answered(bench.now, pause=3.0)

        with pytest.raises(UsagePlanTimeout, match=r"sendInvoice.*Nothing was sent") as raised:
            bench.reserve(push_back=3.0, within=1.0)
        assert raised.value.retry_after == pytest.approx(3.0, abs=1e-3)


class LimiterContract(TicketContract):
    """What a limiter does that keeps to usage plans."""

    def test_the_burst_goes_at_once_and_the_rest_at_the_rate(self, bench: Bench) -> None:
        plan = UsagePlan(2.0, 3)
        tickets = [bench.reserve(plan) for _ in range(6)]

        assert bench.waits(*tickets) == [0.0, 0.0, 0.0, 0.5, 1.0, 1.5]

    def test_turns_come_in_the_order_in_which_they_were_reserved(self, bench: Bench) -> None:
        bench.exhaust()
        first, second = bench.reserve(), bench.reserve()
        bench.pass_time(1.0)
        third = bench.reserve()  # the turn that has come by now belongs to the first

        assert bench.waits(first, second, third) == [0.0, 1.0, 2.0]

    def test_after_a_pause_there_is_a_whole_burst_again_but_not_more(self, bench: Bench) -> None:
        for ticket in bench.exhaust():
            ticket.answered(bench.now)
        bench.pass_time(60.0)

        assert bench.waits(*[bench.reserve() for _ in range(3)]) == [0.0, 0.0, 1.0]

    def test_a_cancelled_ticket_goes_to_those_who_wait(self, bench: Bench) -> None:
        granted, _ = bench.exhaust()
        first, second, third = (bench.reserve() for _ in range(3))
        first.cancel(bench.now)
        assert bench.waits(second, third) == [1.0, 2.0]
        granted.cancel(bench.now)
        assert bench.waits(second, third) == [0.0, 1.0]
        granted.cancel(bench.now)
        assert bench.waits(second, third) == [0.0, 1.0]

    def test_an_answered_call_gives_nothing_back(self, bench: Bench) -> None:
        first, second = bench.exhaust()
        first.answered(bench.now)
        second.answered(bench.now)
        second.cancel(bench.now)

        assert bench.waits(bench.reserve()) == [1.0]

    def test_a_refusal_says_after_how_long_there_is_room_and_books_nothing(self, bench: Bench) -> None:
        bench.exhaust()
        bench.reserve()
        for _ in range(3):
            with pytest.raises(UsagePlanTimeout, match=r"sendInvoice .*Nothing was sent") as raised:
                bench.reserve(within=1.5)
            assert raised.value.retry_after == pytest.approx(2.0, abs=1e-3)

        assert bench.waits(bench.reserve(within=2.5)) == [2.0]

    def test_after_a_429_nobody_goes_through_and_the_throttled_call_is_the_next(self, bench: Bench) -> None:
        first, _ = bench.exhaust()
        waiting = bench.reserve()
        first.answered(bench.now, pause=7.0)
        assert bench.waits(waiting) == [7.0]
        throttled = bench.reserve(push_back=9.0)

        assert bench.waits(throttled, waiting, bench.reserve()) == [9.0, 10.0, 11.0]

    def test_a_429_without_a_pause_costs_at_least_the_next_turn(self, bench: Bench) -> None:
        bench.reserve().answered(bench.now, pause=0.0)

        assert bench.waits(bench.reserve()) == [1.0]

    def test_a_second_429_does_not_shorten_the_pause_of_the_first(self, bench: Bench) -> None:
        first, second = bench.exhaust()
        first.answered(bench.now, pause=30.0)
        second.answered(bench.now, pause=1.0)

        assert bench.waits(bench.reserve()) == [30.0]

    def test_throttled_calls_go_again_in_the_order_in_which_they_were_throttled(self, bench: Bench) -> None:
        for ticket in bench.exhaust():
            ticket.answered(bench.now, pause=0.0)
        throttled = [bench.reserve(push_back=0.0) for _ in range(3)]

        assert bench.waits(*throttled, bench.reserve()) == [1.0, 2.0, 3.0, 4.0]

    def test_another_rate_changes_nothing_about_a_pause(self, bench: Bench) -> None:
        first, second = bench.exhaust(UsagePlan(10.0, 2))
        first.answered(bench.now, pause=60.0)
        second.answered(bench.now, announced_rate=0.5)
        assert 60.0 <= bench.remaining(bench.reserve(UsagePlan(10.0, 2))) <= 62.0
        second.answered(bench.now, announced_rate=100.0)
        assert 60.0 <= bench.remaining(bench.reserve(UsagePlan(10.0, 2))) <= 60.02

    @pytest.mark.parametrize("absurd", [float("nan"), float("inf"), -1.0, 1e9, 1e-9])
    def test_absurd_answers_stop_nobody_for_long(self, bench: Bench, absurd: float) -> None:
        first, second = bench.exhaust()
        first.answered(bench.now, announced_rate=absurd)
        waiting = bench.reserve()
        assert bench.waits(waiting, bench.reserve()) == [1.0, 2.0]
        second.answered(bench.now, pause=absurd)
        bench.pass_time(900.0)

        assert bench.remaining(waiting) == 0.0

    def test_a_slow_answer_costs_no_more_than_its_token(self, bench: Bench) -> None:
        ticket = bench.reserve()
        bench.pass_time(4.0)
        ticket.answered(bench.now)

        assert bench.waits(bench.reserve(), bench.reserve()) == [0.0, 1.0]

    def test_an_announced_rate_replaces_the_published_one_and_wakes_who_waits(self, bench: Bench) -> None:
        woken: list[bool] = []
        first, _ = bench.exhaust()
        waiting = bench.reserve(wake=lambda: woken.append(True))
        first.answered(bench.now, announced_rate=4.0)

        assert woken
        assert bench.waits(waiting, bench.reserve()) == [0.25, 0.5]

    def test_who_waits_is_woken_when_a_call_before_it_gives_up(self, bench: Bench) -> None:
        woken: list[bool] = []
        bench.exhaust()
        first = bench.reserve()
        second = bench.reserve(wake=lambda: woken.append(True))
        first.cancel(bench.now)

        assert woken
        assert bench.waits(second) == [1.0]

    def test_an_explicit_plan_beats_the_published_one_for_everybody(self, bench: Bench) -> None:
        bench.reserve(UsagePlan(1, 3), explicit=True)

        assert bench.waits(*[bench.reserve(UsagePlan(10, 20)) for _ in range(3)]) == [0.0, 0.0, 1.0]

    @pytest.mark.parametrize("plans", [(UsagePlan(5, 4), UsagePlan(2, 8)), (UsagePlan(2, 8), UsagePlan(5, 4))])
    def test_of_two_explicit_plans_the_smaller_applies(self, bench: Bench, plans: tuple[UsagePlan, UsagePlan]) -> None:
        for plan in plans:
            bench.reserve(plan, explicit=True).cancel(bench.now)

        tickets = [bench.reserve(plans[0], explicit=True) for _ in range(5)]
        assert bench.waits(*tickets) == [0.0, 0.0, 0.0, 0.0, 0.5]

    @pytest.mark.parametrize(("announced", "wait"), [(10.0, 0.5), (1.0, 1.0)])
    def test_an_announced_rate_only_lowers_an_explicit_one(self, bench: Bench, announced: float, wait: float) -> None:
        bench.reserve(UsagePlan(2, 1), explicit=True).answered(bench.now, announced_rate=announced)

        assert bench.waits(bench.reserve(UsagePlan(2, 1), explicit=True)) == [wait]

    @pytest.mark.parametrize("field", BucketKey._fields)
    def test_another_endpoint_application_seller_or_operation_has_a_bucket_of_its_own(
        self, bench: Bench, field: str
    ) -> None:
        bench.exhaust()
        other = bench.key._replace(**{field: f"another-{bench.key.seller}"})

        assert bench.waits(bench.reserve(key=other), bench.reserve()) == [0.0, 1.0]

    def test_threads_that_come_at_once_get_no_more_than_the_burst(self, bench: Bench) -> None:
        with ThreadPoolExecutor(8) as pool:
            tickets = list(pool.map(lambda _: bench.reserve(UsagePlan(1.0, 5)), range(20)))

        assert sorted(map(bench.remaining, tickets)) == pytest.approx([0.0] * 5 + [*map(float, range(1, 16))], abs=1e-3)

    def test_slow_answers_do_not_make_the_pace_exceed_the_plan(self, bench: Bench) -> None:
        """What Amazon sees: each request arrives somewhere between its turn and its answer."""
        plan, arrivals = UsagePlan(1.0, 2), []
        for latency in [0.9, 0.9, 0.0, 0.5, 0.0, 0.0, 0.9, 0.0, 0.0, 0.0]:
            ticket = bench.reserve(plan)
            bench.pass_time(bench.remaining(ticket) + latency)
            arrivals.append(bench.now)
            ticket.answered(bench.now)

        for first, begin in enumerate(arrivals):
            for count, end in enumerate(arrivals[first:], start=1):
                assert count <= plan.burst + plan.rate * (end - begin) + 1e-3
