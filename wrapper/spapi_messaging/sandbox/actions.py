"""Which messages an order allows, and the answer that lists them. Each action holds its schema, as in production."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from spapi_messaging.messages import Field, Operation
from spapi_messaging.sandbox.operations import Operations
from spapi_messaging.sandbox.orders import Order, State

DRAFT_04 = "http://json-schema.org/draft-04/schema#"
FEEDBACK_REMOVAL = "negativeFeedbackRemoval"
ONCE_ONLY = "The removal of the feedback was already requested."

ACTION_NAMES = {"invoice": "sendInvoice"}
"""The actions whose name is not the last path segment of their operation."""

SCHEMA_NAMES = {"text": "rawMessageBody"}
"""By field kind: the name in the schema, where it is not the name in the body."""

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
"""For all types that are not listed above, also for types that Amazon adds later."""


def available(order: Order, operations: Operations) -> list[Operation]:
    """The messages that the state of an order allows, even if they cannot be sent a second time."""
    return [
        operation
        for message_type, operation in operations.message_types.items()
        if order.state in AVAILABLE.get(message_type, _USUALLY_AVAILABLE)
    ]


def disabled_reason(operation: Operation, order: Order) -> str | None:
    """Why a message cannot be sent although the state allows it. None: it can be sent."""
    return ONCE_ONLY if operation.message_type == FEEDBACK_REMOVAL and order.feedback_removal_requested else None


def document(order: Order, marketplace_id: str, operations: Operations) -> dict[str, Any]:
    """The answer of getMessagingActionsForOrder.

    Args:
        order: The order.
        marketplace_id: The marketplace that the request names.
        operations: The operations that the sandbox serves.
    """
    base = f"/messaging/v1/orders/{quote(order.order_id, safe='')}"
    query = f"?marketplaceIds={quote(marketplace_id, safe='')}"
    actions = [_action(operation, order, base, query) for operation in available(order, operations)]
    links = [action["_links"]["self"] for action in actions]
    return {"_links": {"self": {"href": base + query}, "actions": links}, "_embedded": {"actions": actions}}


def _action(operation: Operation, order: Order, base: str, query: str) -> dict[str, Any]:
    name = _action_name(operation)
    href = f"{base}/messages/{name}"
    schema_link = {"href": f"{href}/schema{query}", "name": name}
    return {
        "_links": {"self": {"href": href + query, "name": name}, "schema": schema_link},
        "_embedded": {"schema": {"_links": {"self": schema_link}, **schema(operation, order)}},
        "payload": {"name": name},
        # Amazon's guide shows these two here as well.
        "name": name,
        "title": _title(operation),
    }


def _title(operation: Operation) -> str:
    return operation.name.replace("_", " ").capitalize()


def _action_name(operation: Operation) -> str:
    message_type = str(operation.message_type)
    return ACTION_NAMES.get(message_type, message_type)


def schema(operation: Operation, order: Order) -> dict[str, Any]:
    """The schema of an action's body, with the field names that production uses."""
    reason = disabled_reason(operation, order)
    required = _required(operation)
    properties = {schema_name(field): _property(field, field in required) for field in operation.fields}
    return {
        "$schema": DRAFT_04,
        "type": "object",
        "name": _action_name(operation),
        "title": _title(operation),
        "description": operation.summary,
        "disabled": reason is not None,
        "disabledReason": reason,
        "x-ui-hidden": None,
        "properties": properties,
        "required": [schema_name(field) for field in required],
    }


def _required(operation: Operation) -> list[Field]:
    """The fields that the model requires. A message with only one field for content needs that field as well."""
    content = [field for field in operation.fields if field.kind in ("text", "attachments")]
    return [field for field in operation.fields if field.required or [field] == content]


def schema_name(field: Field) -> str:
    """The name of a field in the schema."""
    return SCHEMA_NAMES.get(field.kind, field.wire_name)


def _property(field: Field, required: bool) -> dict[str, Any]:
    if field.kind == "attachments":
        item = {"type": "object", "properties": {"id": {"type": "string"}}, "required": ["id"]}
        return _without_none(
            type="array", items=item, minItems=field.min_items or int(required), maxItems=field.max_items
        )
    return _without_none(
        type=None if field.kind == "value" else "string",
        format="date-time" if field.kind == "date-time" else None,
        minLength=field.min_length,
        maxLength=field.max_length,
        enum=list(field.enum) or None,
    )


def _without_none(**rules: Any) -> dict[str, Any]:
    return {name: rule for name, rule in rules.items() if rule is not None}
