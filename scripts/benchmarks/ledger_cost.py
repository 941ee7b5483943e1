"""The ledger's part of a message: processor time of a sender, minus that of the client alone."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Awaitable
from statistics import median

from benchmarks.clients import Peer, peer
from benchmarks.ledgers import TEXT_TYPE, new_ledger, order, texts
from benchmarks.table import Figure, seen_as
from spapi_messaging import AsyncMessagingClient, UsagePlan
from spapi_messaging.bulk import AsyncSender, State
from spapi_messaging.limiters import Unlimited

MESSAGES, ROUNDS = 500, 5
# A sender has as many messages in work as its plan allows within a few seconds. These plans allow 8 and 2.
PLANS = {8: UsagePlan(1, 5), 2: UsagePlan(0.3, 1)}
NOTE = (
    "Messages that begin within the same few milliseconds share a commit. A seller with the published plan has up to 8 "
    "messages in work, and mostly begins one at a time."
)


def figures() -> list[Figure]:
    """In turns, on one connection pool, without pace. Medians of the differences."""
    with peer() as to:
        costs = {in_air: asyncio.run(_cost(to, in_air)) for in_air in PLANS}
    return [
        Figure(
            "the ledger's part of a message: CPU of `AsyncSender` from SQLite, minus the client alone, 8 messages in "
            "the air (2 in flight)",
            "≤ 0.8 ms",
            f"{seen_as(costs[8] * 1000, '.2f', ' ms', most=0.8)} ({seen_as(costs[2] * 1000, '.2f', ' ms', most=0.8)})",
            note=NOTE,
        )
    ]


async def _cost(to: Peer, in_air: int) -> float:
    arguments = to.arguments() | {"limiter": Unlimited(), "usage_plans": {"*": PLANS[in_air]}}
    async with AsyncMessagingClient(**arguments) as client:
        differences = []
        for _ in range(ROUNDS):
            alone = await _processor_seconds(_alone(client, in_air))
            with new_ledger() as ledger:
                ledger.add(texts(MESSAGES))
                differences.append(await _processor_seconds(_send(AsyncSender(ledger, client))) - alone)
    return median(differences[1:]) / MESSAGES  # the first round opens connections and loads modules


async def _alone(client: AsyncMessagingClient, in_air: int) -> None:
    numbers = iter(range(MESSAGES))

    async def worker() -> None:
        for number in numbers:
            await client.send(order(number), TEXT_TYPE, text="Hello", marketplace="DE")

    await asyncio.gather(*(worker() for _ in range(in_air)))


async def _send(sender: AsyncSender) -> None:
    states = [outcome.state async for outcome in sender.run()]
    assert states == [State.SENT] * MESSAGES


async def _processor_seconds(work: Awaitable[None]) -> float:
    """Of all threads: the ledger has one of its own."""
    gc.collect()
    began = time.process_time()
    await work
    return time.process_time() - began
