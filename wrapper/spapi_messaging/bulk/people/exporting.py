"""Messages as plain dicts, for tables and other programs. Nothing in them was written for a buyer."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row

from spapi_messaging.bulk.outcomes import shown_state
from spapi_messaging.bulk.states import State
from spapi_messaging.bulk.storage.dates import iso
from spapi_messaging.bulk.storage.schema import NEVER
from spapi_messaging.marketplaces import Marketplace

__all__ = ["exported"]


def exported(row: Row[Any]) -> dict[str, Any]:
    """A row as a dict. Times are in ISO 8601 and UTC; what is not known is None."""
    state = shown_state(row)
    is_parked = state is State.PARKED
    return {
        "account": row.account or None,
        "marketplace": Marketplace(row.marketplace).name,
        "amazon_order_id": row.amazon_order_id,
        "message_type": row.message_type,
        "document": row.document,
        "key": row.own_key,
        "state": state.value,
        "request_id": row.request_id,
        "status_code": row.status_code,
        "error_type": row.parked_error if is_parked else row.error_type,
        "error": row.parked_reason if is_parked else row.error_text,
        "attempts": row.attempts,
        "due": iso(None if row.due_at == NEVER else row.due_at),
        "not_before": iso(row.not_before or None),
        "added_at": iso(row.added_at),
        "sending_at": iso(row.sending_at),
        "finished_at": iso(row.finished_at),
        "note": row.note,
        "files": [file["name"] for file in row.attachments or ()],
    }
