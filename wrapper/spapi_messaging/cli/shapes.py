"""The package's results as --json prints them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import attrs

from spapi_messaging import AvailableAction, SendReceipt


def shape(result: SendReceipt | AvailableAction) -> dict[str, Any]:
    """A result with its own field names; times in ISO 8601."""
    return attrs.asdict(result, value_serializer=_serialized)


def _serialized(_result: object, _field: object, value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
