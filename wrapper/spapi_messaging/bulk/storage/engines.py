"""SQLAlchemy's engines for a ledger. They leave transactions to whoever uses them, and show no parameters."""

from __future__ import annotations

import logging
import sqlite3
from functools import partial
from typing import Any

from sqlalchemy import URL, Engine, create_engine, event
from sqlalchemy.log import instance_logger

from spapi_messaging.errors import ConfigurationError

# Our engines have a logger of their own, below SQLAlchemy's.
_LOGGING_NAME = "spapi-messaging"

# A ledger has fewer kinds of statements.
_MAX_STATEMENTS = 500

# A connection that fell silent is noticed after half a minute.
_POSTGRES_OPTIONS: dict[str, Any] = {
    "connect_timeout": 10,
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
    "application_name": "spapi-messaging",
}


def sqlite_engine(url: URL, busy_seconds: float) -> Engine:
    """An engine for a file.

    Args:
        url: of the file.
        busy_seconds: how long SQLite waits for another program that writes.

    Raises:
        ConfigurationError: This Python's SQLite is too old.
    """
    if sqlite3.sqlite_version_info < (3, 35):
        raise ConfigurationError(
            f"The ledger needs SQLite 3.35 or later, and this Python has {sqlite3.sqlite_version}. "
            "Use a newer Python, or PostgreSQL."
        )
    engine = _engine(url, connect_args={"timeout": busy_seconds})
    event.listen(engine, "connect", _set_up_sqlite)
    return engine


def postgres_engine(url: URL, pooler: bool | None) -> Engine:
    """An engine for a PostgreSQL server.

    Args:
        url: of the database.
        pooler: whether a pooler stands in between; None: each connection finds out.

    Raises:
        ConfigurationError: The driver is not installed.
    """
    options = {name: value for name, value in _POSTGRES_OPTIONS.items() if name not in url.query}
    try:
        engine = _engine(url, connect_args=options, pool_pre_ping=True)
    except ImportError:
        pass
    else:
        event.listen(engine, "connect", partial(_set_up_postgres, pooler))
        return engine
    raise ConfigurationError(
        "A ledger in PostgreSQL needs the extra `postgres`. Install it: pip install 'spapi-messaging[postgres]'"
    )


def adopted(engine: Engine) -> Engine:
    """A caller's engine for PostgreSQL, with our way of transactions and its connections.

    Args:
        engine: the caller's, which stays as it is.

    Raises:
        ConfigurationError: It has another driver.
    """
    if engine.dialect.driver != "psycopg":
        raise ConfigurationError(
            f"The engine of a ledger uses psycopg, and this one uses {engine.dialect.driver}. "
            "Make it from postgresql+psycopg://…"
        )
    ours = engine.execution_options(isolation_level="AUTOCOMMIT")
    ours.hide_parameters = True
    ours.logging_name = _LOGGING_NAME
    instance_logger(ours)
    _log_no_rows()
    return ours


def _engine(url: URL, **options: Any) -> Engine:
    # SQLAlchemy and the drivers leave transactions alone: BEGIN is ours. So SQLite's is IMMEDIATE, with DDL in it.
    _log_no_rows()
    engine = create_engine(
        url, hide_parameters=True, logging_name=_LOGGING_NAME, isolation_level="AUTOCOMMIT", **options
    )
    engine.update_execution_options(compiled_cache=_compiled)
    return engine


def _log_no_rows() -> None:
    """SQLAlchemy hides parameters, but logs each row that it reads in a program that logs everything."""
    logging.getLogger(f"sqlalchemy.engine.Engine.{_LOGGING_NAME}").addFilter(_is_no_row)


def _is_no_row(record: logging.LogRecord) -> bool:
    return record.levelno > logging.DEBUG


class _CompiledStatements(dict[tuple[Any, ...], Any]):
    """The SQL of statements, by what it depends on. SQLAlchemy asks for it by each engine's own dialect."""

    def get(self, key: tuple[Any, ...], default: Any = None) -> Any:
        return super().get(_of_any_engine(key), default)

    def __setitem__(self, key: tuple[Any, ...], compiled: Any) -> None:
        if len(self) >= _MAX_STATEMENTS:
            self.clear()
        super().__setitem__(_of_any_engine(key), compiled)


def _of_any_engine(key: tuple[Any, ...]) -> tuple[Any, ...]:
    dialect, *others = key
    return (dialect.name, dialect.server_version_info, *others)


# For all ledgers of the process: a program may open one for each request, and to compile takes longer than to execute.
_compiled = _CompiledStatements()


def leads_to_pooler(connection: Any) -> bool:
    """Whether a pooler stands between a connection of psycopg and the server, as far as one can tell.

    Behind a pooler, the process that answers is not the one that the client was told of: it can differ each time.
    """
    cursor = connection.execute("SELECT pg_backend_pid()")
    return bool(cursor.fetchone()[0] != connection.info.backend_pid)


def _set_up_postgres(pooler: bool | None, connection: Any, _record: object) -> None:
    if leads_to_pooler(connection) if pooler is None else pooler:
        connection.prepare_threshold = None  # a statement that is prepared on one connection is not known on another
    connection.rollback()


def _set_up_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    connection.execute("PRAGMA synchronous = FULL")  # under NORMAL, a power cut may forget a commit
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA secure_delete = ON")  # no byte of what was forgotten stays in the file
