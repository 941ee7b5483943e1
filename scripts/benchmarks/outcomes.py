"""Counts of token requests, and of what happens to messages."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier

from benchmarks.clients import ORDER, OTHERS, Other, Peer, peer
from benchmarks.table import Figure
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
    def tokens(client: Make) -> str:
        with peer() as to:
            _at_once([client(to) for _ in range(CALLERS)])
            return str(to.counters()["tokens"])

    return Figure(
        f"token requests, {CALLERS} callers on {CALLERS} clients, cold",
        "1",
        *_everyone(tokens),
        plain=f"access tokens that {CALLERS} new clients of one program ask for",
    )


def _revoked() -> Figure:
    def failures(client: Make) -> str:
        with peer() as to:
            post = client(to)
            post()
            to.revoke()
            return str(_failures(post, 5))

    return Figure(
        "after the server revokes the token: failed calls of the next 5",
        "0",
        *_everyone(failures),
        plain="calls that fail of the next 5, after an access token was revoked",
    )


def _everyone(measure: Callable[[Make], str]) -> tuple[str, dict[str, str]]:
    """The results of our client, and of the others."""
    return measure(_ours), {other.name: measure(partial(_theirs, other)) for other in OTHERS}


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
        f"{_wrongs(accepted, received)}; {outcomes['unknown']} raised DeliveryUnknownError, "
        f"{outcomes['sent']} succeeded, {outcomes['failed']} failed otherwise",
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


def _wrongs(accepted: set[str], received: Counter[str]) -> str:
    twice = sum(1 for count in received.values() if count > 1)
    return f"{twice} sent twice, {len(accepted - received.keys())} silently lost"


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
