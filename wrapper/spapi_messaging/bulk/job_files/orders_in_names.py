"""The orders that a file's name tells of."""

from __future__ import annotations

import re

from spapi_messaging.messages import ORDER_ID_PATTERN

__all__ = ["orders_in"]

# Not a part of a longer number: that would be the order of somebody else.
_ORDER = re.compile(rf"(?<![0-9]){ORDER_ID_PATTERN}(?![0-9])")


def orders_in(*names: str) -> list[str]:
    """The order ids in the names of a file and its folders, each once."""
    return list(dict.fromkeys(order for name in names for order in _ORDER.findall(name)))
