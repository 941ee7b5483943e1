"""What stands where an order id belongs, and is not one."""

from __future__ import annotations

import re

from spapi_messaging.errors import quoted

__all__ = ["is_like_an_order", "shown_order"]

# Characters that stand in an order id, or that people and programs put in their place.
_LIKE_AN_ORDER = re.compile(r"(?=(?:.*[0-9]){9})[A-Z0-9 _.\u00a0\u2010-\u2015\u2212-]{12,30}", re.IGNORECASE)


def is_like_an_order(text: str) -> bool:
    """Whether somebody may have meant this to be an order id."""
    return _LIKE_AN_ORDER.fullmatch(text) is not None


def shown_order(text: str) -> str:
    """What stands in the place of an order id, as a problem may show it: it may be a name, or a text."""
    return repr(text) if is_like_an_order(text) else quoted(text)
