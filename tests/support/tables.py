"""Rows of a ledger, and how they stand."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

from sqlalchemy import Connection, func, insert, select

from spapi_messaging.bulk.claiming import claims
from spapi_messaging.bulk.claiming.session import Session
from spapi_messaging.bulk.storage.database import Database
from spapi_messaging.bulk.storage.schema import messages, sellers, senders

BUYERS_TEXT = "Liebe Frau Müller-Lüdenscheidt, Ihr Paket ist da"

_keys = count(1)


def add_seller(database: Database, account: str = "shop-de", **columns: Any) -> int:
    """A seller's id."""
    with database.write() as connection:
        made = connection.execute(insert(sellers).values(account=account, **columns).returning(sellers.c.id))
        return int(made.scalar_one())


def add_messages(database: Database, seller: int, number: int = 1, **columns: Any) -> list[int]:
    """The ids of new messages, pending and due at no time."""
    row = {
        "seller_id": seller,
        "region": "eu",
        "marketplace": "DE",
        "amazon_order_id": "303-1234567-1234567",
        "message_type": "invoice",
        "digest": "0" * 64,
        "added_at": 0,
        "text": BUYERS_TEXT,
        **columns,
    }
    with database.write() as connection:
        made = [
            insert(messages).values(key_hash=f"{next(_keys):064d}", **row).returning(messages.c.id)
            for _ in range(number)
        ]
        return [int(connection.execute(statement).scalar_one()) for statement in made]


def message(database: Database, id: int) -> Any:
    """The row of a message."""
    with database.read() as connection:
        return connection.execute(select(messages).where(messages.c.id == id)).one()


def seller(database: Database, id: int) -> Any:
    """The row of a seller."""
    with database.read() as connection:
        return connection.execute(select(sellers).where(sellers.c.id == id)).one()


def states(database: Database) -> list[str]:
    """The states of all messages, in the order of their ids."""
    with database.read() as connection:
        return list(connection.execute(select(messages.c.state).order_by(messages.c.id)).scalars())


def living(database: Database) -> set[str]:
    """The ids of the senders that the ledger knows."""
    with database.read() as connection:
        return set(connection.execute(select(senders.c.id)).scalars())


def claim(
    database: Database, session: Session, seller_id: int, number: int = 1, name: str = ""
) -> tuple[claims.ClaimedSeller, list[claims.ClaimedMessage]]:
    """A seller and some of its messages, claimed."""
    with session.transaction() as connection:
        names = {seller_id: name or f"seller {seller_id}"}
        claimed = claims.claim_sellers(connection, database.now, session.id, names)[0]
        return claimed, claims.claim_messages(connection, database.now, session.id, claimed, "eu", "invoice", number)


def lose(session: Session) -> None:
    """Ends a session without a word, as a process that is killed does: its lock is free, and its row stays."""
    session.let_go()
    if not session._database.is_sqlite:
        with session._database.read() as connection:
            lock = connection.execute(select(senders.c.lock_number).where(senders.c.id == session.id)).scalar_one()
        wait_until_free(session._database, lock)


def wait_until_free(database: Database, lock: int) -> None:
    """PostgreSQL's server notices the end of a connection a moment later."""
    for _ in range(1000):
        with database.read() as connection:
            if connection.execute(select(func.pg_try_advisory_xact_lock(lock))).scalar_one():
                return
            connection.exec_driver_sql("SELECT pg_sleep(0.02)")
    raise AssertionError("the lock of a sender that is gone is still held")


@contextmanager
def session_of(database: Database) -> Iterator[Session]:
    """A sender's session, closed at the end."""
    session = Session(database)
    try:
        yield session
    finally:
        session.close()


def explained_plan(connection: Connection, database: Database, statement: str, parameters: Any) -> str:
    """How the database would carry a statement out."""
    words = "EXPLAIN QUERY PLAN " if database.is_sqlite else "EXPLAIN "
    rows = connection.exec_driver_sql(words + statement, parameters)
    return "\n".join(str(row[-1]) for row in rows)
