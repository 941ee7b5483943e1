"""How others see whether a sender lives: by a lock that ends with it, or, behind a pooler, by its heartbeats.

A wrong answer costs an ``unknown``, and never a second message: a sender that was taken for dead begins no more
messages.
"""

from __future__ import annotations

import secrets
from contextlib import suppress
from math import inf
from pathlib import Path
from typing import Any, Protocol

from filelock import FileLock, Timeout
from sqlalchemy import ColumnElement, Connection, and_, bindparam, func, literal_column, or_, select, update

from spapi_messaging.bulk.storage.database import Database
from spapi_messaging.bulk.storage.schema import senders
from spapi_messaging.errors import ConfigurationError, LedgerError

__all__ = ["DEAD_AFTER", "REST", "Liveness", "count_living", "gone_senders", "is_gone", "liveness_of"]

#: Seconds without a heartbeat after which a sender is taken for dead, by the database's clock. More than a sender may
#: hesitate between the commit of ``sending`` and the first byte.
DEAD_AFTER = 60.0
#: Seconds that a sender with heartbeats rests at most between two transactions. Each transaction is a heartbeat.
REST = 10.0

# With these, the server soon notices that a sender's machine is gone, and releases its lock.
_KEEP_ALIVE = "SET tcp_keepalives_idle = 15; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3"
# The numbers of the advisory locks that somebody holds in this database.
_HELD_LOCKS: ColumnElement[Any] = literal_column(
    "ANY (ARRAY(SELECT classid::bigint << 32 | objid::bigint FROM pg_locks WHERE locktype = 'advisory' "
    "AND objsubid = 1 AND granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())))"
)
_ROW = select(senders.c.id).where(senders.c.id == bindparam("me"))


class Liveness(Protocol):
    """How one sender shows that it lives.

    Attributes:
        ends_with_connection: whether the sender's connection cannot commit any more once others see that it is gone.
        rest: seconds that may pass between two transactions.
    """

    ends_with_connection: bool
    rest: float

    def take(self, connection: Connection) -> None:
        """Begins to show it, on a connection that was just made, outside a transaction.

        Raises:
            LedgerError: it cannot do so now. It may succeed later.
            ConfigurationError: it can never do so.
        """
        ...

    def row(self, now: ColumnElement[int]) -> dict[str, Any]:
        """What the sender's row holds of it."""
        ...

    def is_known(self, connection: Connection, me: str, now: ColumnElement[int]) -> bool:
        """Whether others still take the sender for alive. Asked at the beginning of each write transaction. If the sign
        of life ends with the connection, asked only in the first transaction on a new connection."""
        ...

    def let_go(self) -> None:
        """Stops showing it."""
        ...


def liveness_of(database: Database, connection: Connection, me: str) -> Liveness:
    """The kind that fits the database, as this connection reaches it."""
    if database.path is not None:
        return _FileLock(database, database.path, me)
    return _Heartbeats() if database.is_pooled(connection) else _AdvisoryLock(database)


class _FileLock:
    """SQLite: a lock of the operating system, on a file beside the ledger."""

    ends_with_connection = False  # a file can be removed, and nothing tells its owner
    rest = inf

    def __init__(self, database: Database, path: Path, me: str) -> None:
        self._shown = database.url_shown
        self._lock = _file_lock(path, me)

    def take(self, connection: Connection) -> None:
        try:
            self._lock.acquire(timeout=0)  # again after a lost connection: counted, not taken anew
        except (OSError, NotImplementedError) as error:
            reason = getattr(error, "strerror", None) or type(error).__name__
        else:
            return
        raise ConfigurationError(
            f"The ledger {self._shown}: no file can be locked beside it: {reason}. Put it on a disk of "
            "this machine, into a folder that may be written."
        )

    def row(self, now: ColumnElement[int]) -> dict[str, Any]:
        return {"lock_number": 0}

    def is_known(self, connection: Connection, me: str, now: ColumnElement[int]) -> bool:
        return connection.execute(_ROW, {"me": me}).first() is not None

    def let_go(self) -> None:
        if self._lock.is_locked:
            _remove(self._lock)


class _AdvisoryLock:
    """PostgreSQL: a lock that belongs to the sender's connection."""

    ends_with_connection = True
    rest = inf

    def __init__(self, database: Database) -> None:
        self._shown = database.url_shown
        self._number = secrets.randbits(63)

    def take(self, connection: Connection) -> None:
        connection.exec_driver_sql(_KEEP_ALIVE)
        if not connection.execute(select(func.pg_try_advisory_lock(self._number))).scalar_one():
            raise LedgerError(
                f"The ledger {self._shown}: the server has not noticed yet that this sender's last "
                "connection was lost. Try again.",
                retryable=True,
            )

    def row(self, now: ColumnElement[int]) -> dict[str, Any]:
        return {"lock_number": self._number}

    def is_known(self, connection: Connection, me: str, now: ColumnElement[int]) -> bool:
        return connection.execute(_ROW, {"me": me}).first() is not None

    def let_go(self) -> None:
        """It ends with the connection."""


