"""What Prometheus is told of a ledger, read with a few queries. Nothing is written: the right to SELECT is enough."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, RowMapping, TextClause, and_, case, func, literal_column, select

from spapi_messaging.bulk.claiming.liveness import count_living
from spapi_messaging.bulk.states import State
from spapi_messaging.bulk.storage.database import Database
from spapi_messaging.bulk.storage.reading import now_of
from spapi_messaging.bulk.storage.schema import CLAIMED_OR_SENDING, messages, sellers, senders

__all__ = ["Counts", "Queue", "finished_counts", "read_queue"]

#: How many messages there are, by state and type.
Counts = Mapping[tuple[State, str], int]

# Literals, not parameters: an index on messages in one state is used only for queries with the index's own words.
_PENDING = messages.c.state == literal_column("'pending'")
_WAITING = messages.c.state == literal_column("'waiting'")
_FINISHED = messages.c.state.in_([literal_column(f"'{state}'") for state in State if state.is_finished])
# The table's number, for which no right is needed.
_SENDERS: ColumnElement[Any] = literal_column(f"CAST('{senders.name}' AS regclass)")


class Queue(NamedTuple):
    """The messages that are not finished, and who sends them.

    Args:
        counts: how many there are, by state and type.
        late: how many have a ``due`` that has passed.
        oldest_seconds: the age of the oldest message that could be sent now; 0 without such a message.
        unserved_seconds: the longest time that a seller has waited whose messages could be sent now and whom no sender
            serves; 0 without such a seller.
        parked: how many accounts are parked.
        senders: how many senders run.
        started: how many senders have started, as PostgreSQL counted; None: nobody counts.
    """

    counts: Counts
    late: int
    oldest_seconds: float
    unserved_seconds: float
    parked: int
    senders: int
    started: int | None


def read_queue(database: Database) -> Queue:
    """Reads the messages that are not finished. Each state has an index, so finished ones cost nothing here."""
    counts: Counter[tuple[State, str]] = Counter()
    late = 0
    with database.read() as connection:
        now = now_of(connection, database)
        pending = _pending(connection, database, now)
        for row in pending:
            counts[State.PARKED if row.is_parked else State(row.state), row.message_type] += row.count
            late += row.late
        for condition in (_WAITING, CLAIMED_OR_SENDING):
            for state, message_type, count, overdue in _others(connection, condition, now):
                counts[State(state), message_type] += count
                late += overdue
        parked = connection.execute(select(func.count()).where(sellers.c.parked_at.is_not(None))).scalar_one()
        running = count_living(connection, database)
        started = _count_started(connection, database)
        oldest, unserved = (_age(now, [row[name] for row in pending]) for name in ("oldest", "unserved"))
        return Queue(counts, late, oldest, unserved, int(parked), running, started)


def finished_counts(database: Database) -> Counts:
    """Counts the messages that are finished. It reads all of them."""
    groups = (messages.c.state, messages.c.message_type)
    with database.read() as connection:
        rows = connection.execute(select(*groups, func.count()).where(_FINISHED).group_by(*groups)).all()
        return {(State(state), message_type): count for state, message_type, count in rows}


def _pending(connection: Connection, database: Database, now: int) -> Sequence[RowMapping]:
    """Pending messages by type: how many, how many are late, when the oldest that could be sent now was added, and
    since when the seller that has waited longest waits for a sender."""
    is_parked = case((sellers.c.parked_at.is_not(None), literal_column("1")), else_=literal_column("0"))
    could_go = and_(sellers.c.parked_at.is_(None), messages.c.not_before <= now, sellers.c.not_before <= now)
    latest = func.max if database.is_sqlite else func.greatest
    waits_since = latest(messages.c.added_at, messages.c.not_before, sellers.c.not_before, sellers.c.last_served_at)
    query = (
        select(
            literal_column("'pending'").label("state"),
            messages.c.message_type,
            is_parked.label("is_parked"),
            func.count().label("count"),
            _late(now).label("late"),
            func.min(case((could_go, messages.c.added_at))).label("oldest"),
            func.min(case((and_(could_go, sellers.c.owner.is_(None)), waits_since))).label("unserved"),
        )
        .join_from(messages, sellers)
        .where(_PENDING)
        .group_by(messages.c.message_type, is_parked)
    )
    return connection.execute(query).mappings().all()


def _count_started(connection: Connection, database: Database) -> int | None:
    """How many senders have started. The row of a slice is gone before anybody looks, but PostgreSQL counts rows that
    were inserted. After a crash it begins at 0 again, as counters of Prometheus may."""
    if database.is_sqlite:
        return None
    return int(connection.execute(select(func.pg_stat_get_tuples_inserted(_SENDERS))).scalar_one() or 0)


def _age(now: int, times: Iterable[int | None]) -> float:
    """Seconds since the first of some times; 0 without times."""
    return max(0, now - min((each for each in times if each is not None), default=now)) / 1000


def _others(connection: Connection, condition: ColumnElement[bool] | TextClause, now: int) -> Sequence[Any]:
    """Messages in other states by state and type: how many, and how many are late."""
    groups = (messages.c.state, messages.c.message_type)
    query = select(*groups, func.count(), _late(now)).where(condition).group_by(*groups)
    return connection.execute(query).all()


def _late(now: int) -> ColumnElement[int]:
    return func.sum(case((messages.c.due_at < now, 1), else_=0))
