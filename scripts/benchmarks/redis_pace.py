"""The pace of several processes that share a plan through Redis, and the cost of a reservation there."""

from __future__ import annotations

import multiprocessing
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing.synchronize import Barrier
from typing import NamedTuple

from benchmarks.clients import ORDER, Peer, peer
from benchmarks.table import Figure, seen_as
from spapi_messaging import MessagingClient, UsagePlan
from spapi_messaging.limiters import BucketKey, RedisLimiter
from tests.support.redis_server import Server, find_program

PROCESSES, CALLERS, EACH, RATE, BURST = 4, 8, 4, 5, 5
LEAST = (PROCESSES * CALLERS * EACH - BURST) / RATE
KEY, PLAN = (
    BucketKey("https://sellingpartnerapi-eu.amazon.com", "application", "seller", "operation"),
    UsagePlan(1.0, 5),
)
RESERVATIONS = 2000


class Span(NamedTuple):
    """When a process began and ended, by a clock that all processes of a machine share."""

    began: float
    ended: float


def figures() -> list[Figure]:
    """The clients start with the published plan of 1 request per second. The server allows 5, and says so."""
    name = (
        f"{PROCESSES} processes × {CALLERS} callers through Redis, {PROCESSES * CALLERS * EACH} messages under a "
        f"strict {RATE}/s burst {BURST}: wall ÷ {LEAST:.1f} s"
    )
    cost = "a reservation through Redis: round trips; CPU here, CPU of the server"
    program = find_program()
    if program is None:
        missing = "not measured: there is no redis-server"
        return [Figure(name, "≤ 1.05, zero 429s", missing), Figure(cost, "1", missing)]
    server = Server(program)
    try:
        _grow_known(server.url)
        return [Figure(name, "≤ 1.05, zero 429s", _shared(server.url)), Figure(cost, "1", _cost(server.url))]
    finally:
        server.remove()


def _grow_known(url: str) -> None:
    """A server that has just started has empty buckets. After this time they are full."""
    with RedisLimiter(url) as limiter:
        limiter.reserve(KEY, PLAN, time.monotonic()).cancel(time.monotonic())
    time.sleep(BURST / PLAN.rate + 1.0)


def _shared(url: str) -> str:
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(PROCESSES)
    with (
        peer("--strict", str(RATE), str(BURST)) as to,
        ProcessPoolExecutor(PROCESSES, context, initializer=_share, initargs=(barrier,)) as pool,
    ):
        spans = list(pool.map(_process, [to.url] * PROCESSES, [url] * PROCESSES))
        seconds = max(span.ended for span in spans) - min(span.began for span in spans)
        return f"{seen_as(seconds / LEAST, '.3f', most=1.05)}, {seen_as(to.counters()['throttled'], most=0)} × 429"


_barrier: Barrier


def _share(barrier: Barrier) -> None:
    global _barrier
    _barrier = barrier


def _process(peer_url: str, redis_url: str) -> Span:
    to = Peer(peer_url)
    with (
        RedisLimiter(redis_url) as limiter,
        MessagingClient(**to.arguments(limiter=limiter)) as client,
        ThreadPoolExecutor(CALLERS) as pool,
    ):
        _barrier.wait()
        began = time.monotonic()
        calls = range(CALLERS * EACH)
        list(pool.map(lambda _: client.create_confirm_order_details(ORDER, text="Hello"), calls))
        return Span(began, time.monotonic())


def _cost(url: str) -> str:
    import redis

    with RedisLimiter(url, prefix="cost") as limiter, redis.Redis.from_url(url) as connection:
        limiter.reserve(KEY, PLAN, 0.0)
        connection.config_resetstat()
        began = time.process_time()
        for seller in range(RESERVATIONS):
            limiter.reserve(KEY._replace(seller=f"seller {seller}"), PLAN, 0.0)
        spent = (time.process_time() - began) / RESERVATIONS * 1e6
        told = connection.info("commandstats")["cmdstat_evalsha"]
        trips = told["calls"] / RESERVATIONS
        return f"{seen_as(trips, '.3f', most=1)}; {spent:.0f} µs, {told['usec_per_call']:.0f} µs"
