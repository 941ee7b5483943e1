"""What a run asks the ledger, and changes in it, besides its claims."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select, update

from spapi_messaging.bulk.claiming.claims import ClaimedMessage
from spapi_messaging.bulk.outcomes import Outcome, outcome_of
from spapi_messaging.bulk.states import State
from spapi_messaging.bulk.storage.schema import messages
from spapi_messaging.bulk.storage.selection import rows_of

__all__ = ["earlier_send", "from_rejected_to_waiting", "outcomes_of"]


def outcomes_of(connection: Connection, ids: Collection[int], batch: str | None = None) -> list[Outcome]:
    """The outcomes of messages, as the ledger has them. Of a batch, if one is given."""
    if not ids:
        return []
    return [outcome_of(row) for row in connection.execute(rows_of({"batch": batch}).where(messages.c.id.in_(ids)))]


def earlier_send(connection: Connection, message: ClaimedMessage) -> str:
    """A sentence about the last message of this type that the ledger sent for the order. Empty: it sent none."""
    found = connection.execute(
        select(messages.c.finished_at, messages.c.document)
        .where(
            messages.c.amazon_order_id == message.amazon_order_id,
            messages.c.message_type == message.message_type,
            messages.c.region == message.region,
            messages.c.state == State.SENT.value,
            messages.c.id != message.id,
        )
        .order_by(messages.c.finished_at.desc())
        .limit(1)
    ).first()
    if found is None:
        return ""
    at = datetime.fromtimestamp(found.finished_at / 1000, UTC)
    document = f" (document {found.document})" if found.document else ""
    return f"A message of this type was sent for this order on {at:%Y-%m-%d %H:%M} UTC by this ledger{document}."


def from_rejected_to_waiting(
    connection: Connection, now: ColumnElement[int], ids: Collection[int], not_before: int
) -> set[int]:
    """Lets messages wait that this run had rejected. Returns those that still were."""
    values: dict[str, Any] = {
        "state": State.WAITING.value,
        "not_before": not_before,
        "waiting_since": func.coalesce(messages.c.waiting_since, now),
        "finished_at": None,
    }
    rejected = (messages.c.id.in_(ids), messages.c.state == State.REJECTED.value)
    return set(connection.scalars(update(messages).where(*rejected).values(values).returning(messages.c.id)))
