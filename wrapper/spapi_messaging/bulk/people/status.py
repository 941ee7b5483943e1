"""How a ledger stands: what is left, what is late, who is parked, who sends."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, case, func, or_, select

from spapi_messaging.bulk.claiming.session import bury_gone
from spapi_messaging.bulk.states import State, exit_code
from spapi_messaging.bulk.storage.database import Database
from spapi_messaging.bulk.storage.dates import from_milliseconds, span_of_day, zone_of
from spapi_messaging.bulk.storage.reading import now_of
from spapi_messaging.bulk.storage.schema import messages, sellers, senders
from spapi_messaging.bulk.storage.selection import SHOWN_STATE, conditions, rows_of
from spapi_messaging.marketplaces import Marketplace

__all__ = ["Count", "ParkedAccount", "Status", "late_rows", "status_of"]

_UNFINISHED = messages.c.state.in_([state.value for state in State if not state.is_finished])


@dataclass(frozen=True, slots=True)
class Count:
    """How many messages of one type are in one state.

    Attributes:
        account: the account; None if they were added without one.
        message_type: the type's wire name.
        state: the state.
        count: how many.
    """

    account: str | None
    message_type: str
    state: State
    count: int


@dataclass(frozen=True, slots=True)
class ParkedAccount:
    """An account of which nothing is sent until a person resumes it.

    Attributes:
        account: the account; None if its messages were added without one.
        error: the class of the error that parked it.
        reason: why, and what to do.
        since: since when, in UTC.
    """

    account: str | None
    error: str | None
    reason: str | None
    since: datetime


@dataclass(frozen=True, slots=True)
class Status:
    """How a ledger stands.

    Attributes:
        counts: messages by account, type and state.
        late: unfinished messages whose ``due`` has passed.
        due_today: unfinished messages that are due until the end of this day in their marketplace, and not late.
        oldest_pending: when the oldest message that still waits for its turn was added; None: no message waits.
        parked: accounts of which nothing is sent.
        senders: how many senders are running.
        later: pending messages that may not be sent yet: their ``not_before``, or a pause after trouble. Those of
            parked accounts are not among them.
        next_at: when the first of these may be sent; None: there are no such messages.
    """

    counts: tuple[Count, ...]
    late: int
    due_today: int
    oldest_pending: datetime | None
    parked: tuple[ParkedAccount, ...]
    senders: int
    later: int = 0
    next_at: datetime | None = None

    @property
    def states(self) -> dict[State, int]:
        """How many messages are in each state that occurs."""
        found = dict.fromkeys((each.state for each in self.counts), 0)
        for each in self.counts:
            found[each.state] += each.count
        return found

    @property
    def exit_code(self) -> int:
        """The exit code of a command that ends like this: that of the worst message."""
        return exit_code(set(self.states))

    def to_dict(self) -> dict[str, Any]:
        """What ``json.dumps`` takes."""
        return {
            "counts": [_plain(each) for each in self.counts],
            "states": {state.value: count for state, count in self.states.items()},
            "late": self.late,
            "due_today": self.due_today,
            "oldest_pending": self.oldest_pending and self.oldest_pending.isoformat(),
            "parked": [_plain(each) for each in self.parked],
            "senders": self.senders,
            "later": self.later,
            "next_at": self.next_at and self.next_at.isoformat(),
            "exit_code": self.exit_code,
        }


def status_of(database: Database, selection: Mapping[str, Any]) -> Status:
    """How the messages of a selection stand, and who sends."""
    chosen = conditions(selection)
    running = _running(database)
    with database.read() as connection:
        now = now_of(connection, database)
        counts = _counts(connection, chosen)
        late = _count(connection, [*chosen, _UNFINISHED, messages.c.due_at < now])
        today = _count(connection, [*chosen, _UNFINISHED, messages.c.due_at >= now, _due_today(connection, now)])
        waits = select(func.min(messages.c.added_at)).join_from(messages, sellers)
        oldest = connection.execute(waits.where(*chosen, messages.c.state == "pending")).scalar_one()
        parked = _parked(connection, chosen)
        later, next_at = _later(connection, chosen, now)
        return Status(counts, late, today, _time(oldest), parked, running, later, _time(next_at))


def _time(moment: int | None) -> datetime | None:
    return None if moment is None else from_milliseconds(moment)


def _later(connection: Connection, chosen: list[ColumnElement[bool]], now: int) -> tuple[int, int | None]:
    """How many pending messages may not be sent yet, and when the first of them may."""
    free = case((messages.c.not_before > sellers.c.not_before, messages.c.not_before), else_=sellers.c.not_before)
    wanted = (SHOWN_STATE.in_([State.PENDING.value]), free > now)
    query = select(func.count(), func.min(free)).select_from(messages.join(sellers)).where(*chosen, *wanted)
    count, first = connection.execute(query).one()
    return int(count), first


def late_rows(database: Database, selection: Mapping[str, Any]) -> Select[Any]:
    """The rows of unfinished messages whose ``due`` has passed."""
    return rows_of(selection).where(_UNFINISHED, messages.c.due_at < database.now)


def _counts(connection: Connection, chosen: list[ColumnElement[bool]]) -> tuple[Count, ...]:
    groups = (sellers.c.account, messages.c.message_type, SHOWN_STATE)
    query = select(*groups, func.count()).join_from(messages, sellers).where(*chosen).group_by(*groups)
    rows = sorted(connection.execute(query).all(), key=lambda row: (_by_numbers(row[0]), *row[:3]))
    return tuple(Count(account or None, name, State(state), count) for account, name, state, count in rows)


def _by_numbers(name: str) -> list[tuple[int, str]]:
    """A key that sorts names as people do: shop-2 comes before shop-10."""
    parts = re.split(r"([0-9]+)", name)
    return [(int(part), "") if place % 2 else (-1, part) for place, part in enumerate(parts)]


def _count(connection: Connection, chosen: list[ColumnElement[bool]]) -> int:
    query = select(func.count()).select_from(messages.join(sellers)).where(*chosen)
    return int(connection.execute(query).scalar_one())


def _due_today(connection: Connection, now: int) -> ColumnElement[bool]:
    """Whether a message is due until the end of today, in its marketplace."""
    ends = []
    for value in connection.execute(select(messages.c.marketplace).distinct()).scalars().all():
        zone = zone_of(Marketplace(value))
        end = span_of_day(from_milliseconds(now).astimezone(zone).date(), zone)[1]
        ends.append(and_(messages.c.marketplace == value, messages.c.due_at <= end))
    return or_(False, *ends)


def _parked(connection: Connection, chosen: list[ColumnElement[bool]]) -> tuple[ParkedAccount, ...]:
    columns = (sellers.c.account, sellers.c.parked_error, sellers.c.parked_reason, sellers.c.parked_at)
    query = select(*columns).where(sellers.c.parked_at.is_not(None))
    if chosen:
        query = query.where(sellers.c.id.in_(select(sellers.c.id).join_from(messages, sellers).where(*chosen)))
    rows = sorted(connection.execute(query).all(), key=lambda row: (_by_numbers(row[0]), row[0]))
    return tuple(
        ParkedAccount(account or None, error, reason, from_milliseconds(since))
        for account, error, reason, since in rows
    )


def _running(database: Database) -> int:
    """How many senders run. What dead senders had is taken back first: what they were sending becomes unknown."""
    with database.read() as connection:
        if connection.execute(select(senders.c.id).limit(1)).first() is None:
            return 0
    with database.write() as connection:
        bury_gone(connection, database, None)
        return int(connection.execute(select(func.count()).select_from(senders)).scalar_one())


def _plain(told: Count | ParkedAccount) -> dict[str, Any]:
    """Its fields, with a time as text."""
    values = {name: getattr(told, name) for name in told.__slots__}
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in values.items()}
