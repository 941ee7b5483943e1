"""Several limiters, as in several processes and on several machines, share the buckets of one server."""

from __future__ import annotations

import os
import threading

import pytest

from spapi_messaging.errors import UsagePlanTimeout
from spapi_messaging.limiters import BucketKey, RedisLimiter, UsagePlan
from tests.support.amazon import Amazon, Shop, both
from tests.support.limiter_contract import PLAN
from tests.support.redis_bench import NewBench, RedisBench
from tests.support.redis_server import Server

KEY = BucketKey("https://api.example", "amzn1.application", "a-seller", "sendInvoice")


def test_turns_are_given_in_the_order_of_all_processes(bench: RedisBench) -> None:
    other = bench.another()
    tickets = [limiter.reserve(bench.key, PLAN, bench.now) for limiter in (bench.limiter, other) * 3]

    assert bench.waits(*tickets) == [0.0, 0.0, 1.0, 2.0, 3.0, 4.0]


def test_a_refusal_counts_those_of_other_processes(bench: RedisBench) -> None:
    bench.exhaust()
    with pytest.raises(UsagePlanTimeout, match="which others share") as raised:
        bench.another().reserve(bench.key, PLAN, bench.now, within=0.5)
    assert raised.value.retry_after == pytest.approx(1.0)


def test_who_waits_hears_of_a_429_in_another_process(bench: RedisBench) -> None:
    throttled, _ = bench.exhaust()
    woken = threading.Event()
    waiting = bench.another().reserve(bench.key, PLAN, bench.now, wake=woken.set)
    throttled.answered(bench.now, pause=60.0)

    assert woken.wait(10)
    assert bench.waits(waiting) == [60.0]


def test_a_call_that_is_given_up_shortens_no_pause(bench: RedisBench) -> None:
    plan = UsagePlan(1.0, 3)
    first, second, third = bench.exhaust(plan)
    first.answered(bench.now, pause=30.0)
    second.answered(bench.now, pause=1.0)
    third.cancel(bench.now)

    assert bench.waits(bench.reserve(plan), bench.reserve(plan)) == [30.0, 31.0]


def test_who_fails_to_wake_keeps_no_others_from_hearing_of_a_429(bench: RedisBench) -> None:
    def fail() -> None:
        raise RuntimeError

    other = bench.another()
    first, second = bench.exhaust()
    failing = other.reserve(bench.key, PLAN, bench.now, wake=fail)
    first.answered(bench.now, pause=5.0)
    assert other.refresh()
    failing.cancel(bench.now)
    waiting = other.reserve(bench.key, PLAN, bench.now)
    second.answered(bench.now, pause=60.0)
    assert other.refresh()

    assert bench.waits(waiting) == [60.0]


