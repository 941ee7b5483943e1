"""A sender's own connection to the ledger, and what becomes of its work when it is gone."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any
from uuid import uuid4
from weakref import WeakSet

from sqlalchemy import Connection, bindparam, update
from sqlalchemy.exc import SQLAlchemyError

from spapi_messaging.bulk.claiming.liveness import Liveness, gone_senders, liveness_of
from spapi_messaging.bulk.storage.database import Database, explained
from spapi_messaging.bulk.storage.schema import CLAIMED_OR_SENDING, messages, sellers, senders
from spapi_messaging.errors import LedgerError

__all__ = ["SenderGone", "Session", "bury_gone"]

_GONE_TEXT = (
    "The sender stopped while it was sending this message, so nobody knows whether Amazon accepted it. It is not sent "
    "again by itself. Find out in Seller Central, then use `resolve`."
)


class SenderGone(LedgerError):
    """Others took this sender for dead: its connection was lost, the file removed that it had locked, or its heartbeats
    came too late.

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
        self._liveness: Liveness | None = None
        self._connection: Connection | None = None
        self._is_registered = False
        _living.add(self)
        try:
            with self.transaction() as connection:
                self._register(connection)
        except BaseException:
            self.let_go()
            raise
        self._is_registered = True

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A write transaction, which cannot commit once others have taken the sender for dead.

        If a lock shows that the sender lives, the transaction is on the very connection that holds it. A connection
        that was lost is made anew by the next transaction, as the same sender.

        Raises:
            LedgerError: The database failed. It is ``retryable`` if the next transaction may succeed. If the connection
                was lost during the commit, nobody knows whether that was carried out.
            SenderGone: Others took this sender for dead.
        """
        self._require_own_process()
        with explained(self._database):
            connection = self._connected()
            with self._database.transaction(connection):
                if self._is_registered and not self._shown_by.ends_with_connection:
                    self._require_known(connection)
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
            self.let_go()

    def leave_socket(self) -> None:
        """Closes a child's copy of the socket, and leaves the parent's open."""
        connection = self._connection
        if self._database.is_sqlite or connection is None or connection.invalidated:
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
            if self._liveness is None:
                self._liveness = liveness_of(self._database, connection, self.id)
            self._liveness.take(connection)
            if self._is_registered and self._liveness.ends_with_connection:
                with self._database.transaction(connection, "read"):
                    self._require_known(connection)
        except BaseException:
            connection.close()
            raise
        self._connection = connection
        return connection

    @property
    def rest(self) -> float:
        """Seconds that may pass between two transactions."""
        return self._shown_by.rest

    @property
    def _shown_by(self) -> Liveness:
        assert self._liveness is not None, "there was a connection"
        return self._liveness

    def _require_known(self, connection: Connection) -> None:
        if not self._shown_by.is_known(connection, self.id, self._database.now):
            raise SenderGone(
                f"The ledger {self._database.url_shown}: others took this sender for dead, and took over its work. "
                "Messages that it was sending are `unknown` unless their result is still written."
            )

    def _register(self, connection: Connection) -> None:
        now = self._database.now
        row = {"id": self.id, "host": platform.node()[:255], "process": os.getpid(), **self._shown_by.row(now)}
        connection.execute(senders.insert().values(**row, started_at=now))

    def _require_own_process(self) -> None:
        if self._process != os.getpid():
            raise LedgerError("A sender belongs to the process that started it. Start another one after a fork.")

    def _drop_connection(self) -> None:
        if self._connection is not None:
            with suppress(SQLAlchemyError):
                self._connection.close()
            self._connection = None

    def let_go(self) -> None:
        """Ends it without telling the ledger. Others will find that the sender is gone."""
        self._drop_connection()
        if self._liveness is not None:
            self._liveness.let_go()


def bury_gone(connection: Connection, database: Database, me: str | None) -> list[int]:
    """Takes back what senders had before they were gone.

    What they had claimed is pending again, what they were sending is unknown. The next owner of their sellers begins
    with empty buckets, because nobody knows how many requests they made.

    Args:
        connection: a write transaction.
        database: the ledger's database.
        me: the id of the sender that asks, which is left out; None if no sender asks.

    Returns:
        The ids of the messages that became unknown.
    """
    found = gone_senders(connection, database, me)
    return [message for gone in found for message in _bury(connection, database, gone)]


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
