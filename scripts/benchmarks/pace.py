"""The pace with a server that enforces its plan, and the cost of a reservation."""

from __future__ import annotations

import asyncio
import time
import tracemalloc
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from benchmarks.clients import ORDER, OTHERS, Other, Peer, peer
from benchmarks.table import Figure, seen_as
from spapi_messaging import AsyncMessagingClient, InProcessLimiter, MessagingClient, UsagePlan
from spapi_messaging.limiters import BucketKey

MESSAGES, RATE, BURST = 30, 5, 5
NOTE = (
    "1 thread. python-amazon-sp-api does not wait, so calls beyond the burst fail; "
    "amzn-selling-partner hears of another rate with a 429 alone, so it keeps to the published one."
)
SELLERS, OPERATIONS = 1000, 5


def figures() -> list[Figure]:
    """The client starts with the published plan of 1 request per second. The server allows 5, and says so."""
    ways: dict[str, Callable[[Peer], float]] = {"1 thread": _one_thread, "8 threads": _threads, "8 tasks": _tasks}
    seen = []
    for name, way in ways.items():
        with peer("--strict", str(RATE), str(BURST)) as to:
            ratio = way(to) / ((MESSAGES - BURST) / RATE)
            seen.append(
                f"{name} {seen_as(ratio, '.3f', most=1.03)}, {seen_as(to.counters()['throttled'], most=0)} × 429"
            )
    theirs = _others()
    size, cost = asyncio.run(_reservations())
    return [
        Figure(
            f"{MESSAGES} messages under a strict {RATE}/s burst {BURST}, from the plan of 1/5: wall ÷ 5 s",
            "≤ 1.03, zero 429s",
            "; ".join(seen),
            theirs,
            NOTE,
            f"{MESSAGES} messages where Amazon allows {RATE} a second: time ÷ the least possible; answers 429; failed",
            f"{seen[0].removeprefix('1 thread ')}, 0 failed",  # a call that failed would have ended the benchmark
        ),
        Figure(
            f"{SELLERS:,} sellers × {OPERATIONS} operations: bytes per bucket; CPU per reservation",
            "≤ 1 KiB; ≤ 10 µs",
            f"{seen_as(size, '.0f', ' B', most=1024)}; {seen_as(cost, '.1f', ' µs', most=10)}",
        ),
    ]


def _others() -> dict[str, str]:
    """All at once, because they mostly sleep. Each has its own server."""
    with ThreadPoolExecutor(len(OTHERS)) as pool:
        return dict(zip((other.name for other in OTHERS), pool.map(_other, OTHERS), strict=True))


def _other(other: type[Other]) -> str:
    failed = 0
    with peer("--strict", str(RATE), str(BURST)) as to:
        client = other(to, paced=True)
        began = time.monotonic()
        for _ in range(MESSAGES):
            try:
                client.post()
            except Exception:
                failed += 1
        ratio = (time.monotonic() - began) / ((MESSAGES - BURST) / RATE)
        return f"{ratio:.3f}, {to.counters()['throttled']} × 429, {failed} failed"


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
    """Uses a limiter on an event loop, as the clients do."""
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
