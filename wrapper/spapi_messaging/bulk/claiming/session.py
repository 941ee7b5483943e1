"""A sender's own connection to the ledger. By a lock that belongs to it, others see whether the sender lives."""

from __future__ import annotations

import os
import platform
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import uuid4
from weakref import WeakSet

from filelock import FileLock, Timeout
from sqlalchemy import Connection, bindparam, func, select, update
from sqlalchemy.exc import SQLAlchemyError

from spapi_messaging.bulk.storage.database import Database, explained
from spapi_messaging.bulk.storage.schema import CLAIMED_OR_SENDING, messages, sellers, senders
from spapi_messaging.errors import ConfigurationError, LedgerError

__all__ = ["SenderGone", "Session", "bury_gone", "is_gone"]

_GONE_TEXT = (
    "The sender stopped while it was sending this message, so nobody knows whether Amazon accepted it. It is not sent "
    "again by itself. Find out in Seller Central, then use `resolve`."
)
# So the server notices soon that a sender's machine is gone, and gives its lock free.
_KEEP_ALIVE = "SET tcp_keepalives_idle = 15; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3"
_ROW = select(senders.c.id).where(senders.c.id == bindparam("me"))


class SenderGone(LedgerError):
    """Others took this sender for dead, because its connection was lost or the file removed that it had locked.

    It stops; its work goes to others.
    """


