"""How close a sender comes to the least time that a usage plan allows, with a server that enforces the plan."""

from __future__ import annotations

import asyncio
import time
from math import inf
from typing import NamedTuple

from benchmarks.clients import Peer, peer
from benchmarks.ledgers import new_ledger, texts
from benchmarks.table import Figure, seen_as
from spapi_messaging import Credentials
from spapi_messaging.bulk import AsyncSender, Ledger, State


class Case(NamedTuple):
    """How many sellers there are, how many messages each has, and what the server allows each of them."""

    sellers: int
    each: int
    rate: int
    burst: int

    @property
    def least(self) -> float:
        return (self.each - self.burst) / self.rate


ONE, MANY = Case(1, 60, rate=5, burst=5), Case(200, 20, rate=1, burst=5)


def figures() -> list[Figure]:
    """From the start of the run to its end. The clients begin with the published plan of 1 request per second."""
    return [
        Figure(
            f"a sender, 1 seller, {ONE.each} messages at {ONE.rate}/s burst {ONE.burst}: wall ÷ {ONE.least:.0f} s",
            "≤ 1.02, zero 429s",
            _measured(ONE, most=1.02, throttled=0),
        ),
        Figure(
            f"the same, {MANY.sellers} sellers × {MANY.each} messages at {MANY.rate}/s burst {MANY.burst}: "
            f"wall ÷ {MANY.least:.0f} s",
            "≤ 1.05",
            _measured(MANY, most=1.05),
        ),
    ]


def _measured(case: Case, most: float, throttled: float = inf) -> str:
    with peer("--strict", str(case.rate), str(case.burst)) as to, new_ledger() as ledger:
        for seller in range(case.sellers):
            ledger.add(texts(case.each, f"seller {seller}", first=seller * case.each))
        seconds = asyncio.run(_run(to, ledger, case))
        refused = seen_as(to.counters()["throttled"], most=throttled)
        return f"{seen_as(seconds / case.least, '.3f', most=most)}, {refused} × 429"


async def _run(to: Peer, ledger: Ledger, case: Case) -> float:
    options = to.arguments()
    del options["credentials"], options["marketplace"]
    accounts = {f"seller {number}": _credentials(to, number) for number in range(case.sellers)}
    began = time.monotonic()
    states = [outcome.state async for outcome in AsyncSender(ledger, accounts, **options).run()]
    seconds = time.monotonic() - began
    assert states == [State.SENT] * (case.sellers * case.each)
    return seconds


def _credentials(to: Peer, seller: int) -> Credentials:
    credentials: Credentials = to.arguments(seller)["credentials"]
    return credentials
