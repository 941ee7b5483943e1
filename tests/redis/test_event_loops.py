"""A limiter on Redis and event loops: none is ever held up, and each has its own connections."""

from __future__ import annotations

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from spapi_messaging.errors import NetworkError
from spapi_messaging.limiters import BucketKey, RedisLimiter, UsagePlan
from tests.support.amazon import ORDER, TEXT, Amazon, virtual_client
from tests.support.clocks import CountingClock
from tests.support.redis_server import Server
from tests.support.servers import PATIENCE

KEY = BucketKey("https://api.example", "application", "seller", "sendInvoice")
PLAN = UsagePlan(1.0, 5)
LONGEST_PAUSE = 0.5


def test_a_loop_goes_on_while_the_server_hangs(own_server: Server) -> None:
    limiter = RedisLimiter(own_server.url, timeout=1.5)

    async def main() -> float:
        await limiter.reserve_async(KEY, PLAN, 0.0)
        own_server.pause()
        call = asyncio.create_task(limiter.reserve_async(KEY, PLAN, 0.0))
        longest, last = 0.0, time.monotonic()
        while not call.done():
            await asyncio.sleep(0.01)
            longest, last = max(longest, time.monotonic() - last), time.monotonic()
        with pytest.raises(NetworkError, match="TimeoutError"):
            await call
        return longest

    assert asyncio.run(main()) < LONGEST_PAUSE


def test_two_hundred_callers_on_one_loop_need_no_threads(redis_server: Server) -> None:
    """The calls pass the limiter as the clients pass it."""
    limiter = RedisLimiter(redis_server.url, prefix="many-callers", timeout=PATIENCE)
    threads: set[str] = set()

    async def main() -> None:
        client = virtual_client(Amazon(), limiter=limiter, clock=None, usage_plans={"*": UsagePlan(1000.0, 200)})
        calls = [client.create_confirm_order_details(ORDER, text=TEXT) for _ in range(200)]
        await asyncio.gather(*calls)
        threads.update(thread.name for thread in threading.enumerate())

    before = {thread.name for thread in threading.enumerate()}
    asyncio.run(main())
    assert threads - before <= {"spapi-messaging-redis"}


def test_loops_in_turn_and_side_by_side(redis_server: Server) -> None:
    limiter = RedisLimiter(redis_server.url, prefix="loops", timeout=PATIENCE)

    async def reserve(seller: str) -> int:
        tickets = [await limiter.reserve_async(KEY._replace(seller=seller), PLAN, 0.0) for _ in range(5)]
        for ticket in tickets:
            await ticket.answered_async(0.0)  # type: ignore[attr-defined]
        return len(tickets)

    assert [asyncio.run(reserve("in turn")) for _ in range(2)] == [5, 5]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda number: asyncio.run(reserve(f"{number}")), range(4))) == [5] * 4


def test_threads_and_a_loop_share_the_bucket(redis_server: Server) -> None:
    async def main() -> float:
        async with RedisLimiter(redis_server.url, prefix="both", timeout=PATIENCE) as limiter:
            limiter.reserve(KEY, PLAN, 0.0)
            first = await limiter.reserve_async(KEY, PLAN, 0.0)
            second = limiter.reserve(KEY, PLAN, 0.0)
            return second.remaining(0.0) - first.remaining(0.0)

    assert asyncio.run(main()) == pytest.approx(1.0, abs=0.3)


def test_cancelled_tasks_give_their_turns_back(redis_server: Server) -> None:
    limiter, clock = RedisLimiter(redis_server.url, prefix="cancelled", timeout=PATIENCE), CountingClock()
    key: list[BucketKey] = []

    async def main() -> None:
        client = virtual_client(Amazon(), limiter=limiter, clock=clock)
        key.append(client.bucket_key("confirmOrderDetails"))
        calls = [asyncio.create_task(client.create_confirm_order_details(ORDER, text=TEXT)) for _ in range(20)]
        while clock.waiting < 15:
            await asyncio.sleep(0.01)
        for call in calls:
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)

    asyncio.run(main())
    assert limiter.reserve(key[0], PLAN, clock.now()).remaining(clock.now()) <= 2.0


def test_who_is_cancelled_before_the_reply_comes_leaves_nothing_booked(own_server: Server) -> None:
    limiter = RedisLimiter(own_server.url)

    async def main() -> None:
        await limiter.reserve_async(KEY._replace(seller="another"), PLAN, 0.0)
        own_server.pause()
        calls = [asyncio.create_task(limiter.reserve_async(KEY, PLAN, 0.0)) for _ in range(12)]
        await asyncio.sleep(0.2)
        for call in calls:
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)
        own_server.resume()
        while await asyncio.to_thread(booked, own_server, limiter):
            await asyncio.sleep(0.01)

    asyncio.run(asyncio.wait_for(main(), 10))


def test_who_is_cancelled_while_the_server_is_told_of_the_end_leaves_nothing_booked(own_server: Server) -> None:
    limiter = RedisLimiter(own_server.url)

    async def main() -> None:
        tickets: list[Any] = [await limiter.reserve_async(KEY, PLAN, 0.0) for _ in range(12)]
        own_server.pause()
        ends = [asyncio.create_task(ticket.cancel_async(0.0)) for ticket in tickets]
        await asyncio.sleep(0.1)
        for end in ends:
            end.cancel()
        assert all(
            isinstance(each, asyncio.CancelledError) for each in await asyncio.gather(*ends, return_exceptions=True)
        )
        own_server.resume()
        while await asyncio.to_thread(booked, own_server, limiter):
            await asyncio.sleep(0.01)

    asyncio.run(asyncio.wait_for(main(), 10))


def booked(server: Server, limiter: RedisLimiter) -> int:
    _, queue, flight, _ = limiter._keys(KEY)
    with server.connect() as connection:
        return len(connection.keys(queue)) + len(connection.keys(flight))


def test_many_tasks_that_are_cancelled_at_once_leave_nobody_in_the_queue(redis_server: Server) -> None:
    """Their requests overtake each other on several connections, and each one asks for those who still wait."""
    limiter = RedisLimiter(redis_server.url, prefix="many cancelled", timeout=PATIENCE)

    async def main() -> None:
        tickets: list[Any] = [await limiter.reserve_async(KEY, PLAN, time.monotonic()) for _ in range(200)]
        await asyncio.gather(*(ticket.cancel_async(time.monotonic()) for ticket in tickets))

    asyncio.run(main())
    with redis_server.connect() as connection:
        assert connection.zrange(limiter._keys(KEY)[1], 0, -1) == []
