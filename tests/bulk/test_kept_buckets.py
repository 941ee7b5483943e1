"""What the ledger keeps of a seller's usage plans, and what the next owner of the seller makes of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from spapi_messaging import Clock, InProcessLimiter, MessagingClient, UsagePlan
from spapi_messaging.bulk.sending.accounts import key_of
from spapi_messaging.bulk.sending.buckets import restore_buckets, save_buckets
from spapi_messaging.limiters import Unlimited
from tests.support.amazon import CREDENTIALS, Amazon

NOW = 1_800_000_000_000
PLAN = UsagePlan(0.001, 5)


@pytest.fixture
def client() -> Iterator[MessagingClient]:
    yield from client_with(InProcessLimiter())


def client_with(limiter: Any) -> Iterator[MessagingClient]:
    with MessagingClient(credentials=CREDENTIALS, marketplace="DE", transport=Amazon(), limiter=limiter) as made:
        yield made


def missing(client: MessagingClient) -> float:
    """Tokens that are missing in the client's bucket, as the ledger keeps it."""
    limiter, now = client.limiter, Clock().now()
    assert isinstance(limiter, InProcessLimiter)
    limiter.reserve(key_of(client), PLAN, now, explicit=True).cancel(now)
    return float(limiter.save(key_of(client), now)[key_of(client).operation]["missing"])


def kept(client: MessagingClient, **more: Any) -> dict[str, Any]:
    return {key_of(client).operation: {"missing": 4.0}, **more}


@pytest.mark.parametrize(
    ("saved_at", "left"),
    [
        ({"saved_at": NOW - 2_000_000}, 2.0),  # 2000 seconds, at a thousandth of a call each
        ({"saved_at": NOW + 2_000_000}, 4.0),
        ({"saved_at": "yesterday"}, 4.0),
        ({}, 4.0),
    ],
)
def test_a_bucket_fills_up_for_as_long_as_it_is_certain(
    client: MessagingClient, saved_at: dict[str, Any], left: float
) -> None:
    restore_buckets(client, kept(client, **saved_at), NOW)

    assert missing(client) == pytest.approx(left, abs=5e-4)


def test_without_a_state_buckets_are_full(client: MessagingClient) -> None:
    restore_buckets(client, {}, NOW)

    assert missing(client) == 0.0


def test_what_is_kept_says_when_it_was_so(client: MessagingClient) -> None:
    assert save_buckets(client, NOW)["saved_at"] == NOW


def test_of_another_limiter_nothing_is_kept() -> None:
    for client in client_with(Unlimited()):
        assert save_buckets(client, NOW) == {}
        restore_buckets(client, kept(client), NOW)
