"""Buckets that are handed over: with save and restore, several processes together keep to one plan."""

from __future__ import annotations

import json
import math
import os
import threading
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spapi_messaging import InProcessLimiter, UsagePlan
from spapi_messaging._call.saved_buckets import EMPTIED, EMPTY, MOST, SavedBucket, read, restore
from spapi_messaging._call.usage_plan import FASTEST_RATE, LONGEST_PAUSE
from spapi_messaging.limiters import BucketKey, Ticket
from tests.support.amazon import Amazon, Shop, both, sent, throttled
from tests.support.clocks import FakeClock
from tests.support.thorough import choose

KEY = BucketKey("https://api.example", "application", "seller", "sendInvoice")
UPLOAD = KEY._replace(operation="createUploadDestinationForResource")
OTHER_SELLER = KEY._replace(seller="another")
PLAN = UsagePlan(1.0, 5)


def take(limiter: InProcessLimiter, count: int, now: float = 0.0, key: BucketKey = KEY, **options: Any) -> list[float]:
    """Makes calls that are answered at once, as far as they have their turns, and returns how long each has to wait."""
    waits = []
    for ticket in [limiter.reserve(key, options.get("plan", PLAN), now, **_explicit(options)) for _ in range(count)]:
        waits.append(max(0.0, ticket.remaining(now)))
        if waits[-1] == 0.0:
            ticket.answered(now)
    return waits


def _explicit(options: dict[str, Any]) -> dict[str, Any]:
    return {"explicit": True} if options.get("explicit") else {}


def looked_at(limiter: InProcessLimiter, count: int, now: float = 0.0, key: BucketKey = KEY, **options: Any) -> Any:
    """How long that many calls would have to wait, which then give up."""
    plan = options.get("plan", PLAN)
    tickets = [limiter.reserve(key, plan, now, **_explicit(options)) for _ in range(count)]
    waits = [max(0.0, ticket.remaining(now)) for ticket in tickets]
    for ticket in reversed(tickets):
        ticket.cancel(now)
    return pytest.approx(waits, abs=1e-6)


def saved(limiter: InProcessLimiter, now: float = 0.0) -> Any:
    """What a database gives back."""
    return json.loads(json.dumps(limiter.save(KEY, now), allow_nan=False))


def restored(state: object, now: float = 0.0, **options: Any) -> InProcessLimiter:
    limiter = InProcessLimiter()
    limiter.restore(KEY, state, now, **options)
    return limiter


def test_the_next_process_goes_on_where_this_one_stopped() -> None:
    limiter = InProcessLimiter()
    take(limiter, 3, 100.0)

    assert looked_at(restored(saved(limiter, 100.0), 7.0), 4, 7.0) == [0.0, 0.0, 1.0, 2.0]


def test_the_longest_pause_is_handed_over() -> None:
    limiter = InProcessLimiter()
    limiter.reserve(KEY, PLAN, 0.0).answered(0.0, pause=900.0)

    assert looked_at(restored(saved(limiter)), 1) == [900.0]


spans = st.sampled_from([0.0, MOST]) | st.floats(0.0, MOST)
plans = st.builds(UsagePlan, st.floats(1e-6, MOST), st.integers(1, int(MOST)))


@given(
    st.builds(
        SavedBucket,
        missing=spans,
        debt=spans,
        pause=st.just(LONGEST_PAUSE) | st.floats(0.0, LONGEST_PAUSE),
        rate=st.none() | st.sampled_from([1 / LONGEST_PAUSE, FASTEST_RATE]),
        plan=st.none() | plans | st.just(UsagePlan(1.0, 1)),
        age=spans,
    )
)
def test_what_was_written_down_is_read_again(bucket: SavedBucket) -> None:
    assert read(json.loads(json.dumps(bucket.to_json(), allow_nan=False))) == bucket


def test_what_is_written_down_has_the_names_of_earlier_releases() -> None:
    full = SavedBucket(0.0)
    used = SavedBucket(2.0, 3.0, 4.0, 5.0, UsagePlan(6.0, 7), 8.0)

    assert full.to_json() == {"missing": 0.0}
    assert used.to_json() == {"missing": 2.0, "debt": 3.0, "pause": 4.0, "rate": 5.0, "plan": [6.0, 7], "age": 8.0}