class _Heartbeats:
    """PostgreSQL behind a pooler, which gives each transaction another connection: a time in the sender's row."""

    ends_with_connection = False
    rest = REST

    def take(self, connection: Connection) -> None:
        """Nothing is held."""

    def row(self, now: ColumnElement[int]) -> dict[str, Any]:
        return {"lock_number": 0, "heartbeat_at": now}

    def is_known(self, connection: Connection, me: str, now: ColumnElement[int]) -> bool:
        # The row stays locked until the transaction ends, and nobody takes a sender for dead whose row is locked.
        beat = update(senders).where(senders.c.id == bindparam("me")).values(heartbeat_at=now).returning(senders.c.id)
        return connection.execute(beat, {"me": me}).first() is not None

    def let_go(self) -> None:
        """Nothing is held."""


def is_gone(connection: Connection, database: Database, sender_row: Any) -> bool:
    """Whether a sender does not live any more. If so, nobody else finds that out before the transaction ends.

    Args:
        connection: a write transaction, not of the sender's own session.
        database: the ledger's database.
        sender_row: the sender's row in ``spapi_senders``.
    """
    if database.path is not None:
        return _is_free(database.path, sender_row.id)
    return bool(_gone_in_postgres(connection, database.now, senders.c.id == sender_row.id))


def gone_senders(connection: Connection, database: Database, me: str | None) -> list[str]:
    """The ids of the senders that do not live any more. Nobody else finds them before the transaction ends.

    Args:
        connection: a write transaction.
        database: the ledger's database.
        me: the id of the sender that asks, which is left out; None if no sender asks.
    """
    others = senders.c.id != (me or "")
    if database.path is None:
        return _gone_in_postgres(connection, database.now, others)
    found = connection.scalars(select(senders.c.id).where(others).order_by(senders.c.id)).all()
    return [sender for sender in found if _is_free(database.path, sender)]


def count_living(connection: Connection, database: Database) -> int:
    """How many senders live, for whoever only looks. In PostgreSQL it locks nothing, and the right to read is enough.

    Args:
        connection: a transaction, not of a sender's own session.
        database: the ledger's database.
    """
    if database.path is not None:
        return sum(not _is_free(database.path, sender) for sender in connection.scalars(select(senders.c.id)).all())
    beats = senders.c.heartbeat_at >= _oldest_beat(database.now)
    holds_lock = and_(senders.c.heartbeat_at.is_(None), senders.c.lock_number == _HELD_LOCKS)
    living = select(func.count()).select_from(senders).where(or_(beats, holds_lock))
    return int(connection.execute(living).scalar_one())


def _gone_in_postgres(connection: Connection, now: ColumnElement[int], which: ColumnElement[bool]) -> list[str]:
    # Each sender tells by itself which way it shows that it lives.
    silent = senders.c.heartbeat_at < _oldest_beat(now)
    dead = connection.scalars(select(senders.c.id).where(which, silent).with_for_update(skip_locked=True)).all()
    with_lock = connection.execute(
        select(senders.c.id, func.pg_try_advisory_xact_lock(senders.c.lock_number)).where(
            which, senders.c.heartbeat_at.is_(None)
        )
    )
    return sorted([*dead, *(sender for sender, is_free in with_lock if is_free)])


def _oldest_beat(now: ColumnElement[int]) -> ColumnElement[int]:
    """The time of a heartbeat from which on its sender counts as living."""
    return now - literal_column(str(round(DEAD_AFTER * 1000)))


def _is_free(ledger: Path, sender: str) -> bool:
    lock = _file_lock(ledger, sender)
    try:
        lock.acquire(timeout=0)
    except (Timeout, OSError):  # an OSError tells nothing, and being wrong must not cost a message
        return False
    _remove(lock)
    return True


def _file_lock(ledger: Path, sender: str) -> FileLock:
    return FileLock(f"{ledger}.sender-{sender}.lock", fallback_to_soft=False, thread_local=False)


def _remove(lock: FileLock) -> None:
    """Ends a lock for good. Its name is never used again, so nobody can be about to take it."""
    path = Path(lock.lock_file)
    lock.release(force=True)
    with suppress(OSError):
        path.unlink(missing_ok=True)
