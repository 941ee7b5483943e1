"""Writes checked jobs into a ledger, in one transaction: all of them, or none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update
from sqlalchemy.dialects.postgresql import insert as insert_into_postgres

from spapi_messaging.bulk.adding.accounts import Accounts
from spapi_messaging.bulk.adding.checking import NewRow
from spapi_messaging.bulk.adding.comparing import STRICT, Added, Policy, compare, known_messages, other_content
from spapi_messaging.bulk.adding.problems import Problems
from spapi_messaging.bulk.adding.spool import Spool
from spapi_messaging.bulk.states import REFUSED, UNSENT, WITHDRAWN
from spapi_messaging.bulk.storage.among import among
from spapi_messaging.bulk.storage.schema import messages, sellers

__all__ = ["add_rows", "mark"]

# These take something over from a job that is added again. Others were sent, or are just being sent.
_REFRESHED = messages.c.state.in_([state.value for state in (*UNSENT, *REFUSED, *WITHDRAWN)])


def add_rows(
    connection: Connection,
    now: int,
    spool: Spool,
    problems: Problems,
    values: Mapping[str, Any] | None = None,
    policy: Policy = STRICT,
) -> Added:
    """Writes rows inside a write transaction, unless something is wrong with one of them.

    Args:
        connection: the connection.
        now: the database's time in milliseconds.
        spool: the rows.
        problems: takes what is wrong. If there is anything, nothing was written, and the caller raises.
        values: columns to set besides in those that are new.
        policy: what becomes of jobs that the ledger has with another content.
    """
    tally = compare(connection, spool, problems, policy)
    if problems:
        return Added()
    accounts = Accounts(connection)
    written: list[int] = []
    for new, _ in tally.divided(spool):
        ids = accounts.ids({row.account for row in new})
        missed = _insert(connection, [{**_columns(row, ids, now), **(values or {})} for row in new], written)
        _recheck(connection, [row for row in new if row.key_hash in missed], problems, policy)
        tally.missed(len(missed))
    if problems:
        _take_back(connection, written, accounts.made)
        return Added()
    for _, known in tally.divided(spool):
        _refresh(connection, known, accounts, policy)
    return tally.added()


def mark(connection: Connection, spool: Spool, batch: str) -> None:
    """Gives all messages of these rows the name of the batch, also those that are known."""
    for chunk in spool.chunks():
        same = among(connection, messages.c.key_hash, {row.key_hash for row in chunk})
        others = (same, messages.c.batch.is_distinct_from(batch))
        connection.execute(update(messages).where(*others).values(batch=batch))


def _columns(row: NewRow, ids: Mapping[str, int], now: int) -> dict[str, Any]:
    columns = row._asdict()
    del columns["place"]
    columns["seller_id"] = ids[columns.pop("account")]
    columns["added_at"] = now
    return columns


def _insert(connection: Connection, rows: list[dict[str, Any]], written: list[int]) -> set[str]:
    """Inserts new rows, and gives the keys of those that another program has added meanwhile."""
    if not rows:
        return set()
    if connection.dialect.name == "sqlite":  # nobody else writes during this transaction
        connection.execute(insert(messages), rows)
        return set()
    statement = insert_into_postgres(messages).on_conflict_do_nothing(index_elements=[messages.c.key_hash])
    made = connection.execute(statement.returning(messages.c.id, messages.c.key_hash), rows).all()
    written.extend(id for id, _ in made)
    return {row["key_hash"] for row in rows} - {key for _, key in made}


def _recheck(connection: Connection, rows: list[NewRow], problems: Problems, policy: Policy) -> None:
    there = known_messages(connection, {row.key_hash for row in rows}) if rows else {}
    for row in rows:
        found = there.get(row.key_hash)
        if found is not None and policy.refuses(found, row.digest):
            problems.add(row.place, other_content(row, found))


def _refresh(connection: Connection, rows: list[NewRow], accounts: Accounts, policy: Policy) -> None:
    """Gives known messages what a sender needs: the account and the paths as they are now, a text that was removed.

    Messages that were forgotten stay so: they have no order any more.
    """
    if not rows:
        return
    ids = accounts.ids({row.account for row in rows})
    by_key = {row.key_hash: row for row in rows}
    is_known = (among(connection, messages.c.key_hash, by_key), messages.c.amazon_order_id.is_not(None))
    query = select(messages).where(*is_known, _REFRESHED)
    if policy.replace_unsent:  # no sender may take one between our reading and our writing, and send what was replaced
        query = query.order_by(messages.c.id).with_for_update()
    for kept in connection.execute(query).all():
        now = _refreshed(kept, by_key[kept.key_hash], ids, policy)
        changed = {name: value for name, value in now.items() if getattr(kept, name) != value}
        if changed:
            same = (messages.c.id == kept.id, messages.c.state == kept.state)
            connection.execute(update(messages).where(*same).values(changed))


def _refreshed(kept: Row[Any], row: NewRow, ids: Mapping[str, int], policy: Policy) -> dict[str, Any]:
    """What a known message takes over from a job that is added again."""
    if policy.replaces(kept.state):  # it was not sent, and is not to be sent as it was
        columns = row._asdict()
        del columns["place"]
        is_same_buyer = (kept.amazon_order_id, kept.region) == (row.amazon_order_id, row.region)
        language = kept.language if is_same_buyer else None  # with a key of the caller's own, it may be another order
        return columns | {"seller_id": ids[columns.pop("account")], "language": language}
    if kept.digest != row.digest:
        return {}
    if kept.state in UNSENT:  # it moves to the account under which it is added again
        account = {"seller_id": ids[row.account], "marketplace": row.marketplace}
        return {"attachments": row.attachments, **account}
    return {"attachments": row.attachments, "text": row.text, "texts": row.texts}


def _take_back(connection: Connection, written: list[int], accounts: list[int]) -> None:
    """Deletes what was inserted, where the transaction is the caller's and goes on."""
    for ids in _portions(written):
        connection.execute(delete(messages).where(among(connection, messages.c.id, ids)))
    for ids in _portions(accounts):
        connection.execute(delete(sellers).where(among(connection, sellers.c.id, ids)))


def _portions(ids: list[int]) -> Iterator[list[int]]:
    for start in range(0, len(ids), 500):
        yield ids[start : start + 500]