@pytest.mark.parametrize(
    ("written", "wait"),
    [
        ({"missing": 5, "debt": 10}, 10.5),
        ({"missing": 5, "debt": 1e9}, LONGEST_PAUSE + 5 / 2 + 0.5),  # the pause, and the slowest of five answers
        ({"missing": 9, "debt": 0}, 0.5),
        ({"missing": 4, "debt": 1}, 1.0),
        ({"missing": 0, "pause": 7}, 7.0),
    ],
)
def test_a_debt_is_a_time_whatever_the_rate_is(written: dict[str, float], wait: float) -> None:
    limiter = restored({KEY.operation: written})

    assert looked_at(limiter, 1, plan=UsagePlan(2.0, 5)) == [wait]


def test_an_announced_rate_does_not_raise_the_plan_of_a_client() -> None:
    limiter = restored({KEY.operation: {"missing": 5, "rate": 10}})

    assert looked_at(limiter, 1, plan=UsagePlan(0.5, 5), explicit=True) == [2.0]


def test_a_bucket_that_goes_on_is_guarded_by_the_lock_of_its_limiter() -> None:
    lock = threading.Lock()

    assert restore(EMPTY, PLAN, False, 0.0, lock).lock is lock


def test_buckets_of_which_nobody_knows_anything_are_empty_now_however_old_the_rest_is() -> None:
    limiter = restored({EMPTIED: 100.0}, 50.0, elapsed=10.0, emptied=True)

    assert looked_at(limiter, 2, 50.0) == [1.0, 2.0]
    assert looked_at(restored({EMPTIED: 1.5}, 50.0, elapsed=1.0), 3, 50.0) == [0.0, 0.0, 0.5]


def test_the_buckets_fill_up_between_two_processes() -> None:
    limiter = InProcessLimiter()
    take(limiter, 5)

    state = saved(limiter)
    assert looked_at(restored(state, elapsed=2.5), 3) == [0.0, 0.0, 0.5]
    assert looked_at(restored(state, elapsed=1e6), 6) == [0.0] * 5 + [1.0]


def test_a_bucket_that_is_made_later_has_filled_up_since_it_was_restored() -> None:
    limiter = InProcessLimiter()
    take(limiter, 5)

    assert looked_at(restored(saved(limiter), 50.0), 4, 52.5) == [0.0, 0.0, 0.5, 1.5]


def test_any_bucket_of_the_seller_names_all_of_them_and_no_others() -> None:
    limiter = InProcessLimiter()
    take(limiter, 5)
    take(limiter, 4, key=UPLOAD)
    take(limiter, 3, key=OTHER_SELLER)
    state = limiter.save(UPLOAD._replace(operation="any"), 0.0)
    next_one = restored(state)

    assert sorted(state) == [UPLOAD.operation, KEY.operation]
    assert looked_at(next_one, 1) == [1.0]
    assert looked_at(next_one, 2, key=UPLOAD) == [0.0, 1.0]
    assert looked_at(next_one, 5, key=OTHER_SELLER) == [0.0] * 5


def test_calls_in_flight_count_as_used() -> None:
    limiter = InProcessLimiter()
    for _ in range(5):
        limiter.reserve(KEY, PLAN, 0.0)

    assert looked_at(restored(saved(limiter)), 2) == [1.0, 2.0]
    # Amazon may take their tokens as late as now, so nothing has come back since.
    assert looked_at(restored(saved(limiter, 100.0)), 2) == [1.0, 2.0]


def test_those_who_wait_do_not_count_as_used() -> None:
    limiter = InProcessLimiter()
    take(limiter, 9)

    assert looked_at(restored(saved(limiter)), 2) == [1.0, 2.0]


def test_saving_changes_nothing() -> None:
    limiter = InProcessLimiter()
    limiter.restore(KEY, {"*": {"missing": 2.0}}, 0.0)
    take(limiter, 3)
    first = saved(limiter, 1.0)

    assert saved(limiter, 1.0) == first
    assert looked_at(limiter, 4, 1.0) == [0.0, 0.0, 0.0, 1.0]


