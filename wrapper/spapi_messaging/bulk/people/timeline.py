"""How many messages fall into each hour or day: what was finished when, what is due when, what waits until when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal

from sqlalchemy import BigInteger, ColumnElement, func, literal_column, select

from spapi_messaging.bulk.states import State
from spapi_messaging.bulk.storage.database import Database
from spapi_messaging.bulk.storage.dates import from_milliseconds, moment_of
from spapi_messaging.bulk.storage.schema import NEVER, messages, sellers
from spapi_messaging.bulk.storage.selection import SHOWN_STATE, conditions
from spapi_messaging.errors import ConfigurationError, quoted

__all__ = ["Span", "Step", "TimeName", "timeline_of"]

#: The times of a message that can be counted, as ``export`` calls them.
TimeName = Literal["finished_at", "due", "not_before"]
Step = Literal["hour", "day"]

_STEPS = {"hour": timedelta(hours=1), "day": timedelta(days=1)}
# By kind of time: its column, and which messages have it. The others are not counted.
_TIMES: dict[str, tuple[ColumnElement[int], ColumnElement[bool]]] = {
    "finished_at": (messages.c.finished_at, messages.c.finished_at.is_not(None)),
    "due": (messages.c.due_at, messages.c.due_at != NEVER),
    "not_before": (messages.c.not_before, messages.c.not_before > 0),
}


@dataclass(frozen=True, slots=True)
class Span:
    """How many messages of one account, in one state, fall into an hour or a day.

    Attributes:
        begin: when the hour or the day begins, in UTC.
        account: the account; None if they were added without one.
        state: the state that they are in now.
        count: how many.
    """

    begin: datetime
    account: str | None
    state: State
    count: int


def timeline_of(
    database: Database,
    selection: Mapping[str, Any],
    of: TimeName = "finished_at",
    *,
    step: Step = "hour",
    begin: date | str | None = None,
    end: date | str | None = None,
) -> tuple[Span, ...]:
    """Counts the messages of a selection by hour or day, account and state.

    Raises:
        ConfigurationError: there is no such time or step, or ``begin`` or ``end`` is no time.
    """
    column, is_known = _TIMES[_one_of("of", of, _TIMES)]
    length = _STEPS[_one_of("step", step, _STEPS)] // timedelta(milliseconds=1)
    # A literal, because a database groups only by the very words that it selects.
    start = column - column % literal_column(str(length), BigInteger())
    groups = (start, sellers.c.account, SHOWN_STATE)
    query = select(*groups, func.count()).join_from(messages, sellers).where(is_known, *conditions(selection))
    if begin is not None:
        query = query.where(column >= moment_of("begin", begin))
    if end is not None:
        query = query.where(column < moment_of("end", end))
    with database.read() as connection:
        rows: list[Any] = sorted(connection.execute(query.group_by(*groups)).all())
        return tuple(Span(from_milliseconds(first), name or None, State(state), n) for first, name, state, n in rows)


def _one_of(argument: str, given: Any, known: Mapping[str, Any]) -> str:
    if isinstance(given, str) and given in known:
        return given
    raise ConfigurationError(f"{argument} cannot be {quoted(given)}. Use one of {', '.join(known)}.")
