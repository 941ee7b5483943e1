"""The results of the package, as --json prints them."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

import attrs

from spapi_messaging import Attachment, AvailableAction, SendReceipt


def shape(result: SendReceipt | AvailableAction) -> dict[str, Any]:
    """A result as a mapping from its field names. Times are in ISO 8601."""
    return attrs.asdict(result, value_serializer=_serialized)


def _serialized(_result: object, _field: object, value: Any) -> Any:
    if isinstance(value, Attachment):
        return asdict(value)
    return value.isoformat() if isinstance(value, datetime) else value