def test_the_rest_of_a_pause_is_kept() -> None:
    limiter = InProcessLimiter()
    limiter.reserve(KEY, PLAN, 0.0).answered(0.0, pause=60.0)
    state = saved(limiter, 10.0)

    assert looked_at(restored(state), 2) == [50.0, 51.0]
    assert looked_at(restored(state, elapsed=20.0), 2) == [30.0, 31.0]
    assert looked_at(restored(state, elapsed=50.0), 2) == [0.0, 1.0]


def test_the_rate_that_amazon_announced_is_kept() -> None:
    limiter = InProcessLimiter()
    limiter.reserve(KEY, PLAN, 0.0).answered(0.0, announced_rate=0.5)
    take(limiter, 4)
    state = saved(limiter)

    assert looked_at(restored(state), 2) == [2.0, 4.0]
    assert looked_at(restored(state, elapsed=1.0), 2) == [1.0, 3.0]
    assert restored(state).save(KEY, 0.0)[KEY.operation]["rate"] == 0.5


# Plans that users set


SLOW, FAST = UsagePlan(0.5, 2), UsagePlan(10.0, 50)


@pytest.mark.parametrize("plan", [SLOW, FAST])
def test_a_plan_that_a_user_had_set_never_raises_anything(plan: UsagePlan) -> None:
    limiter = InProcessLimiter()
    take(limiter, 1, plan=plan, explicit=True)
    state = saved(limiter)

    assert looked_at(restored(state), 6) == (
        [0.0, 2.0, 4.0, 6.0, 8.0, 10.0] if plan is SLOW else [0.0] * 4 + [1.0, 2.0]
    )


@pytest.mark.parametrize("used", [False, True])
def test_the_plan_of_a_client_takes_the_place_of_one_that_was_saved(used: bool) -> None:
    limiter = InProcessLimiter()
    take(limiter, 2, plan=SLOW, explicit=True)
    next_one = restored(saved(limiter))
    if used:
        assert looked_at(next_one, 1) == [2.0]
    waits = [ticket.remaining(0.0) for ticket in (next_one.reserve(KEY, FAST, 0.0, explicit=True) for _ in range(49))]

    assert waits == pytest.approx([0.0] * 48 + [0.1])
    assert saved(next_one)[KEY.operation]["plan"] == [10.0, 50.0]


def test_a_plan_that_no_client_sets_any_more_is_not_handed_on() -> None:
    limiter = InProcessLimiter()
    take(limiter, 2, plan=SLOW, explicit=True)
    second = restored(saved(limiter))
    assert looked_at(second, 1) == [2.0]
    in_use = InProcessLimiter()
    take(in_use, 1)
    in_use.restore(KEY, saved(limiter), 0.0)

    for heir in (second, in_use):
        assert "plan" not in saved(heir)[KEY.operation]


# What nobody knows


@pytest.mark.parametrize("arguments", [{"state": {"emptied": True}}, {"state": None, "emptied": True}])
def test_buckets_begin_empty_if_nobody_knows_how_they_were_used(arguments: Any) -> None:
    def limiter() -> InProcessLimiter:
        return restored(now=100.0, elapsed=1000.0, **arguments)

    assert looked_at(limiter(), 2, 100.0) == [1.0, 2.0]
    assert looked_at(limiter(), 2, 100.0, key=UPLOAD) == [1.0, 2.0]
    assert looked_at(limiter(), 3, 102.0) == [0.0, 0.0, 1.0]
    assert looked_at(limiter(), 2, 100.0, key=OTHER_SELLER) == [0.0, 0.0]


def test_buckets_that_were_saved_do_not_begin_empty() -> None:
    limiter = InProcessLimiter()
    take(limiter, 2)

    assert looked_at(restored(saved(limiter), emptied=True), 4) == [0.0, 0.0, 0.0, 1.0]


@pytest.mark.parametrize("state", [None, {}, {"emptied": False}])
def test_where_nothing_was_saved_buckets_are_full(state: Any) -> None:
    assert looked_at(restored(state), 6) == [0.0] * 5 + [1.0]


