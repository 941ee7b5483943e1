"""How long messages take by Amazon's usage plans."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import cache

from spapi_messaging.messages import OPERATIONS, operation_for

__all__ = ["seconds_by_plans"]


def seconds_by_plans(left: Mapping[str, int], *, check: bool = False) -> float | None:
    """How long it takes to send messages of one account.

    Each operation has a plan of its own, and they run side by side. So it takes as long as the slowest of them.

    Args:
        left: how many messages are to be sent, by their types.
        check: whether Amazon is asked about each message before it goes.

    Returns:
        Seconds; None: an operation has no published plan.
    """
    calls: Counter[str] = Counter()
    for message_type, count in left.items():
        calls.update(dict.fromkeys(operations_of(message_type, check=check), count))
    seconds = [count / rate if (rate := OPERATIONS[name].rate) else None for name, count in (+calls).items()]
    known = [each for each in seconds if each is not None]
    return max(known, default=0.0) if len(known) == len(seconds) else None


@cache
def operations_of(message_type: str, *, check: bool) -> tuple[str, ...]:
    """The operations that one message calls."""
    operation = operation_for(message_type)
    has_files = any(field.kind == "attachments" for field in operation.fields)
    kinds = {"upload"} if has_files else set()
    kinds |= {"read"} if check else set()
    return (operation.operation_id, *(each.operation_id for each in OPERATIONS.values() if each.kind in kinds))
