"""From a claimed message to what it is sent with, and from its outcome to what the ledger keeps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from spapi_messaging import SendReceipt
from spapi_messaging.attachments import ExpectedFile
from spapi_messaging.bulk.claiming.claims import ClaimedMessage
from spapi_messaging.bulk.outcomes import Outcome, RecordedError
from spapi_messaging.bulk.states import State
from spapi_messaging.errors import SpApiMessagingError

__all__ = ["columns_of", "known_error", "send_options"]

#: Characters of an error that the ledger keeps.
MAX_ERROR = 4000


def send_options(message: ClaimedMessage, files: Sequence[ExpectedFile]) -> dict[str, Any]:
    """The keyword arguments of the send."""
    given = {
        "text": message.text,
        "attachments": list(files),
        "marketplace": message.marketplace,
        **(message.fields or {}),
    }
    return {name: value for name, value in given.items() if value is not None and value != []}


def columns_of(outcome: Outcome) -> dict[str, Any]:
    """What the ledger keeps of an outcome."""
    receipt, error = outcome.receipt, outcome.error
    if receipt is not None:
        return _of_receipt(receipt)
    if error is None:
        return {}
    return {
        "request_id": error.request_id,
        "status_code": getattr(error, "status_code", None) or None,
        "error_type": getattr(error, "error_type", type(error).__name__),
        "error_text": str(error)[:MAX_ERROR],
    }


def known_error(error: BaseException, state: State) -> SpApiMessagingError:
    """The error as an outcome may show it. Nobody knows what the text of a foreign one holds, so it is left out."""
    if isinstance(error, SpApiMessagingError):
        return error
    name = type(error).__name__
    if state is State.UNKNOWN:
        told = f"{name} came while the message was on its way, and nobody knows whether Amazon accepted it."
        return RecordedError(told, error_type=name, outcome="unknown")
    return RecordedError(f"{name} came before the message left, so nothing was sent.", error_type=name)


def _of_receipt(receipt: SendReceipt) -> dict[str, Any]:
    return {
        "request_id": receipt.request_id,
        "status_code": receipt.status_code,
        "receipt": receipt.to_dict(),
    }