def test_what_was_restored_and_not_used_is_handed_on() -> None:
    limiter = InProcessLimiter()
    take(limiter, 5, key=UPLOAD)
    second = restored({**saved(limiter), "emptied": True}, 100.0)
    take(second, 1, 103.0)
    third = restored(saved(second, 104.0), 0.0, elapsed=0.5)

    assert looked_at(third, 5, key=UPLOAD) == [0.0] * 4 + [0.5]
    assert looked_at(third, 5, key=KEY._replace(operation="another")) == [0.0] * 4 + [0.5]
    assert looked_at(third, 4) == [0.0, 0.0, 0.0, 0.5]


# Buckets that are in use


def test_a_bucket_in_use_is_lowered_and_those_who_wait_are_told() -> None:
    limiter, woken = InProcessLimiter(), []
    take(limiter, 5)
    waiting = limiter.reserve(KEY, PLAN, 0.0, wake=lambda: woken.append(1))
    limiter.restore(KEY, {KEY.operation: {"missing": 5.0, "debt": 3.0}}, 0.0)

    assert woken
    assert waiting.remaining(0.0) == pytest.approx(4.0)


@pytest.mark.parametrize("in_use", [False, True])
def test_a_pause_stays_as_long_as_it_is_when_the_rate_changes(in_use: bool) -> None:
    limiter = InProcessLimiter()
    take(limiter, in_use)
    limiter.restore(KEY, {KEY.operation: {"missing": 1.0, "pause": 40.0}}, 10.0, elapsed=10.0)
    assert looked_at(limiter, 1, 10.0) == [30.0]
    limiter.reserve(KEY, PLAN, 10.0).answered(10.0, announced_rate=10.0)

    assert looked_at(limiter, 1, 10.0) == [30.0]


def test_a_slower_rate_holds_for_a_bucket_in_use() -> None:
    limiter = InProcessLimiter()
    take(limiter, 5)
    limiter.restore(KEY, {KEY.operation: {"missing": 5.0, "rate": 0.5}}, 0.0)

    assert looked_at(limiter, 2) == [2.0, 4.0]


def test_a_bucket_in_use_is_never_raised() -> None:
    limiter = InProcessLimiter()
    limiter.reserve(KEY, PLAN, 0.0).answered(0.0, announced_rate=0.5, pause=20.0)
    before = looked_at(limiter, 5)
    limiter.restore(KEY, {KEY.operation: {"missing": 0.0, "rate": 10.0, "plan": [100.0, 100]}}, 0.0)

    assert looked_at(limiter, 5) == before.expected


def test_a_bucket_in_use_is_emptied_if_nobody_knows_who_used_it_since() -> None:
    limiter = InProcessLimiter()
    take(limiter, 1)
    limiter.restore(KEY, {"emptied": True}, 100.0)

    assert looked_at(limiter, 2, 100.0) == [1.0, 2.0]


# Whatever stands in the database


FULL = {"missing": 0.0}
NONSENSE = [
    None, 1, "full", [], [0.0], {}, {"missing": None}, {"missing": True}, {"missing": "0"}, {"missing": -1.0},
    {"missing": math.nan}, {"missing": math.inf}, {"missing": 1e300}, {"missing": 10**400}, FULL | {"debt": -1.0},
    FULL | {"pause": 901.0}, FULL | {"age": math.nan}, FULL | {"rate": 0.0}, FULL | {"rate": 1e-9},
    FULL | {"rate": 1e9}, FULL | {"rate": "fast"}, FULL | {"plan": [1.0]}, FULL | {"plan": [0.0, 5]},
    FULL | {"plan": [1.0, 0]}, FULL | {"plan": [1.0, 1.5]}, FULL | {"plan": "1/5"}, FULL | {"plan": [math.nan, 5]},
]  # fmt: skip


@pytest.mark.parametrize("written", NONSENSE, ids=repr)
def test_a_bucket_that_was_not_written_by_save_begins_empty(written: Any) -> None:
    assert looked_at(restored({KEY.operation: written}), 2) == [1.0, 2.0]
    assert looked_at(restored({KEY.operation: written}, elapsed=99.0), 2) == [1.0, 2.0]
    assert looked_at(restored({KEY.operation: written}), 1, key=UPLOAD) == [0.0]


@pytest.mark.parametrize("state", [5, "state", [1], True, {"emptied": "yes"}, {"emptied": -1}, {"emptied": None}])
def test_a_seller_that_was_not_written_by_save_begins_empty(state: Any) -> None:
    assert looked_at(restored(state), 2) == [1.0, 2.0]


