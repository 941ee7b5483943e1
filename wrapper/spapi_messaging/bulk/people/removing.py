"""Removes personal data, and old messages. The keys stay, so that what was sent stays sent."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, case, delete, insert, null, select, update

from spapi_messaging.bulk.people.resolving import renew_witness
from spapi_messaging.bulk.people.withdrawing import Word, line_of
from spapi_messaging.bulk.states import HELD, UNSENT, WITHDRAWN, State
from spapi_messaging.bulk.storage.among import among
from spapi_messaging.bulk.storage.database import Database
from spapi_messaging.bulk.storage.schema import kept_keys, messages
from spapi_messaging.bulk.storage.selection import rows_of
from spapi_messaging.errors import ConfigurationError, LedgerError

__all__ = ["archivable_rows", "archive", "forget", "witness_archived"]

# Nobody has to do anything about these. What was refused or given up waits for a person's word.
_ARCHIVABLE = messages.c.state.in_([state.value for state in (State.SENT, *WITHDRAWN)])
_HELD = messages.c.state.in_([state.value for state in HELD])
_UNSENT = messages.c.state.in_([state.value for state in UNSENT])
_PERSONAL = (
    "text",
    "texts",
    "language",
    "fields",
    "attachments",
    "receipt",
    "error_text",
    "amazon_order_id",
    "document",
    "own_key",
)
_PORTION = 1000


def forget(connection: Connection, word: Word, order_id: str) -> int:
    """Removes the personal data of all messages for an order. Messages that were not sent yet are cancelled.

    Raises:
        ConfigurationError: no order was given.
        LedgerError: a sender holds one of the messages. Nothing was changed.
    """
    if not isinstance(order_id, str) or not order_id.strip():
        raise ConfigurationError("forget() needs the id of an order, like 303-1234567-1234567.")
    of_order = messages.c.amazon_order_id == order_id.strip()
    values = {
        **{name: null() for name in _PERSONAL},
        "state": case((_UNSENT, State.CANCELLED.value), else_=messages.c.state),
        "finished_at": case((_UNSENT, word.now), else_=messages.c.finished_at),
        "note": line_of(word),  # without earlier ones, which may be personal
    }
    free = update(messages).where(of_order, ~_HELD).values(values)
    count = sum(1 for _ in connection.execute(free.returning(messages.c.id)))
    if connection.execute(select(messages.c.id).where(of_order)).first() is not None:
        told = "Nothing was forgotten: a sender is about to send a message for this order. Try again in a moment."
        raise LedgerError(told, retryable=True)
    return count


def archivable_rows(before: int) -> Select[Any]:
    """The rows of messages that were sent, cancelled or skipped before a time."""
    return rows_of({}).where(*_is_archivable(before))


def archive(connection: Connection, database: Database, now: int, before: int, *, dry_run: bool = False) -> int:
    """Removes messages that were sent, cancelled or skipped before a time, and keeps the hashes of their keys.

    With ``dry_run`` the transaction is not committed, so the witness stays.
    """
    old = _is_archivable(before)
    count = 0
    while ids := connection.execute(select(messages.c.id).where(*old).limit(_PORTION)).scalars().all():
        gone = (
            delete(messages)
            .where(among(connection, messages.c.id, ids), *old)
            .returning(messages.c.key_hash, messages.c.state)
        )
        kept = [{"key_hash": key, "state": state, "kept_at": now} for key, state in connection.execute(gone)]
        if kept:
            connection.execute(insert(kept_keys), kept)
        count += len(kept)
    if count and not dry_run:
        # The witness must not name what was removed, nor tell of an archive that is not committed yet.
        renew_witness(connection, database, with_archived=False)
    return count


def witness_archived(database: Database) -> None:
    """Tells the witness what was archived: otherwise an older copy of the ledger would be taken for this one."""
    if database.path is None:
        return
    with suppress(LedgerError), database.write() as connection:  # the rows are archived, whatever happens here
        renew_witness(connection, database)


def _is_archivable(before: int) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return _ARCHIVABLE, messages.c.finished_at < before
