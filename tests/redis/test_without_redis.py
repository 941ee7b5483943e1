"""A share of the plan in each process while Redis is gone, and the ways there and back."""

from __future__ import annotations

import logging
from contextlib import nullcontext

import httpx
import pytest

from spapi_messaging.errors import NetworkError
from spapi_messaging.limiters import UsagePlan
from tests.support.amazon import Amazon, Shop, both, sent
from tests.support.redis_bench import NewBench, RedisBench
from tests.support.redis_server import Server

PLAN = UsagePlan(2.0, 4)


@pytest.fixture
def shared(own_server: Server, new_bench: NewBench) -> RedisBench:
    """Keeps to half of each plan without Redis."""
    return new_bench(own_server, share_without_redis=0.5)


def test_each_process_keeps_to_its_share_and_begins_with_nothing(shared: RedisBench, own_server: Server) -> None:
    own_server.stop()

    assert shared.waits(*[shared.reserve(PLAN) for _ in range(3)]) == [1.0, 2.0, 3.0]


def test_the_burst_is_shared_too(shared: RedisBench, own_server: Server) -> None:
    own_server.stop()
    shared.reserve(PLAN).cancel(shared.now)
    shared.pass_time(3.0)

    assert shared.waits(*[shared.reserve(PLAN) for _ in range(4)]) == [0.0, 0.0, 1.0, 2.0]


def test_a_whole_share_is_the_plan_itself(own_server: Server, new_bench: NewBench) -> None:
    bench = new_bench(own_server, share_without_redis=1)
    own_server.stop()

    assert bench.waits(*[bench.reserve(PLAN) for _ in range(2)]) == [0.5, 1.0]


def test_an_announced_rate_is_shared(shared: RedisBench, own_server: Server) -> None:
    own_server.stop()
    shared.reserve(PLAN).answered(shared.now, announced_rate=8.0)

    assert shared.waits(shared.reserve(PLAN)) == [0.25]


def test_what_redis_promised_comes_first(shared: RedisBench, own_server: Server) -> None:
    shared.exhaust(PLAN)
    promised = [shared.reserve(PLAN) for _ in range(4)]
    own_server.stop()

    assert shared.waits(shared.reserve(PLAN), *promised) == [2.0, 0.5, 1.0, 1.5, 2.0]


def test_the_end_of_a_call_that_redis_never_hears_of_harms_nobody(shared: RedisBench, own_server: Server) -> None:
    first, second, *_ = shared.exhaust(PLAN)
    own_server.stop()
    shared.reserve(PLAN)

    first.answered(shared.now, pause=5.0)
    second.cancel(shared.now)

    assert shared.waits(shared.reserve(PLAN)) == [2.0]


def test_redis_is_looked_for_every_five_seconds_and_begins_with_nothing(
    shared: RedisBench, own_server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "spapi_messaging")
    own_server.stop()
    for _ in range(3):
        shared.reserve(PLAN).answered(shared.now)
        shared.pass_time(1.0)
    own_server.start()
    shared.reserve(PLAN).answered(shared.now)
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    shared.pass_time(2.0)
    tickets = [shared.reserve(PLAN) for _ in range(3)]

    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]
    assert "this process keeps to 0.5 of each usage plan" in caplog.messages[0]
    assert "Nothing was sent" not in caplog.messages[0]
    assert shared.waits(*tickets) == [0.5 + number for number in (0.5, 1.0, 1.5)]


@pytest.mark.parametrize(
    ("options", "follows"),
    [
        ({}, "only calls are sent whose turn had come before"),
        ({"share_without_redis": 0.5}, "this process keeps to 0.5"),
    ],
)
@both
def test_the_log_names_redis_once_and_says_what_follows(
    kind: str,
    options: dict[str, float],
    follows: str,
    own_server: Server,
    new_bench: NewBench,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Also if calls that had their turn end first, whose end Redis never hears of."""
    caplog.set_level(logging.INFO, "spapi_messaging")
    bench = new_bench(own_server, **options)

    def answer_when_redis_is_gone(_: httpx.Request) -> httpx.Response:
        own_server.stop()
        return sent()

    shop = Shop(kind, Amazon(answer_when_redis_is_gone, sent()), bench.clock, limiter=bench.limiter)

    def logged() -> list[str]:
        return [told for told in caplog.messages if "Redis" in told or "limiter" in told]

    shop.say()
    (told,) = logged()
    assert f"Redis at 127.0.0.1:{own_server.port}" in told
    assert follows in told
    assert "Nothing was sent" not in told

    for _ in range(2):
        with nullcontext() if options else pytest.raises(NetworkError):
            shop.say()
    assert logged() == [told]
    own_server.start()
    bench.pass_time(6.0)
    shop.say()
    assert "is back" in logged()[1]


@pytest.mark.parametrize(("answered", "wait"), [(0, 2.0), (2, 1.0), (3, 0.5)])
def test_calls_that_redis_did_not_see_count_when_it_is_back(
    own_server: Server, new_bench: NewBench, answered: int, wait: float
) -> None:
    """The server itself was well, and has a full bucket."""
    bench = new_bench(own_server, share_without_redis=0.5, timeout=0.2)
    own_server.pause()
    tickets = [bench.reserve(PLAN) for _ in range(3)]
    own_server.resume()
    bench.pass_time(6.0)
    for ticket in tickets[:answered]:
        ticket.answered(bench.now)

    assert bench.waits(*[bench.reserve(PLAN) for _ in range(2)]) == [wait, wait + 0.5]


@both
def test_a_client_goes_on_without_redis(kind: str, shared: RedisBench, own_server: Server) -> None:
    shop = Shop(kind, Amazon(), shared.clock, limiter=shared.limiter)
    shop.say()
    own_server.stop()
    shared.clock.waits.clear()
    for _ in range(4):
        shop.say()

    assert sum(shared.clock.waits) == pytest.approx(8.0)