@pytest.mark.parametrize("elapsed", [-5.0, math.nan, math.inf, "1", None])
def test_an_absurd_time_fills_nothing_up(elapsed: Any) -> None:
    assert looked_at(restored({KEY.operation: {"missing": 5.0}}, elapsed=elapsed), 1) == [1.0]


def test_no_debt_lasts_for_ever() -> None:
    (wait,) = take(restored({KEY.operation: {"missing": 5.0, "debt": 1e9}}), 1)
    assert wait <= 910.0


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
fields = st.sampled_from(["missing", "debt", "pause", "rate", "plan", "age"])
plans = st.builds(UsagePlan, st.floats(0.1, 20), st.integers(1, 6))
entries = st.dictionaries(fields, st.floats(0, 10) | st.just([0.5, 2]) | json_values) | json_values
states = st.dictionaries(st.sampled_from([KEY.operation, "emptied"]), entries) | json_values


@settings(max_examples=choose(100, 500))
@given(state=states, plan=plans, elapsed=st.floats(), explicit=st.booleans())
def test_whatever_was_saved_a_bucket_has_no_more_than_a_fresh_one_and_fills_up(
    state: Any, plan: UsagePlan, elapsed: float, explicit: bool
) -> None:
    limiter = restored(state, elapsed=elapsed)
    waits = take(limiter, plan.burst + 1, plan=plan, explicit=explicit)

    assert waits.count(0.0) <= plan.burst
    assert math.isfinite(waits[-1])
    json.dumps(limiter.save(KEY, 0.0), allow_nan=False)


# Whoever calls, and whenever the seller is handed over


class Step(NamedTuple):
    """What happens next."""

    what: str
    seconds: float
    number: int


class Fleet:
    """Processes that serve one seller, one after the other, each with a clock of its own.

    Attributes:
        calls: when calls went out.
    """

    def __init__(self, plan: UsagePlan, explicit: bool) -> None:
        self.plan = plan
        self.explicit = explicit
        self.time = 0.0
        self.calls: list[float] = []
        self.process = 0
        self._limiters: dict[int, InProcessLimiter] = {0: InProcessLimiter()}
        self._waiting: list[Ticket] = []
        self._flying: list[Ticket] = []

    @property
    def limiter(self) -> InProcessLimiter:
        return self._limiters[self.process]

    @property
    def now(self) -> float:
        return self.time + 1000.0 * self.process

    def do(self, step: Step) -> None:
        getattr(self, step.what)(step)
        self._serve()

    def come(self, step: Step) -> None:
        for _ in range(step.number):
            ahead = 0.0 if step.seconds > 9.0 else None  # after a 429
            arguments = KEY, self.plan, self.now
            self._waiting.append(self.limiter.reserve(*arguments, explicit=self.explicit, push_back=ahead))

    def answer(self, step: Step) -> None:
        for _ in range(min(step.number, len(self._flying))):
            self._flying.pop(0).answered(self.now, pause=step.seconds if step.seconds > 5.0 else None)

    def leave(self, step: Step) -> None:
        for _ in range(min(step.number, len(self._waiting))):
            self._waiting.pop().cancel(self.now)

    def wait(self, step: Step) -> None:
        end = self.time + step.seconds
        while self._waiting and (turn := self.time + self._waiting[0].remaining(self.now)) <= end:
            self.time = max(self.time, turn)
            self._serve()
        self.time = end

    def hand_over(self, step: Step) -> None:
        """To a process that has had the seller before, or to a new one. What is in flight is answered or lost."""
        self.leave(step._replace(number=len(self._waiting)))
        if step.number % 2:
            self.answer(step._replace(number=len(self._flying), seconds=0.0))
        self._flying.clear()
        state = json.loads(json.dumps(self.limiter.save(KEY, self.now)))
        self.time += step.seconds
        self.process = step.number // 2 if step.number < 6 else len(self._limiters)
        self._limiters.setdefault(self.process, InProcessLimiter()).restore(KEY, state, self.now, elapsed=step.seconds)

    def _serve(self) -> None:
        for ticket in [ticket for ticket in self._waiting if ticket.remaining(self.now) <= 0.0]:
            self._waiting.remove(ticket)
            self._flying.append(ticket)
            self.calls.append(self.time)


