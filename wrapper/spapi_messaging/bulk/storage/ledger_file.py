"""The file of a ledger in SQLite: made for its user alone, and set up for several programs at once."""

from __future__ import annotations

import os
import threading
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from spapi_messaging.errors import ConfigurationError, LedgerError

_USE_WAL = "PRAGMA journal_mode = WAL"
_PAUSE = 0.05

_creating = threading.Lock()


def make_file(path: Path, with_folder: bool) -> None:
    """Makes the file if there is none. It is its user's alone: the texts of messages stand in it.

    Args:
        path: where.
        with_folder: whether its folder is made too.

    Raises:
        ConfigurationError: It cannot be made.
    """
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


def use_wal(engine: Engine, name: str, busy_seconds: float) -> None:
    """Makes readers and a writer not wait for each other. It is a property of the file.

    Args:
        engine: of the file.
        name: the ledger's, for errors.
        busy_seconds: how long to wait for another program that writes.

    Raises:
        ConfigurationError: The file's folder does not allow it.
        LedgerError: Another program keeps the file locked.
    """
    # SQLite's own waiting leaves this one out, and programs that open a new ledger at once get in each other's way.
    for _ in range(int(busy_seconds / (2 * _PAUSE)) + 1):
        if (mode := _journal_mode(engine, busy_seconds)) is not None:
            break
        _pause()
    else:
        raise LedgerError(f"The ledger {name}: another program keeps it locked. Try again.", retryable=True)
    if mode != "wal":
        raise ConfigurationError(
            f"The ledger {name} cannot be used from several programs at once there. "
            "Put the file on a disk of this machine, not into a network folder."
        )


def _journal_mode(engine: Engine, busy_seconds: float) -> str | None:
    """None if another program has the file locked just now."""
    with engine.connect() as connection:
        connection.exec_driver_sql(f"PRAGMA busy_timeout = {int(_PAUSE * 1000)}")
        try:
            return str(connection.exec_driver_sql(_USE_WAL).scalar_one())
        except OperationalError as error:
            if getattr(error.orig, "sqlite_errorname", "") != "SQLITE_BUSY":
                raise
            return None
        finally:
            connection.exec_driver_sql(f"PRAGMA busy_timeout = {int(busy_seconds * 1000)}")


def _pause() -> None:
    threading.Event().wait(_PAUSE)
