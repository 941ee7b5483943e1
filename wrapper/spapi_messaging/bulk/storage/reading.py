"""Reads messages page by page, so that no transaction stays open while the caller works."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from sqlalchemy import Connection, Row, Select, exists, or_, select, text

from spapi_messaging._safeguards.tracebacks import without_variables
from spapi_messaging.bulk.storage.database import Database, explained
from spapi_messaging.bulk.storage.schema import CLAIMED_OR_SENDING, messages, meta

__all__ = ["PAGE", "has_unfinished", "ledger_id_of", "now_of", "pages", "purpose_of", "read_as"]

T = TypeVar("T")

#: Messages that are read at a time.
PAGE = 1000


@without_variables
def pages(database: Database, query: Select[Any]) -> Iterator[Row[Any]]:
    """The rows of a query on ``messages``, in the order of their ids."""
    last = 0
    while True:
        page = query.where(messages.c.id > last).order_by(messages.c.id).limit(PAGE)
        with database.read() as connection:
            rows = connection.execute(page).all()
        yield from rows
        if len(rows) < PAGE:
            return
        last = rows[-1].id


@without_variables
def read_as(make: Callable[[Row[Any]], T], database: Database, query: Select[Any]) -> Iterator[T]:
    """What is made of each row of a query on ``messages``, in the order of their ids."""
    for row in pages(database, query):
        with explained(database, is_reading=True):
            made = make(row)
        yield made


def now_of(connection: Connection, database: Database) -> int:
    """The database's time, in milliseconds."""
    now: int = connection.execute(select(database.now)).scalar_one()
    return now


def ledger_id_of(connection: Connection) -> str:
    """The id that a ledger got when it was made."""
    found: str = connection.execute(select(meta.c.ledger_id)).scalar_one()
    return found


def purpose_of(connection: Connection) -> str | None:
    """What a ledger is for: ``"production"``, or a sandbox's URL. None until a sender used it."""
    found: str | None = connection.execute(select(meta.c.purpose)).scalar_one()
    return found


def has_unfinished(connection: Connection) -> bool:
    """Whether a message is not finished: it is to be sent, waits, or a sender has it."""
    # In the words of three indexes, so that finished messages are not read.
    found = [
        exists().where(messages.c.id.is_not(None), each)
        for each in (text("state = 'pending'"), text("state = 'waiting'"), CLAIMED_OR_SENDING)
    ]
    return bool(connection.execute(select(or_(*found))).scalar_one())
