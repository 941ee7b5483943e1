"""How long a call goes on after its deadline, when the server is slow but never silent."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from pathlib import Path

from benchmarks.attachments import large_file
from benchmarks.clients import ORDER, Peer, peer
from benchmarks.table import Figure, seen_as
from spapi_messaging import AsyncMessagingClient, MessagingClient, SpApiMessagingError

DEADLINE = 1.0
SLOW = {"upload": "a slow upload", "headers": "headers that trickle", "token": "a token that trickles"}


def figures() -> list[Figure]:
    """Every case once, because a call that is late is late by seconds."""
    sync, tasks = [], []
    with large_file() as path:
        for slow in SLOW:
            with peer(slow, script="slow_server.py") as to:
                sync.append(seen_as(_sync(to, slow, path), ".1f", most=0.5))
                tasks.append(seen_as(asyncio.run(_async(to, slow, path)), ".1f", most=0.5))
    return [
        Figure(
            f"`deadline={DEADLINE:.0f}`: seconds beyond it; {', '.join(SLOW.values())}",
            "≤ 0.5",
            f"sync {', '.join(sync)}; async {', '.join(tasks)}",
            note="Nobody else has a deadline for a whole call.",
        )
    ]


def _sync(to: Peer, slow: str, path: Path) -> float:
    with MessagingClient(**to.unpaced(deadline=DEADLINE)) as client:
        began = time.monotonic()
        with suppress(SpApiMessagingError):
            if slow == "upload":
                client.upload(ORDER, "invoice", path)
            else:
                client.create_confirm_order_details(ORDER, text="Hello")
        return time.monotonic() - began - DEADLINE


async def _async(to: Peer, slow: str, path: Path) -> float:
    """Uses another seller: the token of the first may have arrived after all."""
    async with AsyncMessagingClient(**to.unpaced(1, deadline=DEADLINE)) as client:
        began = time.monotonic()
        with suppress(SpApiMessagingError):
            if slow == "upload":
                await client.upload(ORDER, "invoice", path)
            else:
                await client.create_confirm_order_details(ORDER, text="Hello")
        return time.monotonic() - began - DEADLINE
