"""The outcome of a job."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Row

from spapi_messaging.bulk.claiming.claims import ClaimedMessage
from spapi_messaging.bulk.jobs import Job
from spapi_messaging.bulk.states import State
from spapi_messaging.bulk.storage.dates import from_milliseconds
from spapi_messaging.bulk.storage.schema import NEVER
from spapi_messaging.bulk.texts import LocalizedText
from spapi_messaging.errors import SpApiMessagingError
from spapi_messaging.marketplaces import Marketplace
from spapi_messaging.results import SendReceipt

__all__ = ["Outcome", "RecordedError", "outcome_of"]


class RecordedError(SpApiMessagingError):
    """An error that the ledger kept.

    Attributes:
        error_type: the class of the error that was raised then, such as ``"BadRequestError"``.
        status_code: the HTTP status, where there was one.
    """

    error_type: str = "SpApiMessagingError"
    status_code: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """As of every error; ``type`` is the class of the error that was raised then."""
        return super().to_dict() | {"type": self.error_type}


@dataclass(frozen=True, slots=True)
class Outcome:
    """A job and where it stands.

    Attributes:
        job: the job. Its text is there only as long as the ledger keeps it.
        state: where it stands; ``parked`` if nothing of its account is sent until a person resumes it.
        account: the account that sends it; None if it was added without one.
        receipt: Amazon's word that the message was accepted; None if it was not, or if the ledger knows only a
            person's word.
        error: why it was not sent, or why nobody knows; of a parked one, why it is parked.
    """

    job: Job
    state: State
    account: str | None
    receipt: SendReceipt | None = None
    error: SpApiMessagingError | None = None

    def to_dict(self) -> dict[str, Any]:
        """What ``json.dumps`` takes. It holds no text."""
        return {
            "account": self.account,
            "marketplace": self.job.marketplace,
            "amazon_order_id": self.job.order_id,
            "message_type": self.job.message_type,
            "document": self.job.document,
            "key": self.job.key,
            "state": self.state.value,
            "request_id": self.receipt.request_id if self.receipt else self.error and self.error.request_id,
            "receipt": self.receipt and self.receipt.to_dict(),
            "error": self.error and self.error.to_dict(),
        }


def outcome_of(row: Row[Any]) -> Outcome:
    """The outcome of a row: all columns of ``messages``, with ``account``, ``parked_error`` and ``parked_reason``."""
    state = shown_state(row)
    job = job_of(row, row.account)
    receipt = receipt_of(row.receipt) if state is State.SENT else None
    return Outcome(job, state, job.account, receipt, _error_of(row, state))


def shown_state(row: Row[Any]) -> State:
    """The state of a row; a pending one whose seller is parked is shown as ``parked``."""
    is_parked = row.state == State.PENDING and row.parked_at is not None
    return State.PARKED if is_parked else State(row.state)


def job_of(row: Row[Any] | ClaimedMessage, account: str | None) -> Job:
    """The job of a row, as far as the ledger still knows it."""
    return Job(
        row.amazon_order_id or "",
        row.message_type,
        text=LocalizedText(row.text, row.texts) if row.texts and row.text is not None else row.text,
        attachments=[(file["name"], file["path"]) for file in row.attachments or ()],
        account=account or None,
        marketplace=Marketplace(row.marketplace).name,
        document=row.document,
        due=None if row.due_at == NEVER else from_milliseconds(row.due_at),
        not_before=from_milliseconds(row.not_before) if row.not_before else None,
        key=row.own_key,
        **(row.fields or {}),
    )


def receipt_of(kept: Mapping[str, Any] | None) -> SendReceipt | None:
    """The receipt that was kept. None: no receipt was kept, or this release cannot read it."""
    try:
        return SendReceipt.from_dict(kept) if kept else None
    except ValueError:
        return None


def _error_of(row: Row[Any], state: State) -> RecordedError | None:
    if state is State.PARKED:
        told = row.parked_reason or "The account is parked."
        return RecordedError(told, error_type=row.parked_error or "SpApiMessagingError")
    if row.error_type is None or state is State.SENT:
        return None
    outcome: Literal["not_sent", "unknown"] = "unknown" if state is State.UNKNOWN else "not_sent"
    return RecordedError(
        row.error_text or "",
        error_type=row.error_type,
        amazon_order_id=row.amazon_order_id,
        request_id=row.request_id,
        status_code=row.status_code,
        outcome=outcome,
    )
