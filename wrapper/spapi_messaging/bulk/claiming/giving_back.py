"""Sellers are given back, or parked. Every function runs inside a write transaction of its caller."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Update, bindparam, literal_column, update
from sqlalchemy.sql.dml import ReturningUpdate

from spapi_messaging.bulk.claiming.claims import ClaimedSeller, Now, ours, still_ours
from spapi_messaging.bulk.storage.among import as_one_parameter, is_not_among
from spapi_messaging.bulk.storage.new_values import NewValues, as_parameters
from spapi_messaging.bulk.storage.schema import CLAIMED_OR_SENDING, messages, sellers

__all__ = ["give_back", "park", "release_others"]

# A literal, not a parameter: the index on messages that a sender holds is used only for queries with its own words.
_CLAIMED = messages.c.state == literal_column("'claimed'")


def give_back(
    connection: Connection,
    now: Now,
    me: str,
    seller: ClaimedSeller,
    buckets: Mapping[str, Any],
    not_before: int | Now = 0,
) -> None:
    """Ends the service of a seller. Nothing happens if it is another sender's by now.

    Args:
        connection: a write transaction.
        now: SQL for the clock, in milliseconds.
        me: the sender's id.
        seller: as it was claimed.
        buckets: the state of its usage plans' buckets, for the next owner.
        not_before: when it is served again at the earliest, in milliseconds of the database's clock.
    """
    values = {"buckets": dict(buckets), "last_served_at": now, "not_before": not_before}
    _release(connection, me, seller, values)


def park(connection: Connection, now: Now, me: str, seller: ClaimedSeller, error_type: str, reason: str) -> None:
    """Ends the service of a seller until a person resumes it. Nothing happens if it is another sender's by now."""
    _release(connection, me, seller, {"parked_at": now, "parked_error": error_type, "parked_reason": reason})


def _release(connection: Connection, me: str, seller: ClaimedSeller, values: Mapping[str, Any]) -> None:
    new = NewValues.of(values)
    statement = _ended_service(tuple(new.of_clock.items()), tuple(new.plain))
    if connection.execute(statement, ours(me, seller) | new.parameters).all():
        connection.execute(_put_back(), ours(me, seller))


# These are built once: sellers with few messages are given back by the hundred.
@lru_cache(16)
def _ended_service(of_clock: tuple[tuple[str, Now], ...], columns: tuple[str, ...]) -> ReturningUpdate[tuple[int]]:
    new = dict(of_clock) | as_parameters(sellers, columns)
    return update(sellers).where(still_ours()).values(owner=None, **new).returning(sellers.c.id)


@lru_cache(1)
def _put_back() -> Update:
    return (
        update(messages)
        .where(
            messages.c.sender == bindparam("me"),
            CLAIMED_OR_SENDING,
            _CLAIMED,
            messages.c.seller_id == bindparam("this_seller"),
            messages.c.epoch == bindparam("seller_epoch"),
        )
        .values(state="pending")
    )


def release_others(connection: Connection, me: str, serving: Collection[int]) -> None:
    """Gives up sellers that the sender has only in the ledger, and does not serve: it did not hear of the commit that
    gave it the seller, or could not give the seller back.

    Nobody knows how many requests were made, so the next owner begins with empty buckets.

    Args:
        connection: a write transaction.
        me: the sender's id.
        serving: ids of the sellers that the sender does serve.
    """
    who = {"me": me, "serving": as_one_parameter(connection, serving)}
    released = connection.scalars(
        update(sellers)
        .where(sellers.c.owner == bindparam("me"), is_not_among(connection, sellers.c.id, "serving"))
        .values(owner=None, epoch=sellers.c.epoch + 1, buckets={"emptied": True})
        .returning(sellers.c.id),
        who,
    ).all()
    if released:
        of_sellers = messages.c.seller_id.in_(bindparam("ids", expanding=True))
        connection.execute(
            update(messages)
            .where(messages.c.sender == bindparam("me"), CLAIMED_OR_SENDING, _CLAIMED, of_sellers)
            .values(state="pending"),
            {"me": me, "ids": released},
        )
