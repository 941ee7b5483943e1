"""What Prometheus is told of a ledger, read with a few queries. Nothing is written: SELECT is enough of a right."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, TextClause, and_, case, func, literal_column, select

from spapi_messaging.bulk.claiming.liveness import count_living
from spapi_messaging.bulk.states import State
from spapi_messaging.bulk.storage.database import Database
from spapi_messaging.bulk.storage.reading import now_of
from spapi_messaging.bulk.storage.schema import CLAIMED_OR_SENDING, messages, sellers

__all__ = ["Counts", "Queue", "finished_counts", "read_queue"]

#: How many messages there are, by state and type.
Counts = Mapping[tuple[State, str], int]

# Literals, not parameters: the indexes on messages in one state are used only where their own words stand.
_PENDING = messages.c.state == literal_column("'pending'")
_WAITING = messages.c.state == literal_column("'waiting'")
_FINISHED = messages.c.state.in_([literal_column(f"'{state}'") for state in State if state.is_finished])


class Queue(NamedTuple):
    """The messages that are not finished, and who sends.

    Args:
        counts: how many there are, by state and type.
        late: how many have a ``due`` that has passed.
        oldest_seconds: since when the oldest message is there that could be sent now; 0 if there is none.
        parked: how many accounts are parked.
        senders: how many senders run.
    """

    counts: Counts
    late: int
    oldest_seconds: float
    parked: int
    senders: int


def read_queue(database: Database) -> Queue:
    """Reads the messages that are not finished. Each state has an index, so finished ones cost nothing here."""
    counts: Counter[tuple[State, str]] = Counter()
    late, oldest = 0, None
    with database.read() as connection:
        now = now_of(connection, database)
        for state, message_type, is_parked, count, overdue, first in _pending(connection, now):
            counts[State.PARKED if is_parked else State(state), message_type] += count
            late += overdue
            oldest = min((each for each in (oldest, first) if each is not None), default=None)
        for condition in (_WAITING, CLAIMED_OR_SENDING):
            for state, message_type, count, overdue in _others(connection, condition, now):
                counts[State(state), message_type] += count
                late += overdue
        parked = connection.execute(select(func.count()).where(sellers.c.parked_at.is_not(None))).scalar_one()
        running = count_living(connection, database)
    age = 0.0 if oldest is None else max(0, now - oldest) / 1000
    return Queue(counts, late, age, int(parked), running)


def finished_counts(database: Database) -> Counts:
    """Counts the messages that are finished. It reads all of them."""
    groups = (messages.c.state, messages.c.message_type)
    with database.read() as connection:
        rows = connection.execute(select(*groups, func.count()).where(_FINISHED).group_by(*groups)).all()
    return {(State(state), message_type): count for state, message_type, count in rows}


def _pending(connection: Connection, now: int) -> Sequence[Any]:
    """Pending messages by type: how many, how many are late, and when the oldest was added that could be sent now."""
    is_parked = case((sellers.c.parked_at.is_not(None), literal_column("1")), else_=literal_column("0"))
    could_go = and_(sellers.c.parked_at.is_(None), messages.c.not_before <= now, sellers.c.not_before <= now)
    oldest = func.min(case((could_go, messages.c.added_at)))
    query = (
        select(literal_column("'pending'"), messages.c.message_type, is_parked, func.count(), _late(now), oldest)
        .join_from(messages, sellers)
        .where(_PENDING)
        .group_by(messages.c.message_type, is_parked)
    )
    return connection.execute(query).all()


def _others(connection: Connection, condition: ColumnElement[bool] | TextClause, now: int) -> Sequence[Any]:
    """Messages in other states by state and type: how many, and how many are late."""
    groups = (messages.c.state, messages.c.message_type)
    query = select(*groups, func.count(), _late(now)).where(condition).group_by(*groups)
    return connection.execute(query).all()


def _late(now: int) -> ColumnElement[int]:
    return func.sum(case((messages.c.due_at < now, 1), else_=0))
