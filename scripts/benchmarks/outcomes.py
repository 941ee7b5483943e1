"""Counts of token requests, and of what happens to messages."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from math import inf
from threading import Barrier

from benchmarks.clients import ORDER, OTHERS, Other, Peer, peer
from benchmarks.table import Figure, seen_as
from spapi_messaging import DeliveryUnknownError, MessagingClient, SpApiMessagingError

CALLERS, SENDS = 8, 100
Post = Callable[[], object]
Make = Callable[[Peer], Post]  # makes a client and returns a function that sends a message


def figures() -> list[Figure]:
    """One row for each."""
    logging.disable(logging.CRITICAL)
    try:
        return [_cold_tokens(), _revoked(), _faults()]
    finally:
        logging.disable(logging.NOTSET)


def _cold_tokens() -> Figure:
    def tokens(client: Make) -> int:
        with peer() as to:
            _at_once([client(to) for _ in range(CALLERS)])
            return int(to.counters()["tokens"])

    return Figure(
        f"token requests, {CALLERS} callers on {CALLERS} clients, cold",
        "1",
        *_everyone(tokens, most=1),
        plain=f"access tokens that {CALLERS} new clients of one program ask for",
    )


def _revoked() -> Figure:
    def failures(client: Make) -> int:
        with peer() as to:
            post = client(to)
            post()
            to.revoke()
            return _failures(post, 5)

    return Figure(
        "after the server revokes the token: failed calls of the next 5",
        "0",
        *_everyone(failures, most=0),
        plain="calls that fail of the next 5, after an access token was revoked",
    )


def _everyone(measure: Callable[[Make], int], most: int) -> tuple[str, dict[str, str]]:
    """The results of our client, which has the goal, and of the others."""
    return seen_as(measure(_ours), most=most), {other.name: str(measure(partial(_theirs, other))) for other in OTHERS}


def _ours(to: Peer) -> Post:
    client = MessagingClient(**to.unpaced())
    return lambda: client.create_confirm_order_details(ORDER, text="Hello")


def _theirs(other: type[Other], to: Peer) -> Post:
    return other(to).post


def _faults() -> Figure:
    outcomes: Counter[str] = Counter()
    accepted = set()
    with peer("--faults") as to, MessagingClient(**to.unpaced()) as client:
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
    return Figure(
        "every 10th of 100 sends: reset after recording, 500 after recording, 503 with HTML",
        "0 sent twice, 0 silently lost; 10 raise DeliveryUnknownError, 90 succeed",
        f"{_wrongs(accepted, received, most=0)}; {seen_as(outcomes['unknown'], least=10, most=10)} raised "
        f"DeliveryUnknownError, {seen_as(outcomes['sent'], least=90)} succeeded, {outcomes['failed']} failed otherwise",
        {other.name: _their_faults(other) for other in OTHERS},
        plain="100 messages, of which 10 meet a broken connection, a 500 or a 503 with HTML",
        plain_seen=_wrongs(accepted, received),
    )


def _their_faults(other: type[Other]) -> str:
    """The others repeat some messages and hide some errors."""
    accepted = set()
    with peer("--faults") as to:
        client = other(to)
        for number in range(SENDS):
            try:
                client.post(f"message {number}")
            except Exception:
                continue
            accepted.add(f"message {number}")
        return _wrongs(accepted, Counter(to.counters()["received"]))


def _wrongs(accepted: set[str], received: Counter[str], most: float = inf) -> str:
    twice = sum(1 for count in received.values() if count > 1)
    lost = len(accepted - received.keys())
    return f"{seen_as(twice, most=most)} sent twice, {seen_as(lost, most=most)} silently lost"


def _at_once(calls: list[Post]) -> None:
    """Starts all callers at the same moment."""
    barrier = Barrier(len(calls))

    def run(call: Post) -> None:
        barrier.wait()
        call()

    with ThreadPoolExecutor(len(calls)) as pool:
        list(pool.map(run, calls))


def _failures(call: Post, times: int) -> int:
    failed = 0
    for _ in range(times):
        try:
            call()
        except Exception:
            failed += 1
    return failed