def test_a_call_counts_that_left_before_it_could_hear_of_a_429_in_another_process(
    bench: RedisBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(RedisLimiter, "refresh", lambda self: False)
    throttled, _ = bench.exhaust()
    waiting = bench.another().reserve(bench.key, PLAN, bench.now)
    throttled.answered(bench.now, pause=60.0)
    bench.pass_time(1.0)
    assert bench.remaining(waiting) == 0.0
    waiting.answered(bench.now)

    assert bench.waits(bench.reserve()) == [60.0]  # 59 until the end of the pause, and the turn that was used


def test_who_waits_moves_forward_when_a_call_of_another_process_is_given_up(bench: RedisBench) -> None:
    bench.exhaust()
    first = bench.reserve()
    woken = threading.Event()
    second = bench.another().reserve(bench.key, PLAN, bench.now, wake=woken.set)
    first.cancel(bench.now)

    assert woken.wait(10)
    assert bench.waits(second) == [1.0]


def test_of_many_who_wait_the_first_hear_of_a_change_at_once_and_the_others_soon(
    bench: RedisBench, redis_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("spapi_messaging._redis.limiter.start_refreshing", lambda limiter: None)
    bench.exhaust()
    waiting = [bench.reserve() for _ in range(300)]
    with redis_server.connect() as connection:
        connection.config_resetstat()
        waiting.pop(0).cancel(bench.now)
        assert connection.info("commandstats")["cmdstat_zrank"]["calls"] <= 100
    assert bench.waits(*waiting[:3]) == [1.0, 2.0, 3.0]
    bench.limiter.refresh()

    assert bench.waits(*waiting) == [1.0 + number for number in range(299)]


def test_a_learned_rate_holds_for_all(bench: RedisBench) -> None:
    first, _ = bench.exhaust()
    first.answered(bench.now, announced_rate=4.0)

    other = bench.another()
    assert bench.waits(*[other.reserve(bench.key, PLAN, bench.now) for _ in range(2)]) == [0.25, 0.5]


def test_a_plan_that_nobody_sets_any_more_is_forgotten_after_a_quarter_of_an_hour(bench: RedisBench) -> None:
    small, large = UsagePlan(1.0, 2), UsagePlan(2.0, 4)
    bench.reserve(small, explicit=True).answered(bench.now)
    bench.pass_time(890.0)
    bench.reserve(large, explicit=True).answered(bench.now)
    assert bench.waits(*[bench.reserve(large, explicit=True) for _ in range(2)]) == [0.0, 1.0]

    bench.pass_time(20.0)
    bench.reserve(large, explicit=True).cancel(bench.now)
    bench.pass_time(200.0)
    assert bench.waits(*[bench.reserve(large, explicit=True) for _ in range(5)]) == [0.0, 0.0, 0.0, 0.0, 0.5]


def test_the_queue_of_a_dead_process_passes_by_like_used_turns(bench: RedisBench) -> None:
    dead = bench.another()
    lost = [dead.reserve(bench.key, PLAN, bench.now) for _ in range(5)]  # two of them in flight
    waiting = bench.reserve()
    assert bench.waits(waiting) == [4.0]
    del lost, dead

    bench.pass_time(4.0)
    assert bench.remaining(waiting) == 0.0
    waiting.answered(bench.now)
    bench.pass_time(200.0)
    assert bench.waits(*[bench.reserve() for _ in range(3)]) == [0.0, 0.0, 1.0]


def test_the_clock_of_a_machine_does_not_matter(redis_server: Server) -> None:
    early, late = (RedisLimiter(redis_server.url, prefix="clocks") for _ in range(2))
    plan = UsagePlan(1.0, 1)
    times = [10.0, 1e6 + 10.0, 10.0, 1e6 + 10.0]
    tickets = [
        limiter.reserve(KEY, plan, now)
        for limiter, now in zip((early, late, early, late), times, strict=True)
    ]  # fmt: skip

    waits = [ticket.remaining(now) for ticket, now in zip(tickets, times, strict=True)]
    assert [later - waits[0] for later in waits] == pytest.approx([0.0, 1.0, 2.0, 3.0], abs=0.3)


def test_a_clock_of_the_server_that_is_set_back_stops_nobody(bench: RedisBench) -> None:
    bench.exhaust()
    bench.pass_time(-3600.0)

    assert bench.waits(bench.reserve(), bench.reserve()) == [1.0, 2.0]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_process_shares_the_bucket_on_connections_of_its_own(bench: RedisBench) -> None:
    bench.reserve()
    waiting = [bench.reserve() for _ in range(2)]
    child = os.fork()
    if child == 0:
        try:
            mine = bench.reserve()
            os._exit(0 if round(bench.remaining(mine), 3) == 2.0 else 1)
        finally:
            os._exit(2)

    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert bench.waits(*waiting, bench.reserve()) == [0.0, 1.0, 3.0]


def test_a_plain_reservation_is_one_round_trip_and_so_is_its_end(new_bench: NewBench, own_server: Server) -> None:
    bench = new_bench(own_server)
    with own_server.connect() as connection, connection.monitor() as monitor:
        bench.reserve().answered(bench.now, announced_rate=2.0)
        bench.reserve()
        bench.reserve(within=60.0).cancel(bench.now)
        with own_server.connect() as other:
            other.echo("the end")
        seen = []
        while "the end" not in (command := monitor.next_command())["command"]:
            if command["client_type"] != "lua":
                seen.append(command["command"].split(" ")[0])

    assert seen[:5] == ["EVALSHA"] * 5


def test_keys_hold_no_names_share_a_hash_tag_and_expire(bench: RedisBench, redis_server: Server) -> None:
    bench.limiter.reserve(KEY, PLAN, bench.now).remaining(bench.now)
    with redis_server.connect() as connection:
        prefix = bench.options["prefix"]
        keys = list(connection.scan_iter(f"*{prefix}*"))
        lives = {key: connection.pttl(key) for key in keys}

    assert keys
    assert all(key.startswith(f"{{{prefix}}}:") for key in keys)
    assert not any(word in key for key in keys for word in KEY)
    assert {key for key, left in lives.items() if left < 0} == {f"{{{prefix}}}:known"}
    assert max(lives.values()) <= 3600_000


@both
def test_clients_of_two_limiters_keep_to_one_plan(kind: str, bench: RedisBench) -> None:
    """The asyncio client runs each call on an event loop of its own."""
    shops = [Shop(kind, Amazon(), bench.clock, limiter=limiter) for limiter in (bench.limiter, bench.another())]
    bench.clock.waits.clear()
    for shop in shops * 4:
        shop.say()

    assert bench.clock.waits == pytest.approx([1.0, 1.0, 1.0], abs=1e-3)
