"""The database of a ledger: SQLite (one file) or PostgreSQL. Its transactions, and its clock."""

from __future__ import annotations

import os
import sqlite3
import threading
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
    create_engine,
    event,
    literal_column,
)
from sqlalchemy.exc import SQLAlchemyError

from spapi_messaging.bulk.database_errors import explained
from spapi_messaging.bulk.ledger_url import ledger_url, shown
from spapi_messaging.bulk.migrations import is_current, migrate
from spapi_messaging.errors import ConfigurationError, LedgerError

__all__ = ["Database", "explained"]

#: Seconds that SQLite waits for another program that writes.
BUSY_SECONDS = 30.0

_SQLITE_NOW = "CAST(ROUND((julianday('now') - 2440587.5) * 86400000.0) AS INTEGER)"
# Stable within a statement, unlike clock_timestamp(), so that an index can be used; and unlike now(), not the
# beginning of the transaction.
_POSTGRES_NOW = "CAST(EXTRACT(EPOCH FROM statement_timestamp()) * 1000 AS BIGINT)"

_USE_WAL = "PRAGMA journal_mode = WAL"

# The level is named, whatever the database's default is: claiming relies on seeing what others committed meanwhile.
# A commit that a crash of the server may forget would send a message again, so we ask for a durable one.
_BEGIN = {
    ("sqlite", "read"): "BEGIN",
    ("sqlite", "write"): "BEGIN IMMEDIATE",
    ("postgresql", "read"): "BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY",
    ("postgresql", "write"): "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL synchronous_commit TO on",
}
# A connection that fell silent is noticed after half a minute.
_POSTGRES_OPTIONS: dict[str, Any] = {
    "connect_timeout": 10,
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
    "application_name": "spapi-messaging",
}
_IN_TRANSACTION = 2  # libpq's PQTRANS_INTRANS: neither idle nor failed

_creating = threading.Lock()


