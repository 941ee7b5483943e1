"""Whether an order allows a type of message, by what Amazon lists for it."""

from __future__ import annotations

from itertools import islice

from spapi_messaging.errors import Problem
from spapi_messaging.messages import Operation
from spapi_messaging.preflight.printable import printable
from spapi_messaging.results import AvailableActions

__all__ = ["check_availability"]

NOT_AVAILABLE = "not-available"
DISABLED = "disabled"

_MAX_NAMES = 6


def check_availability(actions: AvailableActions, operation: Operation) -> list[Problem]:
    """Why a type of message cannot be sent for an order now, by Amazon's list of its actions.

    Args:
        actions: what ``get_messaging_actions_for_order`` returned.
        operation: the operation that would send the message.

    Returns:
        At most one error. Empty: the message may be sent now.
    """
    message_type = operation.message_type or operation.operation_id
    if message_type in actions:
        action = actions[message_type]
        if action.available:
            return []
        reason = printable(action.disabled_reason or "")
        told = f"Amazon has disabled {message_type} for this order{f': {reason}' if reason else ''}"
        told += "" if told.endswith((".", "!", "?", "…")) else "."
        return [Problem("message_type", told, rule=DISABLED, remedy="Ask again when the order's state has changed.")]
    if not any(action.message_type for action in actions):
        told = "Amazon lists no message for this order now."
        remedy = "The list can be empty for a while and be filled later: ask again, or look into Seller Central."
        return [Problem("message_type", told, rule=NOT_AVAILABLE, remedy=remedy)]
    told = f"Amazon does not list {message_type} for this order. {_listed(actions)}"
    remedy = "Send one that it lists, or ask again when the order's state has changed."
    return [Problem("message_type", told, rule=NOT_AVAILABLE, remedy=remedy)]


def _listed(actions: AvailableActions) -> str:
    """A few of the types that can be sent."""
    allowed = dict.fromkeys(each.message_type for each in actions if each.message_type and each.available)
    if not allowed:
        return "What it lists is disabled."
    more = f" and {len(allowed) - _MAX_NAMES} more" if len(allowed) > _MAX_NAMES else ""
    return f"It lists {', '.join(islice(allowed, _MAX_NAMES))}{more}."
