"""How messages change their state. Every function runs inside a write transaction of its caller."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Update,
    bindparam,
    case,
    literal_column,
    select,
    tuple_,
    update,
)
from sqlalchemy.sql.dml import ReturningUpdate

from spapi_messaging.bulk.states import State
from spapi_messaging.bulk.storage.new_values import NewValues, as_parameters
from spapi_messaging.bulk.storage.schema import kept_keys, messages, meta, sellers
from spapi_messaging.errors import ConfigurationError

Now = ColumnElement[int]

# The texts of messages in these states are not needed any more.
_TEXTLESS = frozenset({State.SENT, State.CANCELLED, State.GIVEN_UP})
_OPEN: list[ColumnElement[str]] = [
    literal_column(f"'{state}'") for state in (State.CLAIMED, State.SENDING, State.UNKNOWN)
]


class Settlement(NamedTuple):
    """The result of an attempt.

    Args:
        id: the message's.
        epoch: the seller's when the message was claimed.
        state: the new state. ``claimed`` (there is proof that it was not sent) becomes ``pending`` if others took over.
        values: other columns to write. ``error_type`` and ``error_text`` become empty if they are not named.
    """

    id: int
    epoch: int
    state: State
    values: Mapping[str, Any]

    def __repr__(self) -> str:  # values may have in them what must not stand in a log
        return f"Settlement(id={self.id}, epoch={self.epoch}, state={str(self.state)!r})"


class Begun(set[int]):
    """The ids of messages that are ``sending`` now. ``sending_at`` is the time of all of them, for the witness."""

    sending_at: int = 0


def begin_sending(connection: Connection, now: Now, me: str, attempts: Sequence[tuple[int, int]]) -> Begun:
    """Marks messages as being sent. Only the messages that it returns may be sent, and only after the commit.

    Args:
        connection: a write transaction.
        now: SQL for the clock, in milliseconds.
        me: the sender's id.
        attempts: id and epoch of each message, as it was claimed.
    """
    begun = Begun()
    if not attempts:
        return begun
    rows = connection.execute(_begin(now), {"me": me, "ids": [id for id, _ in attempts], "attempts": list(attempts)})
    for message, sending_at in rows:
        begun.add(message)
        begun.sending_at = sending_at
    return begun


@lru_cache(16)
def _begin(now: Now) -> ReturningUpdate[*tuple[Any, ...]]:
    return (
        update(messages)
        .where(
            messages.c.id.in_(bindparam("ids", expanding=True)),  # SQLite uses no index for the pairs alone
            tuple_(messages.c.id, messages.c.epoch).in_(bindparam("attempts", expanding=True)),
            messages.c.state == literal_column("'claimed'"),
            messages.c.sender == bindparam("me"),
        )
        .values(state="sending", sending_at=now, attempts=messages.c.attempts + 1)
        .returning(messages.c.id, messages.c.sending_at)
    )


def settle(connection: Connection, now: Now, me: str, settlements: Iterable[Settlement], keep_texts: bool) -> set[int]:
    """Writes the results of attempts. Only the sender of that attempt can do this, even after others took it for dead.

    Args:
        connection: a write transaction.
        now: SQL for the clock, in milliseconds.
        me: the id that the sender had when it claimed the messages.
        settlements: one for each attempt.
        keep_texts: whether the text stays although the message is done.

    Returns:
        The ids of the messages that were written. The others do not belong to this attempt any more.
    """
    written: set[int] = set()
    for settlement in settlements:
        new = NewValues.of(settlement.values)
        statement = _settlement(now, settlement.state, tuple(new.plain), keep_texts)
        if new.of_clock:
            statement = statement.values(new.of_clock)
        who = {"me": me, "message_id": settlement.id, "attempt": settlement.epoch}
        found = connection.execute(statement, who | new.parameters).scalars().all()
        # Written before, by a commit whose answer was lost.
        written.update(found or connection.execute(_standing(settlement.state), who).scalars())
    return written


# Building a statement takes longer than carrying it out, so those that differ in values alone are built once.
@lru_cache(64)
def _settlement(
    now: Now, state: State, columns: tuple[str, ...], keep_texts: bool
) -> ReturningUpdate[*tuple[Any, ...]]:
    values: dict[str, Any] = {
        "state": _claimed_if_still_ours() if state == State.CLAIMED else state.value,
        "finished_at": now if state.is_finished else None,
        "error_type": None,
        "error_text": None,
    }
    values |= as_parameters(messages, columns)
    if state in _TEXTLESS and not keep_texts:
        values |= {"text": None, "texts": None}
    return _of_attempt().values(values).returning(messages.c.id)


@lru_cache(16)
def _standing(state: State) -> Select[*tuple[Any, ...]]:
    return select(messages.c.id).where(
        messages.c.id == bindparam("message_id"),
        messages.c.sender == bindparam("me"),
        messages.c.epoch == bindparam("attempt"),
        messages.c.state == state.value,
    )


def _of_attempt() -> Update:
    return update(messages).where(
        messages.c.id == bindparam("message_id"),
        messages.c.sender == bindparam("me"),
        messages.c.epoch == bindparam("attempt"),
        messages.c.state.in_(_OPEN),
    )


def _claimed_if_still_ours() -> ColumnElement[str]:
    """A message whose seller was given back or taken over is nobody's: pending, so that the next owner takes it."""
    ours = (
        select(sellers.c.id)
        .where(
            sellers.c.id == messages.c.seller_id,
            sellers.c.owner == bindparam("me"),
            sellers.c.epoch == bindparam("attempt"),
        )
        .correlate(messages)
        .exists()
    )
    return case(((messages.c.state != State.UNKNOWN.value) & ours, State.CLAIMED.value), else_=State.PENDING.value)


def bind(connection: Connection, purpose: str) -> None:
    """Writes down what the ledger is for. Once a message has begun to leave, or is about to, this cannot be changed.

    Args:
        connection: a write transaction.
        purpose: ``"production"``, or a sandbox's URL.

    Raises:
        ConfigurationError: The ledger is for something else.
    """
    connection.execute(update(meta).where(meta.c.purpose.is_(None)).values(purpose=purpose))
    require_purpose(connection, purpose)
    connection.execute(update(meta).where(meta.c.purpose != purpose).values(purpose=purpose))  # it was a mistake


def require_purpose(connection: Connection, purpose: str) -> None:
    """Refuses a ledger that is for something else, unless no message has begun to leave from it.

    Args:
        connection: a transaction.
        purpose: as of ``bind``.

    Raises:
        ConfigurationError: The ledger is for something else.
    """
    found = connection.execute(select(meta.c.purpose)).scalar_one()
    if found not in (None, purpose) and not _is_untouched(connection):
        raise ConfigurationError(
            f"This ledger is for {found}, and this sender is for {purpose}. Use another ledger: what was sent in a "
            "rehearsal must not count as sent in production."
        )


def _is_untouched(connection: Connection) -> bool:
    """Whether no message has ever begun to leave, and none is about to."""
    begun = select(messages.c.id).where(messages.c.sending_at.is_not(None)).limit(1)
    archived = select(kept_keys.c.key_hash).limit(1)
    served = select(sellers.c.id).where(sellers.c.owner.is_not(None)).limit(1)
    return all(connection.execute(each).first() is None for each in (begun, archived, served))
