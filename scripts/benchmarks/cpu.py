"""Processor time of one call, divided by that of bare httpx. The server has its own process and is not counted."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from math import inf
from statistics import median
from typing import Any

import httpx

from benchmarks.clients import ACTIONS, CONFIRM, MESSAGE, ORDER, OTHERS, QUERY, Peer, peer
from benchmarks.table import Figure, seen_as
from spapi_messaging import AsyncMessagingClient, MessagingClient

ROUNDS, CALLS, WARM_UP = 120, 20, 5
NOTE = "python-amazon-sp-api has no limiter, that of amzn-selling-partner is switched off."


def figures() -> list[Figure]:
    """Short rounds in turns, so that other work of the machine slows all clients equally. Median of the ratios."""
    with peer() as to:
        sync, tasks = _sync(to), asyncio.run(_async(to))
    return [
        Figure(
            "CPU per GET / POST ÷ bare httpx, ample plan",
            "≤ 0.75",
            sync.ratios("ours", 0.75),
            sync.others(),
            NOTE,
            "processor time of a read / of a send; bare httpx is 1",
        ),
        Figure(
            "the same, async ÷ bare httpx async",
            "≤ 0.90",
            tasks.ratios("ours", 0.90),
            tasks.others(),
            NOTE,
            "the same with asyncio",
        ),
    ]


def _sync(to: Peer) -> _Rounds:
    with MessagingClient(**to.unpaced()) as ours, httpx.Client(**to.bare()) as bare:
        calls: dict[str, Callable[[], object]] = {
            "bare get": lambda: bare.get(ACTIONS, params=QUERY).json(),
            "ours get": lambda: ours.get_messaging_actions_for_order(ORDER),
            "bare post": lambda: bare.post(CONFIRM, **MESSAGE).json(),
            "ours post": lambda: ours.create_confirm_order_details(ORDER, text="Hello"),
            **_theirs(to, tasks=False),
        }
        rounds = _Rounds(calls)
        for name in rounds.turns():
            with rounds.timed(name):
                for _ in range(CALLS):
                    calls[name]()
    return rounds


async def _async(to: Peer) -> _Rounds:
    ours = AsyncMessagingClient(**to.unpaced(1))
    async with ours, httpx.AsyncClient(**to.bare()) as bare:

        async def bare_get() -> Any:
            return (await bare.get(ACTIONS, params=QUERY)).json()

        async def bare_post() -> Any:
            return (await bare.post(CONFIRM, **MESSAGE)).json()

        calls: dict[str, Callable[[], Awaitable[object]]] = {
            "bare get": bare_get,
            "ours get": lambda: ours.get_messaging_actions_for_order(ORDER),
            "bare post": bare_post,
            "ours post": lambda: ours.create_confirm_order_details(ORDER, text="Hello"),
            **_theirs(to, tasks=True),
        }
        rounds = _Rounds(calls)
        for name in rounds.turns():
            with rounds.timed(name):
                for _ in range(CALLS):
                    await calls[name]()
    return rounds


def _theirs(to: Peer, *, tasks: bool) -> dict[str, Callable[[], Any]]:
    calls: dict[str, Callable[[], Any]] = {}
    for other in OTHERS:
        client = other(to, tasks=tasks)
        calls |= {f"{other.name} get": client.get, f"{other.name} post": client.post}
    return calls


class _Rounds:
    """The processor time of each call in each round."""

    def __init__(self, calls: Mapping[str, object]) -> None:
        self._seconds: dict[str, list[float]] = {name: [] for name in calls}

    def turns(self) -> Iterator[str]:
        for _ in range(ROUNDS):
            yield from self._seconds

    @contextmanager
    def timed(self, name: str) -> Iterator[None]:
        began = time.process_time()
        yield
        self._seconds[name].append(time.process_time() - began)

    def ratios(self, who: str, most: float = inf) -> str:
        """For GET and POST, without the first rounds, which open connections and load modules. ``most`` is the goal."""
        ratios = []
        for what in ("get", "post"):
            pairs = list(zip(self._seconds[f"{who} {what}"], self._seconds[f"bare {what}"], strict=True))
            ratios.append(median(seen / bare for seen, bare in pairs[WARM_UP:]))
        return " / ".join(seen_as(ratio, ".2f", most=most) for ratio in ratios)

    def others(self) -> dict[str, str]:
        return {other.name: self.ratios(other.name) for other in OTHERS}