def steps(*kinds: str) -> st.SearchStrategy[list[Step]]:
    lengths = st.one_of(st.just(0.0), st.floats(0, 10))
    return st.lists(st.builds(Step, st.sampled_from(kinds), lengths, st.integers(0, 6)), min_size=5, max_size=40)


@settings(max_examples=choose(100, 500))
@given(
    plan=plans,
    explicit=st.booleans(),
    schedule=steps("come", "come", "answer", "leave", "wait", "hand_over", "hand_over"),
)
def test_no_sequence_of_processes_exceeds_burst_and_rate_in_any_window(
    plan: UsagePlan, explicit: bool, schedule: list[Step]
) -> None:
    fleet = Fleet(plan, explicit)
    for step in schedule:
        fleet.do(step)

    assert_within(plan, fleet.calls)


@given(plan=plans, rounds=st.lists(st.tuples(st.integers(0, 6), st.floats(0, 2), st.floats(0, 2)), min_size=3))
def test_processes_that_hand_a_seller_back_and_forth_exceed_nothing_either(
    plan: UsagePlan, rounds: list[tuple[int, float, float]]
) -> None:
    fleet = Fleet(plan, False)
    for number, (count, lasts, gap) in enumerate(rounds, start=1):
        for step in (Step("come", 0.0, count), Step("wait", lasts, 0), Step("hand_over", gap, 2 * (number % 2))):
            fleet.do(step)

    assert_within(plan, fleet.calls)


def assert_within(plan: UsagePlan, calls: list[float]) -> None:
    for first, begin in enumerate(calls):
        for count, end in enumerate(calls[first:], start=1):
            assert count <= plan.burst + plan.rate * (end - begin) + 1e-6


@settings(max_examples=choose(80, 500))
@given(plan=plans, schedule=steps("come", "answer", "wait"))
def test_what_was_saved_waits_no_less_than_it_would_have_waited_here(plan: UsagePlan, schedule: list[Step]) -> None:
    fleet = Fleet(plan, False)
    for step in [*schedule, Step("leave", 0.0, 1000)]:
        fleet.do(step)
    next_one = restored(saved(fleet.limiter, fleet.now))
    here = looked_at(fleet.limiter, 8, fleet.now, plan=plan).expected
    there = looked_at(next_one, 8, plan=plan).expected

    assert all(later >= sooner - 1e-6 for later, sooner in zip(there, here, strict=True))


@settings(max_examples=choose(50, 500))
@given(plan=plans, count=st.integers(0, 6), passed=st.floats(0, 10), elapsed=st.floats(0, 10))
def test_without_calls_in_flight_it_waits_just_as_long(
    plan: UsagePlan, count: int, passed: float, elapsed: float
) -> None:
    limiter = InProcessLimiter()
    take(limiter, min(count, plan.burst), plan=plan)
    next_one = restored(saved(limiter, passed), elapsed=elapsed)

    assert looked_at(next_one, 8, plan=plan) == looked_at(limiter, 8, passed + elapsed, plan=plan).expected


# Through the clients


@both
def test_a_client_goes_on_where_another_one_stopped(kind: str) -> None:
    def shop(limiter: InProcessLimiter) -> Shop:
        return Shop(
            kind, Amazon(sent(), sent(), throttled(retry_after="9")), FakeClock(), limiter=limiter, max_wait=5.0
        )

    first, second = shop(InProcessLimiter()), shop(InProcessLimiter())
    first.say()
    first.say()
    with pytest.raises(Exception, match="429"):
        first.say()
    key, state = (
        first.client.bucket_key("invoice"),
        first.client.limiter.save(first.client.bucket_key("invoice"), first.clock.now()),
    )
    second.client.limiter.restore(key, json.loads(json.dumps(state)), second.clock.now(), elapsed=4.5)
    second.say()

    assert second.clock.waits == pytest.approx([4.5])


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_process_begins_with_buckets_of_its_own() -> None:
    limiter = restored({"emptied": True})
    child = os.fork()
    if child == 0:
        os._exit(0 if limiter.save(KEY, 0.0) == {} else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert "emptied" in limiter.save(KEY, 0.0)
