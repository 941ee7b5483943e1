"""Who serves which seller, and which messages. Every function runs inside a write transaction of its caller."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import lru_cache
from hashlib import sha256
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    bindparam,
    case,
    func,
    literal_column,
    select,
    update,
)
from sqlalchemy.sql.dml import ReturningUpdate

from spapi_messaging.bulk.storage.among import as_one_parameter, is_not_among
from spapi_messaging.bulk.storage.schema import messages, sellers

Now = ColumnElement[int]

# Literals, not parameters: an index on messages in one state is used only for queries with the index's own words.
_PENDING = messages.c.state == literal_column("'pending'")
_WAITING = messages.c.state == literal_column("'waiting'")
_IN_BATCH = messages.c.batch == bindparam("this_batch")

# The first number of PostgreSQL's advisory locks on names of sellers; the second is made of the name.
_NAMES = 1_936_744_812


class Candidate(NamedTuple):
    """A seller with messages whose time has come. Region and marketplace are those of its most urgent message."""

    id: int
    account: str
    region: str
    marketplace: str


class ClaimedSeller(NamedTuple):
    """A seller that a sender serves. Whoever has another epoch has lost it."""

    id: int
    account: str
    epoch: int
    buckets: dict[str, Any]


class ClaimedMessage(NamedTuple):
    """A message that a sender is about to send, by the names of the ledger's columns."""

    id: int
    epoch: int
    seller_id: int
    own_key: str | None
    region: str
    marketplace: str
    amazon_order_id: str | None
    message_type: str
    document: str | None
    text: str | None
    fields: dict[str, Any] | None
    attachments: list[dict[str, Any]] | None
    attempts: int
    due_at: int
    not_before: int
    waiting_since: int | None
    texts: dict[str, str] | None
    language: str | None

    def __repr__(self) -> str:  # a buyer's text must not stand in a log
        return f"ClaimedMessage(id={self.id}, epoch={self.epoch}, message_type={self.message_type!r})"


_MESSAGE_COLUMNS = [messages.c[name] for name in ClaimedMessage._fields]


def revive_waiting(connection: Connection, now: Now) -> None:
    """Makes waiting messages pending whose time has come."""
    due = (
        select(messages.c.id).where(_WAITING, messages.c.not_before <= now).with_for_update(skip_locked=True).cte("due")
    )
    connection.execute(update(messages).where(messages.c.id.in_(select(due.c.id))).values(state="pending"))


def candidates(
    connection: Connection, now: Now, limit: int, without: Collection[int], batch: str | None = None
) -> list[Candidate]:
    """The sellers that nobody serves and that have work now: the most urgent, then those that waited longest.

    Args:
        connection: a transaction.
        now: SQL for the clock, in milliseconds.
        limit: how many at most.
        without: ids of sellers that the caller cannot serve.
        batch: only messages that were added with it count; None: all.
    """
    ready = (_PENDING, messages.c.not_before <= now, *_of_batch(batch))
    # Per seller: senders look every second, and must not read all messages of the sellers that are being served.
    own = select(func.min(messages.c.due_at)).where(messages.c.seller_id == sellers.c.id, *ready)
    free = (
        select(sellers.c.id, sellers.c.account, sellers.c.last_served_at, own.scalar_subquery().label("due_at"))
        .where(
            sellers.c.owner.is_(None),
            sellers.c.parked_at.is_(None),
            sellers.c.not_before <= now,
            is_not_among(connection, sellers.c.id, "without"),
        )
        .cte("free")
        .prefix_with("MATERIALIZED")  # or the time of each seller is looked up twice
    )
    chosen = (
        select(free)
        .where(free.c.due_at.is_not(None))  # None: the seller has no message that can be sent now
        .order_by(free.c.due_at, free.c.last_served_at, free.c.id)
        .limit(bindparam("limit"))
        .subquery()
    )
    first = (
        select(messages.c.id)
        .where(messages.c.seller_id == chosen.c.id, *ready)
        .order_by(messages.c.due_at, messages.c.id)
        .limit(1)
        .correlate(chosen)
        .scalar_subquery()
    )
    rows = connection.execute(
        select(chosen.c.id, chosen.c.account, messages.c.region, messages.c.marketplace)
        .select_from(chosen.join(messages, messages.c.id == first))
        .order_by(chosen.c.due_at, chosen.c.last_served_at, chosen.c.id),
        {"limit": limit, "without": as_one_parameter(connection, without), "this_batch": batch},
    )
    return [Candidate(*row) for row in rows]


