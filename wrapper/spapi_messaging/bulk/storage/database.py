"""The database of a ledger: SQLite (one file) or PostgreSQL. Its transactions, and its clock."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import (
    URL,
    BigInteger,
    ColumnElement,
    Connection,
    Engine,
    bindparam,
    cast,
    literal_column,
)
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from spapi_messaging.bulk.storage.among import PLAN_ANEW
from spapi_messaging.bulk.storage.database_errors import explained
from spapi_messaging.bulk.storage.engines import adopted, leads_to_pooler, postgres_engine, sqlite_engine
from spapi_messaging.bulk.storage.ledger_file import make_file, use_wal
from spapi_messaging.bulk.storage.ledger_url import ledger_url, shown
from spapi_messaging.bulk.storage.migrations import has_tables, is_current, migrate
from spapi_messaging.errors import ConfigurationError, LedgerError

__all__ = ["Database", "explained", "is_in_transaction"]

#: Seconds that SQLite waits for another program that writes.
BUSY_SECONDS = 30.0

_SQLITE_NOW = "CAST(ROUND((julianday('now') - 2440587.5) * 86400000.0) AS INTEGER)"
# Stable within a statement, unlike clock_timestamp(), so that an index can be used; and unlike now(), not the
# beginning of the transaction.
_POSTGRES_NOW = "CAST(EXTRACT(EPOCH FROM statement_timestamp()) * 1000 AS BIGINT)"

#: Milliseconds after which PostgreSQL ends a write transaction in which nothing happens. Otherwise a process that is
#: frozen in one would keep its rows locked, and nobody could take its sellers over.
LONGEST_IDLE_MS = 30_000

# The level is named, whatever the database's default is: claiming relies on seeing what others committed meanwhile.
# A commit that a crash of the server may forget would send a message again, so we ask for a durable one.
_BEGIN = {
    ("sqlite", "read"): "BEGIN",
    ("sqlite", "write"): "BEGIN IMMEDIATE",
    ("postgresql", "read"): "BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY",
    ("postgresql", "write"): (
        "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL synchronous_commit TO on; "
        f"SET LOCAL idle_in_transaction_session_timeout TO {LONGEST_IDLE_MS}; {PLAN_ANEW}"
    ),
}
_READ_ONLY = "25006"
_IN_TRANSACTION = 2  # libpq's PQTRANS_INTRANS: neither idle nor failed


class Database:
    """The database of a ledger. It works from any thread, and in a process that was forked.

    Args:
        url: ``sqlite:///`` and a path, or ``postgresql+psycopg://…``; or an engine of SQLAlchemy. None: one file for
            each user, in the platform's place for such data.
        clock: seconds, for tests. None: the database's clock.
        create: whether a missing ledger is made.
        busy_seconds: how long SQLite waits for another program that writes.
        pooler: whether a pooler stands in front of PostgreSQL; None: found out.

    Raises:
        ConfigurationError: We do not take the URL, the database cannot be used, a later release made the ledger, or
            there is no ledger and ``create`` is False.
        LedgerError: The database cannot be reached.

    Attributes:
        url_shown: the URL without its password.
        path: the file of an SQLite database.
        is_sqlite: whether it is one.
        now: SQL for the clock, in milliseconds.
    """

    def __init__(
        self,
        url: str | URL | Engine | None,
        *,
        clock: Callable[[], float] | None = None,
        create: bool = True,
        busy_seconds: float = BUSY_SECONDS,
        pooler: bool | None = None,
    ) -> None:
        self._url = ledger_url(url)
        self._pooler = pooler
        self.url_shown = shown(self._url)
        self.is_sqlite = self._url.get_backend_name() == "sqlite"
        self.path = Path(str(self._url.database)) if self.is_sqlite else None
        self.now: ColumnElement[int] = _clock_of(clock, self.is_sqlite)
        if self.path is not None and create:
            make_file(self.path, with_folder=url is None)
        elif self.path is not None and not self.path.exists():
            raise self._missing()
        self._busy_seconds = busy_seconds
        self._engine = self._engine_for(url)
        self._is_adopted = isinstance(url, Engine) and not self.is_sqlite
        self._process = os.getpid()
        self._inherited: list[Any] = []
        try:
            self._prepare(create)
        except BaseException:
            self.close()
            raise

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that writes nothing.

        Raises:
            LedgerError: The database failed.
            ConfigurationError: It holds what cannot be.
        """
        with (
            explained(self, is_reading=True),
            self._own_engine().connect() as connection,
            self.transaction(connection, "read"),
        ):
            yield connection

    @contextmanager
    def write(self, *, dry_run: bool = False) -> Iterator[Connection]:
        """A transaction that is durable when the ``with`` ends, and has changed nothing if that raises.

        Args:
            dry_run: nothing is changed in the end, whatever happens.

        Raises:
            LedgerError: The database failed, and nothing was written, except if the connection was lost while the
                server was committing: then nobody knows.
        """
        purpose = "try" if dry_run else "write"
        with explained(self), self._own_engine().connect() as connection, self.transaction(connection, purpose):
            yield connection

    def dedicated(self) -> Connection:
        """A connection of its own, outside the pool. Whoever has it closes it, also when it was lost.

        Raises:
            LedgerError: There is no connection.
        """
        with explained(self):
            connection = self._own_engine().connect()
            connection.detach()
        return connection

    def is_pooled(self, connection: Connection) -> bool:
        """Whether a pooler may give each transaction of this connection another one of the server."""
        if self._pooler is not None:
            return self._pooler
        with explained(self):
            return leads_to_pooler(connection.connection.dbapi_connection)

    @contextmanager
    def transaction(self, connection: Connection, purpose: str = "write") -> Iterator[None]:
        """A transaction on a given connection: ``"read"``, ``"write"``, or ``"try"``, which takes back what it wrote.

        SQLAlchemy's errors go through it.
        """
        try:
            connection.exec_driver_sql(_BEGIN[self._url.get_backend_name(), "read" if purpose == "read" else "write"])
            yield
            if purpose == "write":
                self._require_open(connection)
                connection.commit()
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) == _READ_ONLY:
                _give_up(connection)
            raise
        finally:
            if connection.get_transaction() is not None:
                _take_back(connection)

    def empty_log(self) -> None:
        """Writes SQLite's log into its file, and empties it, unless others are reading or writing just now."""
        if self.is_sqlite:
            with suppress(SQLAlchemyError), self._own_engine().connect() as connection:
                connection.exec_driver_sql("PRAGMA busy_timeout = 0")
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
                connection.exec_driver_sql(f"PRAGMA busy_timeout = {int(self._busy_seconds * 1000)}")

    def close(self) -> None:
        """Closes the connections of the pool, unless that is the caller's."""
        if not self._is_adopted:
            self._own_engine().dispose()

    def _require_open(self, connection: Connection) -> None:
        """SQLite ends a transaction by itself when the disk is full, and PostgreSQL answers COMMIT with ROLLBACK after
        an error; neither commits, and neither says so."""
        if not is_in_transaction(connection):
            raise LedgerError(f"The ledger {self.url_shown}: a statement had failed, so nothing was written.")

    def _own_engine(self) -> Engine:
        """The engine, in a child that was forked without the connections of the parent."""
        if self._process != os.getpid():
            self._inherited.append(self._engine.pool)  # not even closed: the parent uses the same sockets and files
            self._engine.dispose(close=False)
            self._process = os.getpid()
        return self._engine

    def _engine_for(self, given: str | URL | Engine | None) -> Engine:
        if self.is_sqlite:
            return sqlite_engine(self._url, self._busy_seconds)
        return adopted(given) if isinstance(given, Engine) else postgres_engine(self._url, self._pooler)

    def _missing(self) -> ConfigurationError:
        told = f"There is no ledger at {self.url_shown}. Look at the name; adding jobs makes a new ledger."
        return ConfigurationError(told, argument="ledger")

    def _prepare(self, create: bool) -> None:
        if self.is_sqlite:
            with explained(self):
                use_wal(self._engine, self.url_shown, self._busy_seconds)
        with self.read() as connection:
            if is_current(connection, self.url_shown):
                return
            if not create and not has_tables(connection):
                raise self._missing()
        with self.write() as connection:
            migrate(connection, self.now, self.url_shown)


