"""Tokens and outcomes: counts, not times."""

from __future__ import annotations

import logging
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from benchmarks.clients import AMPLE, ORDER, peer, python_amazon_sp_api
from benchmarks.table import Figure
from spapi_messaging import DeliveryUnknownError, MessagingClient, SpApiMessagingError

CALLERS, SENDS = 8, 100


def figures() -> list[Figure]:
    """One row each."""
    return [_cold_tokens(), _revoked(), _faults()]


def _cold_tokens() -> Figure:
    with peer() as to:
        clients = [MessagingClient(**to.arguments(usage_plans={"*": AMPLE})) for _ in range(CALLERS)]
        _at_once(lambda number: clients[number].create_confirm_order_details(ORDER, text="Hello"))
        ours = to.counters()["tokens"]
    with peer() as to:
        theirs = [python_amazon_sp_api(to) for _ in range(CALLERS)]
        _at_once(lambda number: theirs[number].create_confirm_order_details(ORDER, body={"text": "Hello"}))
        others = to.counters()["tokens"]
    return Figure("token requests, 8 callers on 8 clients, cold", "1", str(ours), f"python-amazon-sp-api {others}")


def _revoked() -> Figure:
    with peer() as to:
        ours = MessagingClient(**to.arguments(usage_plans={"*": AMPLE}))
        theirs = python_amazon_sp_api(to)
        ours.create_confirm_order_details(ORDER, text="Hello")
        theirs.create_confirm_order_details(ORDER, body={"text": "Hello"})
        to.revoke()
        failed = _failures(lambda: ours.create_confirm_order_details(ORDER, text="Hello"), 5)
        others = _failures(lambda: theirs.create_confirm_order_details(ORDER, body={"text": "Hello"}), 5)
    return Figure(
        "after the server revokes the token: failed calls of the next 5",
        "0",
        str(failed),
        f"python-amazon-sp-api {others}",
    )


def _faults() -> Figure:
    outcomes: Counter[str] = Counter()
    with peer("--faults") as to, MessagingClient(**to.arguments(usage_plans={"*": AMPLE})) as client:
        accepted = set()
        for number in range(SENDS):
            try:
                client.create_confirm_order_details(ORDER, text=f"message {number}")
                accepted.add(f"message {number}")
                outcomes["sent"] += 1
            except DeliveryUnknownError:
                outcomes["unknown"] += 1
            except SpApiMessagingError:
                outcomes["failed"] += 1
        received = Counter(to.counters()["received"])
    twice = sum(1 for count in received.values() if count > 1)
    lost = len(accepted - received.keys())
    return Figure(
        "every 10th of 100 sends: reset after recording, 500 after recording, 503 with HTML",
        "0 sent twice, 0 silently lost; 10 raise DeliveryUnknownError, 90 succeed",
        f"{twice} sent twice, {lost} silently lost; {outcomes['unknown']} raised DeliveryUnknownError, "
        f"{outcomes['sent']} succeeded, {outcomes['failed']} failed otherwise",
        _their_faults(),
    )


def _their_faults() -> str:
    """python-amazon-sp-api repeats and swallows where it sees fit."""
    with peer("--faults") as to:
        client = python_amazon_sp_api(to)
        accepted = set()
        for number in range(SENDS):
            try:
                answer = client.create_confirm_order_details(ORDER, body={"text": f"message {number}"})
            except Exception:
                continue
            if not answer.errors:
                accepted.add(f"message {number}")
        received = Counter(to.counters()["received"])
    twice = sum(1 for count in received.values() if count > 1)
    return f"python-amazon-sp-api: {twice} sent twice, {len(accepted - received.keys())} silently lost"


def _at_once(call: Any) -> None:
    """Lets all callers go at the same moment."""
    barrier = Barrier(CALLERS)

    def run(number: int) -> None:
        barrier.wait()
        call(number)

    with ThreadPoolExecutor(CALLERS) as pool:
        list(pool.map(run, range(CALLERS)))


def _failures(call: Any, times: int) -> int:
    logging.disable(logging.CRITICAL)
    failed = 0
    for _ in range(times):
        try:
            call()
        except Exception:
            failed += 1
    logging.disable(logging.NOTSET)
    return failed
