"""A transaction of the caller's own, in which the ledger's rows are written beside the caller's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, inspect, select, update

from spapi_messaging.bulk.database import Database, explained
from spapi_messaging.bulk.schema import meta
from spapi_messaging.errors import ConfigurationError

__all__ = ["in_transaction_of"]


@contextmanager
def in_transaction_of(connection: Any, database: Database) -> Iterator[Connection]:
    """The caller's connection, ready to write. It is neither committed nor rolled back.

    Args:
        connection: the caller's connection.
        database: the ledger's.

    Raises:
        ConfigurationError: this is no such connection, or it leads elsewhere.
    """
    if not isinstance(connection, Connection):
        raise ConfigurationError(
            f"connection is {type(connection).__name__}, not a Connection of SQLAlchemy. Give session.connection() of "
            "an ORM session; of asyncio, await connection.run_sync(lambda it: ledger.add(jobs, connection=it))."
        )
    with explained(database):
        _check(connection, database)
        if connection.dialect.name == "sqlite":
            # Takes the lock for writing first, so that nobody adds between our reading and our writing.
            connection.execute(update(meta).values(id=meta.c.id))
        yield connection


def _check(connection: Connection, database: Database) -> None:
    """Raises ConfigurationError unless the connection leads to the ledger. A failing SELECT would end a transaction."""
    if not inspect(connection).has_table(meta.name):
        raise ConfigurationError(
            f"The ledger's tables are not where this connection leads. They are in {database.url_shown}: make the "
            "Ledger with the URL of the database of this connection."
        )
    with database.read() as ours:
        expected = ours.execute(select(meta.c.ledger_id)).scalar_one()
    if connection.execute(select(meta.c.ledger_id)).scalar_one() != expected:
        raise ConfigurationError(
            f"This connection leads to another ledger than {database.url_shown}. Make the Ledger with the URL of the "
            "database of this connection."
        )
