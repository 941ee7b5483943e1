"""The state of a seller's usage plans, which the ledger keeps between one owner of the seller and the next."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from spapi_messaging import Clock, InProcessLimiter
from spapi_messaging.bulk.sending.accounts import Client, key_of

__all__ = ["restore_buckets", "save_buckets"]

# When the state was saved, by the database's clock, beside what the limiter gives.
_SAVED_AT = "saved_at"


def save_buckets(client: Client, database_time: int) -> dict[str, Any]:
    """The state of the seller's buckets. Empty if the client's limiter keeps it elsewhere, or not at all.

    Args:
        client: the seller's client.
        database_time: the time in milliseconds.
    """
    limiter = client.limiter
    if not isinstance(limiter, InProcessLimiter):
        return {}
    return {**limiter.save(key_of(client), Clock().now()), _SAVED_AT: database_time}


def restore_buckets(client: Client, kept: Mapping[str, Any], database_time: int) -> None:
    """Goes on where the last owner stopped. After one that died, the buckets begin empty."""
    limiter = client.limiter
    if not isinstance(limiter, InProcessLimiter) or not kept:
        return
    state = dict(kept)
    saved_at = state.pop(_SAVED_AT, database_time)
    # Never negative: the database may be another one by now, with another clock.
    elapsed = max(0.0, (database_time - saved_at) / 1000) if isinstance(saved_at, int) else 0.0
    limiter.restore(key_of(client), state, Clock().now(), elapsed=elapsed)
