"""Ledgers with messages in them, for tests of what people and programs do with them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, select, update

from spapi_messaging.bulk import Job, Ledger
from spapi_messaging.bulk.storage.schema import messages, sellers
from tests.support.amazon import ORDER, TEXT

#: 2026-11-22, noon in Berlin.
NOON = 1_795_345_200


class Clock:
    """A clock that a test sets, in seconds since 1970."""

    def __init__(self, now: float = NOON) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def a_text(order_id: str = ORDER, **more: Any) -> Job:
    """A job of a text alone, for Germany unless it says otherwise."""
    return Job(order_id, "confirmOrderDetails", **{"text": TEXT, "marketplace": "DE", **more})


def order(number: int) -> str:
    """The id of an order, one for each number."""
    return f"303-1234567-{number:07d}"


def rows(ledger: Ledger) -> list[Row[Any]]:
    """All messages as they stand in the table, in the order of their ids."""
    with ledger.database.read() as connection:
        return list(connection.execute(select(messages).order_by(messages.c.id)))


def states(ledger: Ledger) -> list[str]:
    """The states of all messages, in the order of their ids."""
    return [row.state for row in rows(ledger)]


def set_columns(ledger: Ledger, order_id: str | None = None, **values: Any) -> None:
    """Changes columns of the messages for an order, or of all."""
    statement = update(messages).values(values)
    with ledger.database.write() as connection:
        connection.execute(statement.where(messages.c.amazon_order_id == order_id) if order_id else statement)


def park(ledger: Ledger, account: str, reason: str = "The token was revoked.") -> None:
    """Parks an account."""
    values = {"parked_at": NOON * 1000, "parked_error": "AuthorizationError", "parked_reason": reason}
    with ledger.database.write() as connection:
        connection.execute(update(sellers).where(sellers.c.account == account).values(values))


def in_every_state(ledger: Ledger, **more: Any) -> dict[str, str]:
    """Adds a message in each state; gives the order of each."""
    every = [
        "pending",
        "claimed",
        "sending",
        "sent",
        "waiting",
        "rejected",
        "given_up",
        "unknown",
        "cancelled",
        "skipped",
    ]
    orders = {state: order(place) for place, state in enumerate(every)}
    ledger.add(a_text(order_id, **more) for order_id in orders.values())
    for state, order_id in orders.items():
        set_columns(ledger, order_id, state=state)
    return orders
