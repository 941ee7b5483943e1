"""Which messages an order allows, and the answer that says so, with each action's schema inline as in production."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from spapi_messaging.messages import MESSAGE_TYPES, Field, Operation
from spapi_messaging.sandbox.orders import Order, State

DRAFT_04 = "http://json-schema.org/draft-04/schema#"
FEEDBACK_REMOVAL = "negativeFeedbackRemoval"
ONCE_ONLY = "The removal of feedback was asked for already."

ACTION_NAMES = {"invoice": "sendInvoice"}
"""Where an action is not called like the path segment of its operation."""

DIALECT = {"text": "rawMessageBody"}
"""Where a schema has another name for a field of the body, by the field's kind."""

_SHIPPED, _DELIVERED, _CANCELLED = State.SHIPPED, State.DELIVERED, State.CANCELLED
AVAILABLE = {
    "confirmCustomizationDetails": {State.UNSHIPPED, _SHIPPED},
    "confirmOrderDetails": {State.UNSHIPPED, _SHIPPED},
    "confirmDeliveryDetails": {State.UNSHIPPED, _SHIPPED},
    "warranty": {_SHIPPED, _DELIVERED},
    "negativeFeedbackRemoval": {_SHIPPED, _DELIVERED, _CANCELLED},
    "invoice": set(State),
}
_USUALLY_AVAILABLE = {State.UNSHIPPED, _SHIPPED, _DELIVERED}
"""For a type that is not listed, one that Amazon adds among them."""


def available(order: Order) -> list[Operation]:
    """The messages that an order's state allows, spent ones among them."""
    return [
        operation
        for message_type, operation in MESSAGE_TYPES.items()
        if order.state in AVAILABLE.get(message_type, _USUALLY_AVAILABLE)
    ]


def disabled_reason(operation: Operation, order: Order) -> str | None:
    """Why a message that the state allows cannot be sent any more; None when it can."""
    return ONCE_ONLY if operation.message_type == FEEDBACK_REMOVAL and order.feedback_removal_requested else None


def document(order: Order, marketplace_id: str) -> dict[str, Any]:
    """The answer of getMessagingActionsForOrder.

    Args:
        order: The order.
        marketplace_id: What the request names.
    """
    base = f"/messaging/v1/orders/{quote(order.order_id, safe='')}"
    query = f"?marketplaceIds={quote(marketplace_id, safe='')}"
    actions = [_action(operation, order, base, query) for operation in available(order)]
    links = [action["_links"]["self"] for action in actions]
    return {"_links": {"self": {"href": base + query}, "actions": links}, "_embedded": {"actions": actions}}


def _action(operation: Operation, order: Order, base: str, query: str) -> dict[str, Any]:
    name = ACTION_NAMES.get(str(operation.message_type), str(operation.message_type))
    href = f"{base}/messages/{name}"
    schema_link = {"href": f"{href}/schema{query}", "name": name}
    return {
        "_links": {"self": {"href": href + query, "name": name}, "schema": schema_link},
        "_embedded": {"schema": {"_links": {"self": schema_link}, **schema(operation, order)}},
        "payload": {"name": name},
    }


def schema(operation: Operation, order: Order) -> dict[str, Any]:
    """What an action's body must be like, in the dialect of production."""
    reason = disabled_reason(operation, order)
    needed = _needed(operation)
    properties = {_name(field): _property(field, field in needed) for field in operation.fields}
    return {
        "$schema": DRAFT_04,
        "type": "object",
        "name": ACTION_NAMES.get(str(operation.message_type), operation.message_type),
        "title": operation.name.replace("_", " ").capitalize(),
        "description": operation.summary,
        "disabled": reason is not None,
        "disabledReason": reason,
        "x-ui-hidden": None,
        "properties": properties,
        "required": [_name(field) for field in needed],
    }


def _needed(operation: Operation) -> list[Field]:
    """Whatever the model requires; and the one field, where a message would be empty without it."""
    content = [field for field in operation.fields if field.kind in ("text", "attachments")]
    return [field for field in operation.fields if field.required or [field] == content]


def _name(field: Field) -> str:
    return DIALECT.get(field.kind, field.wire_name)


def _property(field: Field, needed: bool) -> dict[str, Any]:
    if field.kind == "attachments":
        item = {"type": "object", "properties": {"id": {"type": "string"}}, "required": ["id"]}
        return _given(type="array", items=item, minItems=field.min_items or int(needed), maxItems=field.max_items)
    return _given(
        type=None if field.kind == "value" else "string",
        format="date-time" if field.kind == "date-time" else None,
        minLength=field.min_length,
        maxLength=field.max_length,
        enum=list(field.enum) or None,
    )


def _given(**rules: Any) -> dict[str, Any]:
    return {name: rule for name, rule in rules.items() if rule is not None}
