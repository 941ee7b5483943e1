"""The results of the package, as --json prints them."""

from __future__ import annotations

from dataclasses import asdict, is_dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from spapi_messaging import AvailableAction, SendReceipt


def shape(result: SendReceipt | AvailableAction) -> dict[str, Any]:
    """A result as a mapping from its field names. Times are in ISO 8601."""
    import attrs

    return attrs.asdict(result, value_serializer=_serialized)


def _serialized(_result: object, _field: object, value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    return value.isoformat() if isinstance(value, datetime) else value
