"""Calls that are cancelled at random moments, for example by a time-out: which connections still work afterwards."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable

import httpx

from benchmarks.clients import CONFIRM, MESSAGE, ORDER, Peer, peer
from benchmarks.table import Figure, seen_as
from spapi_messaging import AsyncMessagingClient

CANCELLED, CONNECTIONS, STEPS, SEED = 3000, 10, 60, 9
HELD = 1.0  # seconds for each call afterwards, so that no call can use the connection of another
LIMITS = httpx.Limits(max_connections=CONNECTIONS)
Call = Callable[[], Awaitable[object]]


def figures() -> list[Figure]:
    """Our client and bare httpx, each with its own server."""
    return [
        Figure(
            f"{CANCELLED:,} async calls cancelled at random moments: calls that still work of {CONNECTIONS} at once, "
            f"max_connections={CONNECTIONS}",
            str(CONNECTIONS),
            seen_as(asyncio.run(_ours()), least=CONNECTIONS),
            {"bare httpx": str(asyncio.run(_bare()))},
        )
    ]


async def _ours() -> int:
    with peer() as to:
        async with AsyncMessagingClient(**to.unpaced(max_connections=CONNECTIONS)) as client:
            return await _working(to, lambda: client.create_confirm_order_details(ORDER, text="Hello"))


async def _bare() -> int:
    with peer() as to:
        async with httpx.AsyncClient(**to.bare(limits=LIMITS)) as client:
            return await _working(to, lambda: client.post(CONFIRM, **MESSAGE))


async def _working(to: Peer, call: Call) -> int:
    await call()
    await _cancel_many(call)
    to.delay(HELD)
    return sum(await asyncio.gather(*(_works(call) for _ in range(CONNECTIONS))))


async def _cancel_many(call: Call) -> None:
    """Cancels call after call, after a random number of steps of the event loop. A call takes about forty."""
    chance = random.Random(SEED)
    for _ in range(CANCELLED):
        task = asyncio.ensure_future(call())
        for _ in range(chance.randrange(STEPS)):
            await asyncio.sleep(0)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError, Exception):
            await task


async def _works(call: Call) -> bool:
    try:
        async with asyncio.timeout(1.9 * HELD):
            await call()
    except Exception:
        return False
    return True
