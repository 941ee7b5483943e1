"""Finds the operation that a request belongs to by its method and path. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from spapi_messaging._engine import Route
from spapi_messaging._usage_plan import UsagePlan
from spapi_messaging.messages import Operation

#: What every Messaging operation answers with.
ACCEPT = "application/hal+json"
#: Where no plan was ever published: that of every other Messaging operation.
DEFAULT_PLAN = UsagePlan(1.0, 5)

# The positions of a path's fixed segments and of the order id, and the operation for what stands at the fixed ones.
_Shape = tuple[tuple[int, ...], int | None, dict[tuple[str, ...], tuple[Operation, UsagePlan]]]


def router(operations: Iterable[Operation], prefix: str = "") -> Callable[[str, str], Route]:
    """A function from an HTTP method and a path to the Route.

    Args:
        operations: the operation table.
        prefix: the path of the endpoint, where it has one.
    """
    shapes: dict[tuple[str, int], list[_Shape]] = {}
    for operation in operations:
        _add(shapes, operation)
    for candidates in shapes.values():
        candidates.sort(key=lambda shape: -len(shape[0]))  # the most particular first
    cut = len(prefix)

    def route(method: str, path: str) -> Route:
        segments = path[cut:].split("/")
        for fixed, order_at, found in shapes.get((method, len(segments)), ()):
            match = found.get(tuple([segments[i] for i in fixed]))
            if match is not None:
                operation, plan = match
                order_id = "" if order_at is None else segments[order_at]
                accept = None if operation.accept == ACCEPT else operation.accept
                return Route(operation.operation_id, operation.kind, order_id, operation.success_status, plan, accept)
        # Of something unknown that may change things, the fate matters as much as that of a message.
        return Route(path, "read" if method in ("GET", "HEAD") else "send", "", 200, DEFAULT_PLAN)

    return route


def _add(shapes: dict[tuple[str, int], list[_Shape]], operation: Operation) -> None:
    segments = operation.path.split("/")
    fixed = tuple(i for i, segment in enumerate(segments) if not segment.startswith("{"))
    order_at = segments.index("{amazonOrderId}") if "{amazonOrderId}" in segments else None
    plan = UsagePlan(operation.rate, operation.burst) if operation.rate and operation.burst else DEFAULT_PLAN
    candidates = shapes.setdefault((operation.http_method, len(segments)), [])
    shape = next((shape for shape in candidates if shape[:2] == (fixed, order_at)), None)
    if shape is None:
        shape = (fixed, order_at, {})
        candidates.append(shape)
    shape[2][tuple(segments[i] for i in fixed)] = (operation, plan)
