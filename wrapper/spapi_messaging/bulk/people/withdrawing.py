"""What people decide about messages: send again, do not send, done elsewhere, was sent, was not sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, case, func, literal, null, select, update

from spapi_messaging.bulk.states import REFUSED, UNSENT, WITHDRAWN, State
from spapi_messaging.bulk.storage.dates import iso
from spapi_messaging.bulk.storage.keys import content_digest
from spapi_messaging.bulk.storage.schema import messages, sellers
from spapi_messaging.bulk.storage.selection import conditions, rows_of
from spapi_messaging.errors import ConfigurationError, InvalidMessageError, Problem, quoted

__all__ = ["NO_ERROR", "Word", "change", "hurry", "line_of", "note_with", "of_selection", "resume", "retry", "withdraw"]

# An error names at most this many orders.
_MAX_ORDERS = 10


@dataclass(frozen=True, slots=True)
class Word:
    """A person's word on some messages.

    Args:
        now: the database's time in milliseconds.
        name: what is done, as the note tells it.
        note: what the person says besides.
    """

    now: int
    name: str
    note: str | None = None


def note_with(word: Word) -> ColumnElement[str]:
    """The note of a message with one more line: when, what, and in which state the message was."""
    return func.coalesce(messages.c.note + literal("\n"), literal("")) + line_of(word)


def line_of(word: Word) -> ColumnElement[str]:
    """One line of a note."""
    said = f": {word.note}" if word.note else ""
    return literal(f"{iso(word.now)} {word.name} (was ") + messages.c.state + literal(f"){said}")


def of_selection(
    selection: Mapping[str, Any], states: tuple[State, ...], *, needs_one: str | None = None
) -> list[ColumnElement[bool]]:
    """The conditions on ``messages`` alone that select these messages in these states."""
    chosen = select(messages.c.id).join_from(messages, sellers).where(*conditions(selection, needs_one=needs_one))
    return [messages.c.state.in_([state.value for state in states]), messages.c.id.in_(chosen)]


def retry(connection: Connection, word: Word, selection: Mapping[str, Any]) -> int:
    """Makes messages pending again that were refused or given up, or withdrawn if their state is named.

    Raises:
        InvalidMessageError: the text of one was removed. Nothing was changed.
    """
    # What a person withdrew is not sent again by a word that does not name it.
    states = (*REFUSED, *WITHDRAWN) if selection.get("state") is not None else REFUSED
    wanted = of_selection(selection, states)
    textless = rows_of(selection).where(*wanted, messages.c.text.is_(None), messages.c.amazon_order_id.is_not(None))
    _refuse_textless([row for row in connection.execute(textless) if is_text_gone(row)])
    # A message that waited has in not_before when Amazon would have been asked again. Others have the caller's time.
    not_before = case((messages.c.waiting_since.is_(None), messages.c.not_before), else_=0)
    values = {"attempts": 0, "not_before": not_before, "waiting_since": None, "finished_at": None, **NO_ERROR}
    return change(connection, word, [*wanted, messages.c.amazon_order_id.is_not(None)], State.PENDING, values)


def withdraw(
    connection: Connection, word: Word, selection: Mapping[str, Any], target: State, *, keep_texts: bool
) -> int:
    """Withdraws messages that were not sent, and that no sender holds: ``cancelled``, or ``skipped``."""
    values: dict[str, Any] = {"finished_at": word.now, "waiting_since": None}
    if target is State.CANCELLED and not keep_texts:
        values |= {"text": None, "texts": null()}
    wanted = of_selection(selection, (*UNSENT, *REFUSED), needs_one=word.name)
    return change(connection, word, wanted, target, values)


def resume(connection: Connection, account: str | None) -> int:
    """Unparks an account, and counts its messages that go on.

    Raises:
        ConfigurationError: there is no such account.
    """
    name = (account or "").strip()
    found = select(sellers.c.id, sellers.c.parked_at).where(sellers.c.account == name)
    row = connection.execute(found).one_or_none()
    if row is None:
        shown = f"no account {quoted(name)}" if name else "no message without an account"
        raise ConfigurationError(f"There is {shown} in this ledger. Take the name from status() or export().")
    if row.parked_at is None:
        return 0
    values = {"parked_at": None, "parked_error": None, "parked_reason": None, "not_before": 0}
    connection.execute(update(sellers).where(sellers.c.id == row.id).values(values))
    pending = select(func.count()).where(messages.c.seller_id == row.id, messages.c.state == "pending")
    return int(connection.execute(pending).scalar_one())


def hurry(connection: Connection, now: int, selection: Mapping[str, Any]) -> int:
    """Lets messages and accounts go on that were left for later after trouble, and counts the messages."""
    chosen = select(messages.c.id).join_from(messages, sellers).where(*conditions(selection))
    pending = (messages.c.state == State.PENDING.value, messages.c.id.in_(chosen))
    paused = select(sellers.c.id).where(sellers.c.not_before > now, sellers.c.parked_at.is_(None))
    # One that was tried has an error. One whose own time has not come was never tried.
    later = (messages.c.not_before > now) & messages.c.error_type.is_not(None)
    goes_on = messages.c.seller_id.in_(paused) & (messages.c.not_before <= now)
    found = connection.execute(select(messages.c.id, messages.c.seller_id).where(*pending, later | goes_on)).all()
    theirs = select(messages.c.seller_id).where(*pending)
    connection.execute(update(sellers).where(sellers.c.id.in_(paused), sellers.c.id.in_(theirs)).values(not_before=0))
    connection.execute(update(messages).where(*pending, later).values(not_before=0))
    return len(found)


def is_text_gone(row: Row[Any]) -> bool:
    """Whether a message without a text had one: its digest tells."""
    content = (row.region, row.amazon_order_id, row.message_type, None, row.fields, row.attachments)
    return row.text is None and content_digest(*content) != row.digest


def change(
    connection: Connection, word: Word, wanted: Sequence[ColumnElement[bool]], state: State, values: Mapping[str, Any]
) -> int:
    """Sets the state, the note and other columns of some messages, and counts them."""
    columns = {"state": state.value, "note": note_with(word), **values}
    changed = connection.execute(update(messages).where(*wanted).values(columns).returning(messages.c.id))
    return sum(1 for _ in changed)


#: Columns that tell of a failure, empty.
NO_ERROR = {"error_type": null(), "error_text": null(), "status_code": null(), "request_id": null()}


def _refuse_textless(rows: list[Row[Any]]) -> None:
    if not rows:
        return
    remedy = "Add the job again, then retry."
    problems = [
        Problem("text", f"the text for order {row.amazon_order_id} was removed.", rule="text-removed", remedy=remedy)
        for row in rows[:_MAX_ORDERS]
    ]
    more = f" … and {len(rows) - _MAX_ORDERS} more." if len(rows) > _MAX_ORDERS else ""
    told = " ".join(map(str, problems))
    raise InvalidMessageError(f"Nothing was changed: {told}{more}", problems=tuple(problems))
