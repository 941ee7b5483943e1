"""One async client, and a new event loop for each call, as in programs that call ``asyncio.run`` in each job."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Awaitable, Callable

import httpx

from benchmarks.clients import CONFIRM, MESSAGE, ORDER, peer
from benchmarks.memory import open_sockets
from benchmarks.table import Figure, seen_as
from spapi_messaging import AsyncMessagingClient

LOOPS = 200


def figures() -> list[Figure]:
    """How many calls work, and how many sockets stay open. The client may keep one."""
    with peer() as to:
        ours = AsyncMessagingClient(**to.unpaced())
        worked, left = _in_loops(lambda: ours.create_confirm_order_details(ORDER, text="Hello"))
    with peer() as to:
        bare = httpx.AsyncClient(**to.bare())
        others = _in_loops(lambda: bare.post(CONFIRM, **MESSAGE))
    return [
        Figure(
            f"one async client, {LOOPS} calls, each in an `asyncio.run` of its own: calls that work, sockets left",
            f"{LOOPS}, ≤ 1",
            f"{seen_as(worked, least=LOOPS)}, {seen_as(left, most=1)}",
            {"bare httpx": f"{others[0]}, {others[1]}"},
        )
    ]


def _in_loops(call: Callable[[], Awaitable[object]]) -> tuple[int, int]:
    """How many calls worked, and how many sockets are left."""

    async def main() -> None:
        await call()

    before, worked = open_sockets(), 0
    for _ in range(LOOPS):
        try:
            asyncio.run(main())
            worked += 1
        except Exception:
            continue
    gc.collect()
    return worked, open_sockets() - before
