"""The pace under a strict server, and what reserving costs."""

from __future__ import annotations

import asyncio
import time
import tracemalloc
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from benchmarks.clients import ORDER, Peer, peer
from benchmarks.table import Figure
from spapi_messaging import AsyncMessagingClient, InProcessLimiter, MessagingClient, UsagePlan
from spapi_messaging.limiters import BucketKey

MESSAGES, RATE, BURST = 30, 5, 5
SELLERS, OPERATIONS = 1000, 5


def figures() -> list[Figure]:
    """Starts from the published plan of 1 a second; the server announces and enforces 5."""
    ways: dict[str, Callable[[Peer], float]] = {"1 thread": _one_thread, "8 threads": _threads, "8 tasks": _tasks}
    seen = []
    for name, way in ways.items():
        with peer("--strict", str(RATE), str(BURST)) as to:
            ratio = way(to) / ((MESSAGES - BURST) / RATE)
            seen.append(f"{name} {ratio:.3f}, {to.counters()['throttled']} × 429")
    size, cost = asyncio.run(_reservations())
    return [
        Figure(
            f"{MESSAGES} messages under a strict {RATE}/s burst {BURST}, from the plan of 1/5: wall ÷ 5 s",
            "≤ 1.03, zero 429s",
            "; ".join(seen),
        ),
        Figure(
            f"{SELLERS:,} sellers × {OPERATIONS} operations: bytes per bucket; CPU per reservation",
            "≤ 1 KiB; ≤ 10 µs",
            f"{size:.0f} B; {cost:.1f} µs",
        ),
    ]


def _one_thread(to: Peer) -> float:
    with MessagingClient(**to.arguments()) as client:
        began = time.monotonic()
        for _ in range(MESSAGES):
            client.create_confirm_order_details(ORDER, text="Hello")
        return time.monotonic() - began


def _threads(to: Peer) -> float:
    with MessagingClient(**to.arguments()) as client, ThreadPoolExecutor(8) as pool:
        began = time.monotonic()
        list(pool.map(lambda _: client.create_confirm_order_details(ORDER, text="Hello"), range(MESSAGES)))
        return time.monotonic() - began


def _tasks(to: Peer) -> float:
    async def main() -> float:
        async with AsyncMessagingClient(**to.arguments()) as client:
            began = time.monotonic()
            left = iter(range(MESSAGES))

            async def worker() -> None:
                for _ in left:
                    await client.create_confirm_order_details(ORDER, text="Hello")

            await asyncio.gather(*(worker() for _ in range(8)))
            return time.monotonic() - began

    return asyncio.run(main())


async def _reservations() -> tuple[float, float]:
    """On an event loop, where a limiter is used as the clients use it."""
    limiter, plan = InProcessLimiter(), UsagePlan(1.0, 5)
    keys = [
        BucketKey("https://sellingpartnerapi-eu.amazon.com", "application", f"seller {seller}", f"operation {number}")
        for seller in range(SELLERS)
        for number in range(OPERATIONS)
    ]
    tracemalloc.start()
    for key in keys:
        ticket = limiter.reserve(key, plan, 0.0)
        ticket.answered(0.1)
    del ticket
    size = tracemalloc.get_traced_memory()[0] / len(keys)
    tracemalloc.stop()
    began = time.process_time()
    for number in range(4):
        for key in keys:
            ticket = limiter.reserve(key, plan, 1.0 + number)
            ticket.answered(1.1 + number)
    return size, (time.process_time() - began) / (4 * len(keys)) * 1e6
