"""Many callers of one client at once: a call that has its turn goes out, and never waits for a connection."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Any

import httpx

from spapi_messaging import SendReceipt, UsagePlan
from spapi_messaging.limiters import InProcessLimiter
from tests.support.amazon import both
from tests.support.programs import LASTING, OTHER_SELLER, Call, Ended, Program, client_for
from tests.support.servers import PATIENCE, Answer, Request, Server, amazon

CALLERS = 200


def reads(program: Program, name: str, count: int) -> list[Call]:
    return [lambda order=f"{name}-{n}": program.client.get_attributes(order) for n in range(count)]  # type: ignore[misc]


def check_answers(ends: list[Ended], name: str) -> None:
    assert [getattr(end.result, "locale", end.result) for end in ends] == [f"{name}-{n}" for n in range(len(ends))]


@both
def test_200_callers_at_once_all_go_out(kind: str) -> None:
    def answer(request: Request) -> Answer:
        all_there.wait()
        return amazon(request)

    with Server(answer) as server, Program(kind, server.url) as program:
        all_there = server.barrier(CALLERS)  # nobody gets an answer before all of them are there
        ends = program.at_once(reads(program, "order", CALLERS))

    check_answers(ends, "order")
    assert server.connections == CALLERS


@both
def test_connections_of_many_callers_are_used_again(kind: str) -> None:
    def answer(request: Request) -> Answer:
        all_there.wait()
        return amazon(request)

    with Server(answer) as server, Program(kind, server.url, keepalive_expiry=LASTING) as program:
        all_there = server.barrier(30)
        for name in ("first", "second"):
            check_answers(program.at_once(reads(program, name, 30)), name)

    assert server.connections <= 33


class Air:
    """Answers when the expected number of requests is there, and remembers the largest number."""

    def __init__(self, server: Server, size: int) -> None:
        self.most = 0
        self._now = 0
        self._lock = threading.Lock()
        self._full = server.barrier(size)

    def answer(self, request: Request) -> Answer:
        with self._lock:
            self._now += 1
            self.most = max(self.most, self._now)
        self._full.wait()
        with self._lock:
            self._now -= 1
        return amazon(request)


@both
def test_no_more_calls_are_in_the_air_than_the_client_may_have_and_nobody_waits_in_the_pool(kind: str) -> None:
    timeout = httpx.Timeout(PATIENCE, pool=0.001)  # whoever waited for a connection would fail
    with Server() as server, Program(kind, server.url, max_connections=5, timeout=timeout) as program:
        air = Air(server, 5)
        server.answer = air.answer
        ends = program.at_once(reads(program, "order", 50))

    check_answers(ends, "order")
    assert air.most == 5
    assert server.connections <= 5


class Started:
    """A token provider that knows when the expected number of calls has begun."""

    def __init__(self, calls: int) -> None:
        self.all = threading.Event()
        self._lock = threading.Lock()
        self._left = calls

    def __call__(self) -> str:
        with self._lock:
            self._left -= 1
            if self._left == 0:
                self.all.set()
        return "a-token"


SLOW = {
    "usage_plans": {"*": UsagePlan(rate=0.2, burst=1)},
    "max_connections": 2,
}


def test_threads_that_wait_for_a_slow_plan_do_not_keep_another_seller_waiting() -> None:
    started = Started(30)
    with Server() as server:
        client = client_for("threads", server.url, limiter=InProcessLimiter(), token_provider=started, **SLOW)
        other = client.for_seller(credentials=OTHER_SELLER)
        ends: list[Any] = []

        def send(number: int) -> None:
            try:
                ends.append(client.send(f"slow-{number}", "confirmOrderDetails", text="Hello"))
            except Exception as error:
                ends.append(error)

        threads = [threading.Thread(target=send, args=(number,), daemon=True) for number in range(30)]
        for thread in threads:
            thread.start()
        assert started.all.wait(PATIENCE)
        receipts: list[SendReceipt] = []
        quick = threading.Thread(
            target=lambda: receipts.append(other.send("quick", "confirmOrderDetails", text="Hello")), daemon=True
        )
        quick.start()
        quick.join(PATIENCE / 2)
        client.close()  # ends the calls that wait
        for thread in (quick, *threads):
            thread.join(PATIENCE)
            assert not thread.is_alive(), "a call that waited did not end with its client"

    assert [receipt.amazon_order_id for receipt in receipts] == ["quick"]
    assert len([request for request in server.sends if request.order != "quick"]) <= 3


def test_tasks_that_wait_for_a_slow_plan_do_not_keep_another_seller_waiting() -> None:
    started = Started(30)

    async def main() -> SendReceipt:
        client = client_for("asyncio", server.url, limiter=InProcessLimiter(), token_provider=started, **SLOW)
        other = client.for_seller(credentials=OTHER_SELLER)
        calls = [client.send(f"slow-{number}", "confirmOrderDetails", text="Hello") for number in range(30)]
        tasks = [asyncio.create_task(call) for call in calls]
        assert await asyncio.to_thread(started.all.wait, PATIENCE)
        try:
            async with asyncio.timeout(PATIENCE / 2):
                receipt: SendReceipt = await other.send("quick", "confirmOrderDetails", text="Hello")
        finally:
            await client.aclose()  # ends the calls that wait
            async with asyncio.timeout(PATIENCE):
                ends = await asyncio.gather(*tasks, return_exceptions=True)
        assert len([end for end in ends if isinstance(end, SendReceipt)]) <= 3
        return receipt

    with Server() as server:
        assert asyncio.run(main()).amazon_order_id == "quick"


@both
def test_callers_that_queued_behind_a_slow_call_leave_at_the_pace_of_their_plan(kind: str) -> None:
    """Had they queued after their turns had come, they would all leave at once."""

    def answer(request: Request) -> Answer:
        arrived.append(time.perf_counter())
        if len(arrived) == 1:
            time.sleep(0.45)  # by then the turns of all four others would have come
        return amazon(request)

    arrived: list[float] = []
    plans = {"*": UsagePlan(rate=10, burst=1)}
    with (
        Server(answer) as server,
        Program(kind, server.url, max_connections=1, usage_plans=plans, limiter=InProcessLimiter()) as program,
    ):
        ends = program.at_once([program.saying(f"order-{n}") for n in range(5)])

    assert [getattr(end.result, "status_code", end.result) for end in ends] == [201] * 5
    assert arrived[4] - arrived[1] > 0.1  # 0.3 on a machine that has nothing else to do