class Session:
    """What a running sender holds of the ledger. One thread at a time uses it.

    Args:
        database: the ledger's database.

    Raises:
        LedgerError: The database failed.

    Attributes:
        id: the sender's, new for each session.
    """

    def __init__(self, database: Database) -> None:
        self.id = str(uuid4())
        self._database = database
        self._process = os.getpid()
        self._number = secrets.randbits(63)
        self._file_lock = None if database.path is None else _file_lock(database.path, self.id)
        self._connection: Connection | None = None
        self._is_registered = False
        _living.add(self)
        try:
            with self.transaction() as connection:
                self._register(connection)
        except BaseException:
            self._let_go()
            raise
        self._is_registered = True

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A write transaction on the very connection that holds the lock: it cannot commit when the lock is lost.

        A connection that was lost is made anew by the next transaction, as the same sender.

        Raises:
            LedgerError: The database failed. It is ``retryable`` if the next transaction may succeed. If the connection
                was lost during the commit, nobody knows whether that was carried out.
            SenderGone: Others took this sender for dead.
        """
        self._require_own_process()
        with explained(self._database):
            connection = self._connected()
            with self._database.transaction(connection):
                if self._file_lock is not None and self._is_registered:
                    # A connection is lost together with its lock. A file can be removed, and nothing tells its owner.
                    self._require_row(connection)
                yield connection

    def close(self) -> None:
        """Gives up what the sender still has, as if it were gone, and removes its traces.

        Raises:
            LedgerError: The database failed. The lock is free all the same, so others find the sender gone.
        """
        if self._process != os.getpid():
            return
        try:
            if self._is_registered:
                with self.transaction() as connection:
                    _bury(connection, self._database, self.id)
        except SenderGone:
            pass
        finally:
            self._is_registered = False
            self._let_go()

    def leave_socket(self) -> None:
        """Closes a child's copy of the socket, and leaves the parent's open."""
        connection = self._connection
        if self._file_lock is not None or connection is None or connection.invalidated:
            return
        with suppress(Exception):  # of a connection that was being made or lost
            driver: Any = connection.connection.dbapi_connection
            nowhere = os.open(os.devnull, os.O_RDWR)
            os.dup2(nowhere, driver.fileno())
            os.close(nowhere)

    def _connected(self) -> Connection:
        if self._connection is not None and not self._connection.invalidated:
            return self._connection
        self._drop_connection()
        connection = self._database.dedicated()
        try:
            self._take_lock(connection)
            if self._is_registered:
                with self._database.transaction(connection, "read"):
                    self._require_row(connection)
        except BaseException:
            connection.close()
            raise
        self._connection = connection
        return connection

    def _take_lock(self, connection: Connection) -> None:
        if self._file_lock is not None:
            self._take_file_lock(self._file_lock)
            return
        connection.exec_driver_sql(_KEEP_ALIVE)
        if not connection.execute(select(func.pg_try_advisory_lock(self._number))).scalar_one():
            raise LedgerError(
                f"The ledger {self._database.url_shown}: the server has not noticed yet that this sender's last "
                "connection was lost. Try again.",
                retryable=True,
            )

    def _take_file_lock(self, lock: FileLock) -> None:
        try:
            lock.acquire(timeout=0)  # again after a lost connection: counted, not taken anew
        except (OSError, NotImplementedError) as error:
            reason = getattr(error, "strerror", None) or type(error).__name__
        else:
            return
        raise ConfigurationError(
            f"The ledger {self._database.url_shown}: no file can be locked beside it: {reason}. Put it on a disk of "
            "this machine, into a folder that may be written."
        )

    def _require_row(self, connection: Connection) -> None:
        if connection.execute(_ROW, {"me": self.id}).first() is None:
            raise SenderGone(
                f"The ledger {self._database.url_shown}: this sender was without its lock, and others took over its "
                "work. Messages that it was sending are `unknown` unless their result is still written."
            )

    def _register(self, connection: Connection) -> None:
        row = {"id": self.id, "lock_number": self._number, "host": platform.node()[:255], "process": os.getpid()}
        connection.execute(senders.insert().values(**row, started_at=self._database.now))

    def _require_own_process(self) -> None:
        if self._process != os.getpid():
            raise LedgerError("A sender belongs to the process that started it. Start another one after a fork.")

    def _drop_connection(self) -> None:
        if self._connection is not None:
            with suppress(SQLAlchemyError):
                self._connection.close()
            self._connection = None

    def _let_go(self) -> None:
        self._drop_connection()
        if self._file_lock is not None and self._file_lock.is_locked:
            _remove(self._file_lock)


def is_gone(connection: Connection, database: Database, sender_row: Any) -> bool:
    """Whether a sender does not live any more. If so, nobody else finds that out before the transaction ends.

    Args:
        connection: a write transaction, not of the sender's own session.
        database: the ledger's database.
        sender_row: the sender's row in ``spapi_senders``.
    """
    if database.path is None:
        return bool(connection.execute(select(func.pg_try_advisory_xact_lock(sender_row.lock_number))).scalar_one())
    lock = _file_lock(database.path, sender_row.id)
    try:
        lock.acquire(timeout=0)
    except (Timeout, OSError):  # an OSError tells nothing, and being wrong must not cost a message
        return False
    _remove(lock)
    return True


def bury_gone(connection: Connection, database: Database, me: str | None) -> list[int]:
    """Takes back what senders had that are gone.

    What they had claimed is pending again, what they were sending is unknown. The next owner of their sellers begins
    with empty buckets, because nobody knows how many requests they made.

    Args:
        connection: a write transaction.
        database: the ledger's database.
        me: the id of the sender that asks, which is left out; None if no sender asks.

    Returns:
        The ids of the messages that became unknown.
    """
    rows = connection.execute(select(senders).where(senders.c.id != (me or "")).order_by(senders.c.id)).all()
    return [
        message for row in rows if is_gone(connection, database, row) for message in _bury(connection, database, row.id)
    ]


_OF_SENDER = messages.c.sender == bindparam("gone")


def _bury(connection: Connection, database: Database, gone: str) -> list[int]:
    who = {"gone": gone}
    unknown = connection.execute(
        update(messages)
        .where(_OF_SENDER, CLAIMED_OR_SENDING, messages.c.state == "sending")
        .values(state="unknown", finished_at=database.now, error_type="SenderGone", error_text=_GONE_TEXT)
        .returning(messages.c.id),
        who,
    )
    ids = sorted(unknown.scalars())
    connection.execute(update(messages).where(_OF_SENDER, CLAIMED_OR_SENDING).values(state="pending"), who)
    connection.execute(
        update(sellers)
        .where(sellers.c.owner == bindparam("gone"))
        .values(owner=None, epoch=sellers.c.epoch + 1, buckets={"emptied": True}),
        who,
    )
    connection.execute(senders.delete().where(senders.c.id == bindparam("gone")), who)
    return ids


# The sessions of this process.
_living: WeakSet[Session] = WeakSet()


def _leave_sockets() -> None:
    """A child that was forked has the connections of its parent's senders too. It lets go of them without a word to
    the server: otherwise the server keeps the lock of a dead parent until the child ends.
    """
    for session in list(_living):
        session.leave_socket()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_leave_sockets)


def _file_lock(ledger: Path, sender: str) -> FileLock:
    return FileLock(f"{ledger}.sender-{sender}.lock", fallback_to_soft=False, thread_local=False)


def _remove(lock: FileLock) -> None:
    """Ends a lock for good. Its name is never used again, so nobody can be about to take it."""
    path = Path(lock.lock_file)
    lock.release(force=True)
    with suppress(OSError):
        path.unlink(missing_ok=True)