def claim_sellers(connection: Connection, now: Now, me: str, identities: Mapping[int, str]) -> list[ClaimedSeller]:
    """Takes over sellers that nobody serves.

    It skips a seller that was parked or claimed meanwhile. It also skips an account if another sender serves the same
    seller of Amazon under another account's name.

    Args:
        connection: a write transaction.
        now: SQL for the clock, in milliseconds.
        me: the sender's id.
        identities: by id, the stable name of the seller.
    """
    free = connection.execute(_free(), {"ids": list(identities)}).all()
    names = {identities[row.id] for row in free}
    names = _lock_names(connection, names)
    names -= _served_by_others(connection, me, names)
    taken = [row for row in free if identities[row.id] in names]
    if taken:
        rows = [{"this_seller": row.id, "me": me, "name": identities[row.id]} for row in taken]
        connection.execute(
            update(sellers)
            .where(sellers.c.id == bindparam("this_seller"))
            .values(owner=bindparam("me"), seller=bindparam("name"), epoch=sellers.c.epoch + 1, last_served_at=now),
            rows,
        )
    return [ClaimedSeller(row.id, row.account, row.epoch + 1, row.buckets or {}) for row in taken]


def _free() -> Select[*tuple[Any, ...]]:
    return (
        select(sellers.c.id, sellers.c.account, sellers.c.epoch, sellers.c.buckets)
        .where(
            sellers.c.id.in_(bindparam("ids", expanding=True)), sellers.c.owner.is_(None), sellers.c.parked_at.is_(None)
        )
        .order_by(sellers.c.id)
        .with_for_update(skip_locked=True)
    )


def _lock_names(connection: Connection, names: set[str]) -> set[str]:
    """The names that no other sender is claiming at this moment. Senders claim side by side only on PostgreSQL."""
    if connection.dialect.name != "postgresql" or not names:
        return names
    numbers = {name: int.from_bytes(sha256(name.encode()).digest()[:4], "big", signed=True) for name in names}
    number = func.unnest(bindparam("numbers")).column_valued("number")
    asked = connection.execute(
        select(number, func.pg_try_advisory_xact_lock(literal_column(str(_NAMES)), number)),
        {"numbers": sorted(set(numbers.values()))},
    )
    locked = {row[0] for row in asked if row[1]}
    return {name for name in names if numbers[name] in locked}


def _served_by_others(connection: Connection, me: str, names: set[str]) -> set[str]:
    owned = select(sellers.c.seller).where(
        sellers.c.seller.in_(bindparam("names", expanding=True)),
        sellers.c.owner.is_not(None),
        sellers.c.owner != bindparam("me"),
    )
    return {str(name) for name in connection.execute(owned, {"names": list(names), "me": me}).scalars()}


def waiting_work(
    connection: Connection, now: Now, seller_ids: Collection[int], batch: str | None = None
) -> dict[tuple[int, str, str], int]:
    """How many messages could be sent now, by seller, region and type. Of a batch, if one is given."""
    kinds = (messages.c.seller_id, messages.c.region, messages.c.message_type)
    rows = connection.execute(
        select(*kinds, func.count())
        .where(
            messages.c.seller_id.in_(bindparam("ids", expanding=True)),
            _PENDING,
            messages.c.not_before <= now,
            *_of_batch(batch),
        )
        .group_by(*kinds),
        {"ids": list(seller_ids), "this_batch": batch},
    )
    return {(row[0], row[1], row[2]): row[3] for row in rows}


