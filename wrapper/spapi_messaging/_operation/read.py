"""A read: what an order allows, or who its buyer is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from spapi_messaging._call.context import CallContext
from spapi_messaging._call.effects import Flow
from spapi_messaging._call.outcome import request_id_of
from spapi_messaging._call.requests import OrderScope, parsed, perform
from spapi_messaging.errors import MalformedResponseError
from spapi_messaging.messages import MESSAGE_TYPES, Operation, invalid


def read(
    context: CallContext, operation: Operation, order_id: str, parameters: Mapping[str, Any], marketplace: str | None
) -> Flow[Any]:
    """Reads something about an order; ``parameters`` are keyed by the generated function's keywords."""
    scope = OrderScope.begin(context, order_id, marketplace)
    if scope.problems:
        raise invalid(scope.problems)
    return (yield from read_within(scope, operation, parameters))


def read_within(scope: OrderScope, operation: Operation, parameters: Mapping[str, Any]) -> Flow[Any]:
    """A read that is part of something larger, with whose deadline it must end."""
    answer = yield from perform(scope, operation, parameters)
    if make := _result_makers().get(operation.answer or ""):
        return make(answer.body)
    try:
        return parsed(operation, answer)
    except (AttributeError, KeyError, TypeError, ValueError) as unreadable:
        raise MalformedResponseError(
            f"Amazon's answer to {operation.operation_id} for order {scope.order_id} has an unexpected shape. "
            "Look for a newer release of spapi-messaging.",
            operation=operation.operation_id,
            amazon_order_id=scope.order_id,
            request_id=request_id_of(answer.response),
            retryable=False,
        ) from unreadable


@cache
def _result_makers() -> Mapping[str, Callable[[Mapping[str, Any]], object]]:
    """Makes the results that have a class of their own, by its name. Any other read gives the generated model."""
    from spapi_messaging.results import AvailableActions, OrderAttributes

    # Amazon's action names are operationIds here and path segments there.
    types = {name: type_ for type_, known in MESSAGE_TYPES.items() for name in (type_, known.operation_id)}
    return {
        "AvailableActions": lambda raw: AvailableActions.from_raw(raw, types),
        "OrderAttributes": OrderAttributes.from_raw,
    }
