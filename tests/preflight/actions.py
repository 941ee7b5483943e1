"""An order's actions in the shape in which production answers. Names and limits come from the table of operations."""

from __future__ import annotations

from typing import Any

from spapi_messaging import AvailableActions
from spapi_messaging.messages import MESSAGE_TYPES, Field, Operation
from tests.support.amazon import ORDER
from tests.support.samples import body_of

TYPES = {name: kind for kind, op in MESSAGE_TYPES.items() for name in (kind, op.operation_id)}
DRAFT_4 = "http://json-schema.org/draft-04/schema#"


def schema_of(operation: Operation, **changes: Any) -> dict[str, Any]:
    """The schema of an action, as production writes it: another dialect than the body's."""
    properties = {_name(field): _property(field) for field in operation.fields}
    return {
        "_links": {"self": {"href": f"/messaging/v1/orders/{ORDER}/messages/{operation.message_type}/schema"}},
        "$schema": DRAFT_4,
        "type": "object",
        "name": operation.message_type,
        "title": "A message",
        "description": "Sends the buyer a message about the order",
        "x-ui-hidden": None,
        "disabled": False,
        "disabledReason": None,
        "properties": properties,
        "required": [],
        **changes,
    }


def _name(field: Field) -> str:
    return "rawMessageBody" if field.kind == "text" else field.wire_name


def _property(field: Field) -> dict[str, Any]:
    if field.kind == "attachments":
        item = {
            "type": "object",
            "properties": {"id": {"type": "string"}, "fileName": {"type": "string", "maxLength": 3}},
            "required": ["id", "fileName", "size"],
        }
        return {"type": "array", "minItems": field.min_items or 0, "maxItems": field.max_items, "items": item}
    if field.kind == "text":
        return {"type": "string", "minLength": field.min_length, "maxLength": field.max_length, "title": "Text"}
    return {"type": "string", "format": "date-time"} if field.kind == "date-time" else {}


def action_of(operation: Operation, **changes: Any) -> dict[str, Any]:
    """One action with its schema; ``changes`` go into the schema."""
    href = f"/messaging/v1/orders/{ORDER}/messages/{operation.message_type}?marketplaceIds=A1PA6795UKMFR9"
    links = {"self": {"href": href, "name": operation.message_type}}
    return {"_links": links, "_embedded": {"schema": schema_of(operation, **changes)}}


def actions(*embedded: dict[str, Any]) -> AvailableActions:
    """What Amazon answers for an order."""
    return AvailableActions.from_raw({"_embedded": {"actions": list(embedded)}}, TYPES)


def good_body(operation: Operation) -> dict[str, Any]:
    """What would be sent, with files that are not uploaded."""
    return body_of(operation, [("file.pdf", b"%PDF-1.7")])
