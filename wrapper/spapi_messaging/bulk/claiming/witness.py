"""A small file beside an SQLite ledger, by which an older copy of the ledger is recognised.

A file can be copied, and a backup put back. Such a ledger has forgotten what was sent since, and would send it again.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Connection, exists, func, or_, select

from spapi_messaging.bulk.states import State
from spapi_messaging.bulk.storage.database import Database
from spapi_messaging.bulk.storage.reading import ledger_id_of
from spapi_messaging.bulk.storage.schema import kept_keys, messages
from spapi_messaging.errors import ConfigurationError, LedgerError

__all__ = ["Witness", "why_copied"]

# An archived message in one of these states has certainly begun to leave.
_SENT = [state.value for state in (State.SENT, State.UNKNOWN, State.REJECTED)]


class _Seen(NamedTuple):
    """The last message that was being sent. With the id 0, the time when messages were archived last, if they were."""

    ledger_id: str
    message_id: int
    sending_at: int

    def line(self) -> bytes:
        """Always of the same length, so that each line replaces the one before."""
        return f"{self.ledger_id:36} {self.message_id:20d} {self.sending_at:20d}\n".encode("ascii")


class Witness:
    """The file of one ledger. A ledger in PostgreSQL has no such file: then nothing here does anything.

    Args:
        database: the ledger's database.
    """

    def __init__(self, database: Database) -> None:
        self._shown = database.url_shown
        self._path = _path_of(database)
        self._ledger_id = ""
        self._file: int | None = None

    def check(self, connection: Connection) -> None:
        """Makes sure, when a sender starts, that the ledger is not an older copy. Makes the file if there is none.

        Args:
            connection: a write transaction.

        Raises:
            ConfigurationError: The ledger is a copy, or older than what was sent.
            LedgerError: The file cannot be written.
        """
        if self._path is None:
            return
        self._ledger_id = ledger_id_of(connection)
        seen = _read(self._path)
        if (reason := _contradiction(connection, seen)) is not None:
            raise self._copied(reason)
        if seen is None:
            self.renew(connection)

    def note(self, message_id: int, sending_at: int) -> None:
        """Writes down that a message is being sent, after that was committed. It does not wait for the disk.

        Args:
            message_id: the message's id.
            sending_at: as the ledger has it.

        Raises:
            LedgerError: The file cannot be written.
        """
        if self._path is not None:
            self._write(self._path, _Seen(self._ledger_id, message_id, sending_at), is_durable=False)

    def renew(self, connection: Connection, *, with_archived: bool = True) -> None:
        """Writes down what the ledger knows now: after a recovery, and whenever rows are removed from it.

        Args:
            connection: a write transaction.
            with_archived: whether the rows that were archived are committed. They may be all that was sent lately.

        Raises:
            LedgerError: The file cannot be written.
        """
        if self._path is None:
            return
        last = connection.execute(
            select(messages.c.id, messages.c.sending_at)
            .where(messages.c.sending_at.is_not(None))
            .order_by(messages.c.sending_at.desc())
            .limit(1)
        ).first()
        self._ledger_id = ledger_id_of(connection)
        archived = connection.execute(select(func.max(kept_keys.c.kept_at))).scalar_one() if with_archived else None
        newest = max(last or (0, 0), (0, archived or 0), key=lambda known: int(known[1]))
        seen = _Seen(self._ledger_id, *newest)
        self._write(self._path, seen, is_durable=True)

    def close(self) -> None:
        """Closes the file. It stays where it is."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _write(self, path: Path, seen: _Seen, is_durable: bool) -> None:
        try:
            if self._file is None:
                self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
            os.lseek(self._file, 0, os.SEEK_SET)
            os.write(self._file, seen.line())
            if is_durable:
                os.fsync(self._file)
        except OSError as error:
            reason = error.strerror or type(error).__name__
        else:
            return
        raise LedgerError(f"The ledger {self._shown}: {path.name} cannot be written: {reason}.", retryable=True)

    def _copied(self, reason: str) -> ConfigurationError:
        told = (
            f"The ledger {self._shown} is a copy, or a backup that was put back: {reason}. Messages that were sent "
            "since would be sent again. Give the time of the copy to recover(since=...), or to `spapi-messaging bulk "
            "recover --since TIME`, which makes them `unknown`."
        )
        if self._path and self._path.exists():
            told += f" If you began a new ledger on purpose where an old one was, delete {self._path.name}."
        return ConfigurationError(told)


def why_copied(database: Database) -> str | None:
    """Why senders refuse the ledger as a copy or an older backup. None: they do not. Changes nothing.

    While this looks, a sender may write into the file and the ledger. So only what it finds twice counts.
    """
    path = _path_of(database)
    return None if path is None else _look(database, path) and _look(database, path)


def _look(database: Database, path: Path) -> str | None:
    seen = _read(path)  # before the ledger: what stands in the file was committed
    with database.read() as connection:
        return _contradiction(connection, seen)


def _path_of(database: Database) -> Path | None:
    return None if database.path is None else Path(f"{database.path}.witness")


def _contradiction(connection: Connection, seen: _Seen | None) -> str | None:
    """Why the ledger is a copy, or older than what was sent. None: nothing says so."""
    if seen is None:
        return "the file beside it that tells what was sent last is missing" if _has_sent(connection) else None
    if seen.ledger_id != ledger_id_of(connection):
        return "the file beside it belongs to another ledger"
    if not _knows(connection, seen):
        last = "message that was sent last" if seen.message_id else "messages that were archived last"
        return f"it does not know of the {last}"
    return None


def _read(path: Path) -> _Seen | None:
    try:
        ledger_id, message_id, sending_at = path.read_text("ascii").split()
        return _Seen(ledger_id, int(message_id), int(sending_at))
    except (OSError, ValueError):
        return None  # a file that cannot be understood counts as missing


def _has_sent(connection: Connection) -> bool:
    sent = exists().where(messages.c.sending_at.is_not(None))
    archived = exists().where(kept_keys.c.state.in_(_SENT))
    return bool(connection.execute(select(or_(sent, archived))).scalar_one())


def _knows(connection: Connection, seen: _Seen) -> bool:
    if not seen.message_id:
        archived = exists().where(kept_keys.c.kept_at >= seen.sending_at)
        return not seen.sending_at or bool(connection.execute(select(archived)).scalar_one())
    found = select(messages.c.sending_at).where(messages.c.id == seen.message_id)
    sending_at = connection.execute(found).scalar_one_or_none()
    return isinstance(sending_at, int) and sending_at >= seen.sending_at
