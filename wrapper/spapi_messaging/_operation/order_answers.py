"""What Amazon answers about an order, kept for a short time: a check may come just before another one, or a send."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from spapi_messaging._call.context import CallContext
from spapi_messaging._call.effects import Flow
from spapi_messaging._call.requests import OrderScope
from spapi_messaging._operation.read import read_within
from spapi_messaging.messages import find_read

#: Seconds for which an answer is kept.
KEPT_SECONDS = 60.0
#: Orders whose answers are kept at most.
MAX_ORDERS = 256


def answer_about(scope: OrderScope, answer: str) -> Flow[Any]:
    """The answer with this name, kept or read now. None: Amazon's model has no such read."""
    operation = find_read(answer)
    if operation is None:
        return None
    context = scope.context
    # A send of this order takes the dict out. An answer that comes afterwards is put into it all the same, and then
    # nobody finds it: it may be older than the message.
    kept = context.answers.setdefault(context.order_key(scope.order_id), {})
    key, now = (scope.marketplace_id, operation.operation_id), context.now()
    if (found := kept.get(key)) is not None and now - found[0] < KEPT_SECONDS:
        return found[1]
    result = yield from read_within(scope, operation, {})
    if lists_messages(result):
        kept[key] = now, result
        _tidy(context)
    return result


def lists_messages(answer: Any) -> bool:
    """Whether there is a message in a list of actions. If not, Amazon fills it later, so the next call asks again.

    True for any other answer.
    """
    actions: Iterable[Any] | None = getattr(answer, "actions", None)
    return actions is None or any(action.message_type for action in actions)


def _tidy(context: CallContext) -> None:
    """Takes out what is too old, and the oldest if there is too much."""
    latest = context.now() - KEPT_SECONDS
    with suppress(RuntimeError):  # another thread has just put an answer into one of the dicts: the next call tidies up
        for index, (order, kept) in enumerate(reversed(list(context.answers.items()))):
            if index >= MAX_ORDERS or (kept and all(asked <= latest for asked, _ in kept.values())):
                context.answers.pop(order, None)