def _take_back(connection: Connection) -> None:
    """Ends a transaction that was not committed. After a commit that failed, as on a full disk, SQLAlchemy takes it for
    ended, and rolls nothing back: the driver still has it open, and the connection could begin no other one."""
    with suppress(SQLAlchemyError):
        connection.rollback()
    with suppress(Exception):  # of a connection that was lost
        if not connection.invalidated and is_in_transaction(connection):
            connection.connection.dbapi_connection.rollback()  # type: ignore[union-attr]  # it is not invalidated


def _give_up(connection: Connection) -> None:
    """Closes a connection to a server that is read-only. While another one takes over, the next may lead to that."""
    driver: Any = connection.connection.dbapi_connection
    connection.invalidate()
    driver.close()  # SQLAlchemy does not close one that is outside its pool


def is_in_transaction(connection: Connection) -> bool:
    """Whether a transaction is open and has not failed, as the driver knows it. Of an unknown driver: True."""
    driver: Any = connection.connection.dbapi_connection
    if connection.dialect.name == "sqlite":
        return bool(driver.in_transaction)
    return getattr(getattr(driver, "info", None), "transaction_status", _IN_TRANSACTION) == _IN_TRANSACTION


def _clock_of(clock: Callable[[], float] | None, is_sqlite: bool) -> ColumnElement[int]:
    if clock is None:
        return literal_column(_SQLITE_NOW if is_sqlite else _POSTGRES_NOW, BigInteger())
    read: Callable[[], float] = clock
    return cast(bindparam("clock", callable_=lambda: round(read() * 1000), type_=BigInteger()), BigInteger())
