"""Memory of a sender over very many messages. It takes minutes, so it is measured only when it is named."""

from __future__ import annotations

import asyncio

from benchmarks.clients import AMPLE, Peer, peer
from benchmarks.ledgers import new_ledger, texts
from benchmarks.memory import resident
from benchmarks.table import Figure, seen_as
from spapi_messaging import AsyncMessagingClient
from spapi_messaging.bulk import AsyncSender, Ledger, State
from spapi_messaging.limiters import Unlimited

MESSAGES, SETTLED = 100_000, 20_000


def figures() -> list[Figure]:
    """From when everything is loaded and every cache is full."""
    with peer() as to, new_ledger() as ledger:
        ledger.add(texts(MESSAGES))
        growth = asyncio.run(_growth(to, ledger))
    return [
        Figure(
            f"{MESSAGES:,} messages through one `AsyncSender`: growth of memory over the last {MESSAGES - SETTLED:,}",
            "≤ 2 MiB",
            seen_as(growth / 2**20, ".2f", " MiB", most=2),
        )
    ]


async def _growth(to: Peer, ledger: Ledger) -> int:
    sent, before = 0, 0
    arguments = to.arguments() | {"limiter": Unlimited(), "usage_plans": {"*": AMPLE}}
    async with AsyncMessagingClient(**arguments) as client:
        async for outcome in AsyncSender(ledger, client).run():
            assert outcome.state is State.SENT
            sent += 1
            if sent == SETTLED:
                before = resident()
            elif sent == MESSAGES:
                return resident() - before
    raise AssertionError(f"only {sent} messages were sent")
