"""Unknown messages: a person's word on them, and those that a restored backup has forgotten about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, null, select

from spapi_messaging.bulk.claiming.liveness import is_gone
from spapi_messaging.bulk.claiming.session import bury_gone
from spapi_messaging.bulk.claiming.witness import Witness
from spapi_messaging.bulk.people.withdrawing import NO_ERROR, Word, change, of_selection
from spapi_messaging.bulk.states import UNSENT, State
from spapi_messaging.bulk.storage.database import Database
from spapi_messaging.bulk.storage.dates import iso
from spapi_messaging.bulk.storage.schema import messages, senders
from spapi_messaging.errors import ConfigurationError, LedgerError

__all__ = ["RECOVERED", "recover", "renew_witness", "require_bool", "resolve_not_sent", "resolve_sent"]

_RECOVERED_TEXT = (
    "The ledger was restored from a copy, in which this message was not finished. It may have been sent after that "
    "copy was made. Find out in Seller Central, then use `resolve`."
)
#: What is told of a message that may have been sent after the copy was made.
RECOVERED = {"state": "unknown", "error_type": "RestoredLedger", "error_text": _RECOVERED_TEXT}


def resolve_sent(
    connection: Connection, word: Word, selection: Mapping[str, Any], request_id: str | None, *, keep_texts: bool
) -> int:
    """Unknown messages were sent, as a person found out."""
    values: dict[str, Any] = {"finished_at": word.now, **NO_ERROR}
    del values["request_id"]
    if request_id is not None:
        values["request_id"] = request_id
    if not keep_texts:
        values |= {"text": None, "texts": null()}
    return change(connection, word, _unknown(selection), State.SENT, values)


def resolve_not_sent(
    connection: Connection, database: Database, word: Word, selection: Mapping[str, Any], grace: int
) -> int:
    """Unknown messages were not sent, as a person found out: they are pending again, or cancelled if forgotten.

    Args:
        connection: a write transaction.
        database: the ledger's.
        word: the person's word.
        selection: which messages.
        grace: milliseconds that must have passed since they were being sent.

    Raises:
        LedgerError: a sender that still runs may send one of them, or too little time has passed. Nothing was changed.
    """
    wanted = _unknown(selection)
    theirs = select(senders).where(senders.c.id.in_(select(messages.c.sender).where(*wanted)))
    if any(not is_gone(connection, database, row) for row in connection.execute(theirs).all()):
        raise LedgerError(
            "Nothing was changed: a sender that was sending one of these messages still runs, and may send it after "
            "all. Stop it, or wait for what it finds out.",
            retryable=True,
        )
    last = connection.execute(select(func.max(messages.c.sending_at)).where(*wanted)).scalar_one()
    if last is not None and last + grace > word.now:
        raise LedgerError(
            f"Nothing was changed: one of these messages was sent off less than {grace // 1000} seconds ago "
            f"(grace), and may still arrive. Try again after {iso(last + grace)}.",
            retryable=True,
        )
    # A forgotten message has nothing left that could be sent.
    forgotten = [*wanted, messages.c.amazon_order_id.is_(None)]
    left = change(connection, word, forgotten, State.CANCELLED, {"finished_at": word.now, **NO_ERROR})
    values = {"finished_at": None, "waiting_since": None, **NO_ERROR}
    return left + change(connection, word, wanted, State.PENDING, values)


def recover(connection: Connection, database: Database, word: Word, since: int, *, dry_run: bool = False) -> int:
    """Makes every unfinished message unknown, if anything can have been sent since the copy was made.

    Args:
        connection: a write transaction.
        database: the ledger's.
        word: the person's word.
        since: milliseconds; when the copy was made.
        dry_run: the transaction is not committed, so the witness stays.

    Raises:
        LedgerError: a sender runs on this ledger.
    """
    unknown = len(bury_gone(connection, database, None))
    if connection.execute(select(senders.c.id).limit(1)).first() is not None:
        raise LedgerError("Nothing was changed: a sender runs on this ledger. Stop it first.", retryable=True)
    if since < word.now:
        wanted = [messages.c.state.in_([state.value for state in UNSENT])]
        values = {**RECOVERED, "finished_at": word.now}
        unknown += change(connection, word, wanted, State.UNKNOWN, values)
    if not dry_run:
        renew_witness(connection, database)
    return unknown


def renew_witness(connection: Connection, database: Database, *, with_archived: bool = True) -> None:
    """The ledger is as it should be: what it knows now was sent last. See ``Witness.renew``."""
    witness = Witness(database)
    try:
        witness.renew(connection, with_archived=with_archived)
    finally:
        witness.close()


def _unknown(selection: Mapping[str, Any]) -> list[ColumnElement[bool]]:
    return of_selection(selection, (State.UNKNOWN,), needs_one="resolve")


def require_bool(sent: object) -> None:
    """Raises ConfigurationError unless it is said clearly whether a message was sent."""
    if not isinstance(sent, bool):
        raise ConfigurationError("resolve() takes True (it was sent) or False (it was not), and nothing else.")
