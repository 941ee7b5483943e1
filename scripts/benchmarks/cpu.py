"""Processor time of one call, over the same call in bare httpx; the server runs elsewhere and is not counted."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from statistics import median
from typing import Any

import httpx

from benchmarks.clients import ACTIONS, AMPLE, CONFIRM, ORDER, QUERY, Peer, peer, python_amazon_sp_api
from benchmarks.table import Figure
from spapi_messaging import AsyncMessagingClient, MessagingClient

ROUNDS, CALLS, WARM_UP = 120, 20, 5


def figures() -> list[Figure]:
    """Rounds of a few calls in turns, so that what else the machine does hits all alike; median of the ratios."""
    with peer() as to:
        sync, others = _sync(to)
        tasks = asyncio.run(_async(to))
    return [
        Figure("CPU per GET / POST ÷ bare httpx, ample plan", "≤ 1.10", sync, others),
        Figure("the same, async ÷ bare httpx async", "≤ 1.10", tasks),
    ]


def _sync(to: Peer) -> tuple[str, str]:
    arguments = to.arguments(usage_plans={"*": AMPLE})
    theirs = python_amazon_sp_api(to)
    with MessagingClient(**arguments) as ours, httpx.Client(base_url=to.url, headers=to.bare_headers()) as bare:
        calls: dict[str, Callable[[], object]] = {
            "bare get": lambda: bare.get(ACTIONS, params=QUERY).json(),
            "our get": lambda: ours.get_messaging_actions_for_order(ORDER),
            "bare post": lambda: bare.post(CONFIRM, params=QUERY, json={"text": "Hello"}).json(),
            "our post": lambda: ours.create_confirm_order_details(ORDER, text="Hello"),
        }
        if theirs is not None:
            calls["their get"] = lambda: theirs.get_messaging_actions_for_order(ORDER)
            calls["their post"] = lambda: theirs.create_confirm_order_details(ORDER, body={"text": "Hello"})
        rounds: dict[str, list[float]] = {name: [] for name in calls}
        for _ in range(ROUNDS):
            for name, call in calls.items():
                began = time.process_time()
                for _ in range(CALLS):
                    call()
                rounds[name].append(time.process_time() - began)
    others = f"python-amazon-sp-api {_ratios(rounds, 'their')}" if theirs is not None else "–"
    return _ratios(rounds, "our"), others


async def _async(to: Peer) -> str:
    ours = AsyncMessagingClient(**to.arguments(1, usage_plans={"*": AMPLE}))
    async with ours, httpx.AsyncClient(base_url=to.url, headers=to.bare_headers()) as bare:

        async def bare_get() -> Any:
            return (await bare.get(ACTIONS, params=QUERY)).json()

        async def bare_post() -> Any:
            return (await bare.post(CONFIRM, params=QUERY, json={"text": "Hello"})).json()

        calls: dict[str, Callable[[], Awaitable[object]]] = {
            "bare get": bare_get,
            "our get": lambda: ours.get_messaging_actions_for_order(ORDER),
            "bare post": bare_post,
            "our post": lambda: ours.create_confirm_order_details(ORDER, text="Hello"),
        }
        rounds: dict[str, list[float]] = {name: [] for name in calls}
        for _ in range(ROUNDS):
            for name, call in calls.items():
                began = time.process_time()
                for _ in range(CALLS):
                    await call()
                rounds[name].append(time.process_time() - began)
    return _ratios(rounds, "our")


def _ratios(rounds: dict[str, list[float]], who: str) -> str:
    """The first rounds warm up: connections, lazily loaded modules."""
    ratios = []
    for what in ("get", "post"):
        pairs = list(zip(rounds[f"{who} {what}"], rounds[f"bare {what}"], strict=True))
        ratios.append(median(seen / bare for seen, bare in pairs[WARM_UP:]))
    return " / ".join(f"{ratio:.2f}" for ratio in ratios)
