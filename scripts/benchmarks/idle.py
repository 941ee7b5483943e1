"""Sends on an idle connection, at the moment when the server closes it."""

from __future__ import annotations

import asyncio
import random
import ssl
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack

import httpx

from benchmarks.clients import CONFIRM, MESSAGE, ORDER, peer
from benchmarks.table import Figure, seen_as
from spapi_messaging import AsyncMessagingClient

SENDS, KEPT, SPREAD, SEED = 200, 5.0, 0.1, 6
APART = 0.03  # seconds between the sends, so that no send waits for another
Call = Callable[[], Awaitable[object]]


def figures() -> list[Figure]:
    """Our client and bare httpx at the same time. Each send has its own client, and so its own connection."""
    ours, bare = asyncio.run(_both())
    return [
        Figure(
            f"{SENDS} sends after a pause of about {KEPT:.0f} s, for which the server, 20 ms away, keeps connections: "
            "failed",
            "0",
            seen_as(ours, most=0),
            {"bare httpx": str(bare)},
        )
    ]


async def _both() -> tuple[int, int]:
    verify = ssl.create_default_context()
    with peer("--keep-alive", str(KEPT)) as to, peer("--keep-alive", str(KEPT)) as another:
        async with AsyncExitStack() as stack:
            ours, bare = [], []
            for _ in range(SENDS):
                client = await stack.enter_async_context(AsyncMessagingClient(**to.unpaced(verify=verify)))
                ours.append(_our_post(client))
                bare.append(
                    _bare_post(await stack.enter_async_context(httpx.AsyncClient(**another.bare(verify=verify))))
                )
            return await asyncio.gather(_failed(ours), _failed(bare))


def _our_post(client: AsyncMessagingClient) -> Call:
    return lambda: client.create_confirm_order_details(ORDER, text="Hello")


def _bare_post(client: httpx.AsyncClient) -> Call:
    return lambda: client.post(CONFIRM, **MESSAGE)


async def _failed(calls: list[Call]) -> int:
    chance = random.Random(SEED)

    async def one(call: Call, begin: float, pause: float) -> bool:
        await asyncio.sleep(begin)
        await call()
        await asyncio.sleep(pause)
        try:
            await call()
        except Exception:
            return True
        return False

    pauses = [KEPT + chance.uniform(-SPREAD, SPREAD) for _ in calls]
    return sum(await asyncio.gather(*(one(call, n * APART, pauses[n]) for n, call in enumerate(calls))))