class Database:
    """The database of a ledger. It works from any thread, and in a process that was forked.

    Args:
        url: ``sqlite:///`` and a path, or ``postgresql+psycopg://…``; or an engine of SQLAlchemy. None: one file for
            each user, in the platform's place for such data.
        clock: seconds, for tests. None: the database's clock.
        busy_seconds: how long SQLite waits for another program that writes.

    Raises:
        ConfigurationError: We do not take the URL, the database cannot be used, or a later release made the ledger.
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
        busy_seconds: float = BUSY_SECONDS,
    ) -> None:
        self._url = ledger_url(url)
        self.url_shown = shown(self._url)
        self.is_sqlite = self._url.get_backend_name() == "sqlite"
        self.path = Path(str(self._url.database)) if self.is_sqlite else None
        self.now: ColumnElement[int] = _clock_of(clock, self.is_sqlite)
        if self.path is not None:
            _make_file(self.path, with_folder=url is None)
        self._busy_seconds = busy_seconds
        self._engine = self._engine_for(url)
        self._process = os.getpid()
        self._inherited: list[Any] = []
        try:
            self._prepare()
        except BaseException:
            self.close()
            raise

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that writes nothing.

        Raises:
            LedgerError: The database failed.
        """
        with explained(self), self._own_engine().connect() as connection, self.transaction(connection, "read"):
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that is durable when the ``with`` ends, and has changed nothing if that raises.

        Raises:
            LedgerError: The database failed, and nothing was written, except if the connection was lost while the
                server was committing: then nobody knows.
        """
        with explained(self), self._own_engine().connect() as connection, self.transaction(connection, "write"):
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

    @contextmanager
    def transaction(self, connection: Connection, purpose: str = "write") -> Iterator[None]:
        """A transaction on a given connection: ``"read"`` or ``"write"``. SQLAlchemy's errors go through it."""
        try:
            connection.exec_driver_sql(_BEGIN[self._url.get_backend_name(), purpose])
            yield
            if purpose == "write":
                self._require_open(connection)
                connection.commit()
        finally:
            if connection.in_transaction():
                with suppress(SQLAlchemyError):
                    connection.rollback()

    def close(self) -> None:
        """Closes the connections of the pool."""
        self._own_engine().dispose()

    def _require_open(self, connection: Connection) -> None:
        """SQLite ends a transaction by itself when the disk is full, and PostgreSQL answers COMMIT with ROLLBACK after
        an error; neither commits, and neither says so."""
        driver: Any = connection.connection.dbapi_connection
        is_open = driver.in_transaction if self.is_sqlite else driver.info.transaction_status == _IN_TRANSACTION
        if not is_open:
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
            return self._sqlite_engine()
        if isinstance(given, Engine):
            engine = given.execution_options(isolation_level="AUTOCOMMIT")
            engine.hide_parameters = True
            return engine
        options = {name: value for name, value in _POSTGRES_OPTIONS.items() if name not in self._url.query}
        try:
            return _engine(self._url, connect_args=options, pool_pre_ping=True)
        except ImportError:
            pass
        raise ConfigurationError(
            "A ledger in PostgreSQL needs the extra `postgres`. Install it: pip install 'spapi-messaging[postgres]'"
        )

    def _sqlite_engine(self) -> Engine:
        if sqlite3.sqlite_version_info < (3, 35):
            raise ConfigurationError(
                f"The ledger needs SQLite 3.35 or later, and this Python has {sqlite3.sqlite_version}. "
                "Use a newer Python, or PostgreSQL."
            )
        engine = _engine(self._url, connect_args={"timeout": self._busy_seconds})
        event.listen(engine, "connect", _set_up_sqlite)
        return engine

    def _prepare(self) -> None:
        if self.is_sqlite:
            self._use_wal()
        with self.read() as connection:
            if is_current(connection, self.url_shown):
                return
        with self.write() as connection:
            migrate(connection, self.now, self.url_shown)

    def _use_wal(self) -> None:
        """Readers and a writer do not wait for each other in this mode. It is a property of the file."""
        with explained(self), self._own_engine().connect() as connection:
            mode = connection.exec_driver_sql(_USE_WAL).scalar_one()
        if mode != "wal":
            raise ConfigurationError(
                f"The ledger {self.url_shown} cannot be used from several programs at once there. "
                "Put the file on a disk of this machine, not into a network folder."
            )


def _engine(url: URL, **options: Any) -> Engine:
    # SQLAlchemy and the drivers leave transactions alone: BEGIN is ours. So SQLite's is IMMEDIATE, with DDL in it.
    return create_engine(url, hide_parameters=True, isolation_level="AUTOCOMMIT", **options)


def _set_up_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    connection.execute("PRAGMA synchronous = FULL")  # under NORMAL, a power cut may forget a commit
    connection.execute("PRAGMA foreign_keys = ON")


def _clock_of(clock: Callable[[], float] | None, is_sqlite: bool) -> ColumnElement[int]:
    if clock is None:
        return literal_column(_SQLITE_NOW if is_sqlite else _POSTGRES_NOW, BigInteger())
    read: Callable[[], float] = clock
    return cast(bindparam("clock", callable_=lambda: int(read() * 1000), type_=BigInteger()), BigInteger())


def _make_file(path: Path, with_folder: bool) -> None:
    """Makes the file if there is none. It is its user's alone: the texts of messages stand in it."""
    try:
        if with_folder:
            path.parent.mkdir(0o700, parents=True, exist_ok=True)
        # Closing a file drops all locks that the process has on it, so no thread may open the ledger in between.
        with _creating:
            if not path.exists():
                os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except FileExistsError:
        return
    except OSError as error:
        reason = error.strerror or type(error).__name__
    else:
        if not path.is_dir():
            return
        reason = "it is a folder"
    raise ConfigurationError(f"The ledger {path} cannot be made: {reason}. Name a file in a folder that exists.")