def claim_messages(
    connection: Connection,
    now: Now,
    me: str,
    seller: ClaimedSeller,
    region: str,
    message_type: str,
    limit: int,
    batch: str | None = None,
) -> list[ClaimedMessage]:
    """Takes a seller's most urgent messages of a type. None if the seller is another sender's by now.

    A client is of one region, so messages of another one, added by mistake, wait for a client of their own.

    Args:
        connection: a write transaction.
        now: SQL for the clock, in milliseconds.
        me: the sender's id.
        seller: as it was claimed.
        region: the region.
        message_type: the type.
        limit: how many at most.
        batch: only messages that were added with it; None: all.
    """
    which = {"this_region": region, "type": message_type, "limit": limit, "this_batch": batch}
    rows = connection.execute(_claim(now, is_limited=batch is not None), {**ours(me, seller), **which})
    return sorted((ClaimedMessage(*row) for row in rows), key=lambda message: (message.due_at, message.id))


# Built once: a sender that begins claims for hundreds of sellers at the same moment.
@lru_cache(16)
def _claim(now: Now, *, is_limited: bool) -> ReturningUpdate[*tuple[Any, ...]]:
    owned = select(sellers.c.id).where(still_ours()).exists()
    # A CTE, because PostgreSQL may carry out a subquery with a LIMIT more than once.
    chosen = (
        select(messages.c.id)
        .where(
            messages.c.seller_id == bindparam("this_seller"),
            messages.c.message_type == bindparam("type"),
            messages.c.region == bindparam("this_region"),
            _PENDING,
            messages.c.not_before <= now,
            *([_IN_BATCH] if is_limited else []),
            owned,
        )
        .order_by(messages.c.due_at, messages.c.id)
        .limit(bindparam("limit"))
        .with_for_update(skip_locked=True, of=messages)
        .cte("chosen")
    )
    return (
        update(messages)
        .where(messages.c.id.in_(select(chosen.c.id)))
        .values(state="claimed", sender=bindparam("me"), epoch=bindparam("seller_epoch"))
        .returning(*_MESSAGE_COLUMNS)
    )


def still_ours() -> ColumnElement[bool]:
    """Whether a sender still serves the seller that it has claimed. Takes the parameters of ``ours``."""
    is_this = sellers.c.id == bindparam("this_seller")
    return is_this & (sellers.c.owner == bindparam("me")) & (sellers.c.epoch == bindparam("seller_epoch"))


def ours(me: str, seller: ClaimedSeller) -> dict[str, Any]:
    """The parameters of ``still_ours``."""
    return {"me": me, "this_seller": seller.id, "seller_epoch": seller.epoch}


def next_time(connection: Connection, now: Now, without: Collection[int], batch: str | None = None) -> int | None:
    """When something can be done next that cannot be done now: milliseconds of the database's clock; None: never.

    Args:
        connection: a transaction.
        now: SQL for the clock, in milliseconds.
        without: ids of sellers that the caller cannot serve.
        batch: only messages that were added with it count; None: all.
    """
    later = case((messages.c.not_before > sellers.c.not_before, messages.c.not_before), else_=sellers.c.not_before)
    unfinished = messages.c.state.in_([literal_column("'pending'"), literal_column("'waiting'")])
    found = (
        select(func.min(later))
        .select_from(messages.join(sellers, sellers.c.id == messages.c.seller_id))
        .where(unfinished, sellers.c.parked_at.is_(None), later > now)
        .where(is_not_among(connection, sellers.c.id, "without"), *_of_batch(batch))
    )
    given = {"without": as_one_parameter(connection, without), "this_batch": batch}
    time: int | None = connection.execute(found, given).scalar_one()
    return time


def _of_batch(batch: str | None) -> list[ColumnElement[bool]]:
    return [] if batch is None else [_IN_BATCH]
