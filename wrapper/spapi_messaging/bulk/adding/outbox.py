"""A transaction of the caller's own, in which the ledger's rows are written beside the caller's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, inspect, update

from spapi_messaging.bulk.storage.among import plan_anew
from spapi_messaging.bulk.storage.database import Database, explained, is_in_transaction
from spapi_messaging.bulk.storage.reading import ledger_id_of
from spapi_messaging.bulk.storage.schema import meta
from spapi_messaging.errors import ConfigurationError

__all__ = ["in_transaction_of"]


@contextmanager
def in_transaction_of(connection: Any, database: Database, ledger_id: str) -> Iterator[Connection]:
    """The caller's connection, ready to write. It is neither committed nor rolled back.

    Args:
        connection: the caller's connection.
        database: the ledger's.
        ledger_id: the ledger's own id, by which another ledger is recognised.

    Raises:
        ConfigurationError: this is not such a connection, it has no transaction, or it leads elsewhere.
        LedgerError: the database failed.
    """
    if not isinstance(connection, Connection):
        raise ConfigurationError(
            f"connection is {type(connection).__name__}, not a Connection of SQLAlchemy. Give session.connection() of "
            "an ORM session; of asyncio, await connection.run_sync(lambda it: ledger.add(jobs, connection=it))."
        )
    with explained(database):
        _check(connection, database, ledger_id)
        if connection.dialect.name == "sqlite":
            # Takes the lock for writing first, so that nobody adds between our reading and our writing.
            connection.execute(update(meta).values(id=meta.c.id))
        _require_transaction(connection)
        plan_anew(connection)
        yield connection


def _check(connection: Connection, database: Database, ledger_id: str) -> None:
    """Raises ConfigurationError unless the connection leads to the ledger. A failing SELECT would end a transaction."""
    if not inspect(connection).has_table(meta.name):
        raise ConfigurationError(
            f"The ledger's tables are not where this connection leads. They are in {database.url_shown}: make the "
            "Ledger with the URL of the database of this connection."
        )
    if ledger_id_of(connection) != ledger_id:
        raise ConfigurationError(
            f"This connection leads to another ledger than {database.url_shown}. Make the Ledger with the URL of the "
            "database of this connection."
        )


def _require_transaction(connection: Connection) -> None:
    """Raises ConfigurationError if every statement is committed at once: half of the jobs might stay."""
    if not is_in_transaction(connection):
        raise ConfigurationError(
            "This connection commits every statement by itself (AUTOCOMMIT). Give one that has a transaction, as of "
            "engine.begin(); or leave connection out, and the ledger makes one."
        )
