"""Simulated mode: orders have a state. Messages arrive in the inbox, unless the order does not allow them."""

from __future__ import annotations

from typing import Any

from spapi_messaging.marketplaces import Marketplace
from spapi_messaging.messages import Operation, sandbox_cases
from spapi_messaging.sandbox import actions, bodies
from spapi_messaging.sandbox.answers import (
    HAL,
    JSON,
    Answer,
    access_denied,
    error,
    invalid_input,
    json_answer,
    not_available,
)
from spapi_messaging.sandbox.call import Call, Refused
from spapi_messaging.sandbox.inbox import Attachment, Message
from spapi_messaging.sandbox.operations import retired_hint
from spapi_messaging.sandbox.orders import Order
from spapi_messaging.sandbox.requests import media_type
from spapi_messaging.sandbox.state import SandboxState
from spapi_messaging.sandbox.uploads import Owner

MAX_TOTAL_BYTES = 10 * 1024 * 1024
_MARKETPLACE_IDS = {marketplace.value for marketplace in Marketplace}


def answer(call: Call, state: SandboxState) -> Answer:
    """Answers a call like production."""
    try:
        _check_parameters(call)
        if not state.orders.exists(call.order_id):
            raise Refused(invalid_input("An order id looks like 303-1234567-1234567."))
        if call.operation.kind == "upload":
            return _create_destination(call, state)
        order = _order(call, state)
        return _read(call, order, state) if call.operation.kind == "read" else _send(call, order, state)
    except Refused as refused:
        return refused.answer


def _check_parameters(call: Call) -> None:
    if call.marketplace_id not in _MARKETPLACE_IDS:
        raise Refused(invalid_input("marketplaceIds must name one marketplace."))
    for parameter in call.operation.parameters:
        value = call.query.get(parameter.wire_name, call.path.get(parameter.wire_name))
        if parameter.required and value is None:
            raise Refused(invalid_input(f"{parameter.wire_name} is missing."))
        if value is not None and parameter.enum and value not in map(str, parameter.enum):
            raise Refused(invalid_input(f"{parameter.wire_name} is not one of the allowed values."))


def _order(call: Call, state: SandboxState) -> Order:
    order = state.orders.get(call.order_id)
    if order.marketplace is not None and order.marketplace.value != call.marketplace_id:
        raise Refused(invalid_input("The order was placed in another marketplace."))
    return order


def _create_destination(call: Call, state: SandboxState) -> Answer:
    owner = Owner(call.seller, call.order_id, call.path["messageType"])
    if owner.message_type not in state.operations.message_types:
        raise Refused(access_denied(retired_hint(owner.message_type)))
    content_md5 = call.query.get("contentMD5")
    if not content_md5:
        raise Refused(invalid_input("contentMD5 is missing."))
    payload = state.uploads.create(call.origin, owner, content_md5, call.query.get("contentType"), call.null_headers)
    return json_answer(201, {"payload": payload})


def _read(call: Call, order: Order, state: SandboxState) -> Answer:
    if call.operation.answer == "AvailableActions":
        return json_answer(200, actions.document(order, call.marketplace_id, state.operations), HAL)
    if call.operation.answer == "OrderAttributes":
        return json_answer(200, {"buyer": {"locale": order.language(call.marketplace_id)}}, HAL)
    return _success(call.operation)


def _success(operation: Operation) -> Answer:
    """The published answer of an operation. It is `{}` for every message known so far."""
    published = (case.response for case in sandbox_cases().get(operation.operation_id, ()) if case.status < 300)
    return json_answer(operation.success_status, next(published, {}), HAL)


def _send(call: Call, order: Order, state: SandboxState) -> Answer:
    operation = call.operation
    if operation not in actions.available(order, state.operations) or actions.disabled_reason(operation, order):
        raise Refused(not_available())
    body = _body(call)
    problem = bodies.problem(body, operation, actions.schema(operation, order))
    if problem:
        raise Refused(invalid_input(problem))
    attachments = _attachments(call, body, state)
    state.inbox.append(_message(call, body, attachments, order, state))
    state.uploads.hand_over(attachments)
    if operation.message_type == actions.FEEDBACK_REMOVAL:
        order.feedback_removal_requested = True
    return _success(operation)


def _body(call: Call) -> dict[str, Any]:
    if call.operation.body_model is None:
        return {}
    if media_type(call.content_type) != JSON:
        raise Refused(error(415, "UnsupportedMediaType", "The body must be application/json."))
    body = call.json_object()
    if body is None:
        raise Refused(invalid_input("The body must be a JSON object."))
    return body


def _attachments(call: Call, body: dict[str, Any], state: SandboxState) -> tuple[Attachment, ...]:
    fields = [field.wire_name for field in call.operation.fields if field.kind == "attachments"]
    named = [item for field in fields for item in body.get(field, ())]
    owner = Owner(call.seller, call.order_id, str(call.operation.message_type))
    files = []
    for item in named:
        destination = state.uploads.uploaded(item["uploadDestinationId"], owner)
        if destination is None:
            raise Refused(invalid_input("", f"Attachment with ID {item['uploadDestinationId']} does not exist"))
        files.append(destination.attachment(item["fileName"]))
    if sum(file.size for file in files) > MAX_TOTAL_BYTES:
        raise Refused(invalid_input("Together, the attachments are larger than 10 MB."))
    return tuple(files)


def _message(
    call: Call, body: dict[str, Any], attachments: tuple[Attachment, ...], order: Order, state: SandboxState
) -> Message:
    field_kinds = {field.wire_name: field.kind for field in call.operation.fields}
    texts = [value for name, value in body.items() if field_kinds.get(name) == "text"]
    return Message(
        number=next(state.message_numbers),
        operation=call.operation.operation_id,
        message_type=str(call.operation.message_type),
        order_id=call.order_id,
        marketplace_id=call.marketplace_id,
        locale=order.language(call.marketplace_id),
        text=texts[0] if texts else None,
        attachments=attachments,
        fields={name: value for name, value in body.items() if field_kinds.get(name) not in ("text", "attachments")},
        request_id=call.request_id,
        received_at=state.clock.today(),
        seller=call.seller,
    )
