"""Many callers at once, with slow answers: no caller shall wait for a connection, or open more than it needs.

The shortest possible time is measured too: bare httpx with a client, and so a connection, for each caller.
(The delays of the server are only 0.6 s, but one Python process does not make a thousand calls per second.)
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, ExitStack
from math import inf
from statistics import median
from threading import Barrier
from typing import NamedTuple

import httpx

from benchmarks.clients import CONFIRM, MESSAGE, ORDER, Peer, peer
from benchmarks.table import Figure, seen_as
from spapi_messaging import AsyncMessagingClient, MessagingClient

CALLERS, EACH, DELAY, ROUNDS = 200, 3, 0.2, 3


class Seen(NamedTuple):
    """The result of one round."""

    wall: float
    failed: int
    connections: int = 0


def figures() -> list[Figure]:
    """Our client and bare httpx with their default limits, in turns. Each round has its own server and client."""
    threads = _compare([_ours, _bare, _least])
    tasks = _compare([_ours_async, _bare_async, _least_async])
    return [
        Figure(
            f"{CALLERS} callers at once on one client, {CALLERS * EACH} calls, answers after {DELAY * 1000:.0f} ms: "
            "wall ÷ a bare httpx client for each caller",
            f"≤ 1.15, ≤ {CALLERS} connections, 0 failed calls",
            f"threads {threads[0]}; tasks {tasks[0]}",
            {"bare httpx": f"threads {threads[1]}, tasks {tasks[1]}"},
        )
    ]


def _compare(ways: Sequence[Callable[[Peer], Seen]]) -> list[str]:
    """The results of all ways, divided by those of the last way."""
    rounds = [[_round(way) for way in ways] for _ in range(ROUNDS)]
    said = []
    for number in range(len(ways) - 1):
        wall = median(seen[number].wall / seen[-1].wall for seen in rounds)
        connections = max(seen[number].connections for seen in rounds)
        failed = sum(seen[number].failed for seen in rounds)
        most = (1.15, CALLERS, 0) if number == 0 else (inf, inf, inf)  # the goals are ours
        said.append(
            f"{seen_as(wall, '.2f', most=most[0])}, {seen_as(connections, most=most[1])} connections, "
            f"{seen_as(failed, most=most[2])} failed"
        )
    return said


def _round(way: Callable[[Peer], Seen]) -> Seen:
    with peer() as to:
        to.delay(DELAY)
        return way(to)._replace(connections=to.counters()["connections"])


def _ours(to: Peer) -> Seen:
    with MessagingClient(**to.unpaced()) as client:
        client.create_confirm_order_details(ORDER, text="Hello")  # asks for the token
        return _in_threads([lambda: client.create_confirm_order_details(ORDER, text="Hello")] * CALLERS)


def _bare(to: Peer) -> Seen:
    with httpx.Client(**to.bare()) as client:
        return _in_threads([lambda: client.post(CONFIRM, **MESSAGE)] * CALLERS)


def _least(to: Peer) -> Seen:
    verify = ssl.create_default_context()
    with ExitStack() as stack:
        clients = [stack.enter_context(httpx.Client(**to.bare(verify=verify))) for _ in range(CALLERS)]
        return _in_threads([lambda client=client: client.post(CONFIRM, **MESSAGE) for client in clients])  # type: ignore[misc]


def _in_threads(calls: Sequence[Callable[[], object]]) -> Seen:
    barrier = Barrier(len(calls) + 1)

    def caller(call: Callable[[], object]) -> int:
        failed = 0
        barrier.wait()
        for _ in range(EACH):
            try:
                call()
            except Exception:
                failed += 1
        return failed

    with ThreadPoolExecutor(len(calls)) as pool:
        results = pool.map(caller, calls)
        barrier.wait()
        began = time.perf_counter()
        failed = sum(results)
        return Seen(time.perf_counter() - began, failed)


def _ours_async(to: Peer) -> Seen:
    async def main() -> Seen:
        async with AsyncMessagingClient(**to.unpaced()) as client:
            await client.create_confirm_order_details(ORDER, text="Hello")
            return await _in_tasks([lambda: client.create_confirm_order_details(ORDER, text="Hello")] * CALLERS)

    return asyncio.run(main())


def _bare_async(to: Peer) -> Seen:
    async def main() -> Seen:
        async with httpx.AsyncClient(**to.bare()) as client:
            return await _in_tasks([lambda: client.post(CONFIRM, **MESSAGE)] * CALLERS)

    return asyncio.run(main())


def _least_async(to: Peer) -> Seen:
    async def main() -> Seen:
        verify = ssl.create_default_context()
        async with AsyncExitStack() as stack:
            clients = [httpx.AsyncClient(**to.bare(verify=verify)) for _ in range(CALLERS)]
            for client in clients:
                await stack.enter_async_context(client)
            return await _in_tasks([lambda client=client: client.post(CONFIRM, **MESSAGE) for client in clients])  # type: ignore[misc]

    return asyncio.run(main())


async def _in_tasks(calls: Sequence[Callable[[], Awaitable[object]]]) -> Seen:
    async def caller(call: Callable[[], Awaitable[object]]) -> int:
        failed = 0
        for _ in range(EACH):
            try:
                await call()
            except Exception:
                failed += 1
        return failed

    began = time.perf_counter()
    failed = sum(await asyncio.gather(*map(caller, calls)))
    return Seen(time.perf_counter() - began, failed)
