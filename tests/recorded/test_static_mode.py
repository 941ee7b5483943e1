"""Each published case of each operation, as recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from spapi_messaging import Attachment, AvailableActions, BadRequestError, OrderAttributes, SendReceipt
from spapi_messaging.messages import OPERATIONS, Operation, sandbox_cases

if TYPE_CHECKING:
    from spapi_messaging.messages import SandboxCase

MODE = "static"
ANY_FILE = Attachment("4e936e26-7b72-4b84-af27-e6baee1d546d", "invoice.pdf")
CASES = [
    pytest.param(OPERATIONS[operation_id], case, id=f"{operation_id}-{case.status}")
    for operation_id, cases in sorted(sandbox_cases().items())
    for case in cases
]

pytestmark = [pytest.mark.vcr, pytest.mark.filterwarnings("ignore::DeprecationWarning")]


@pytest.fixture
def options() -> dict[str, Any]:
    """A static sandbox has order ids that no order has."""
    return {"sandbox": True}


def arguments(operation: Operation) -> dict[str, Any]:
    """What the published success takes. Where the published case does not name the files, one file."""
    body = next(case.body for case in sandbox_cases()[operation.operation_id] if case.status < 300) or {}
    given: dict[str, Any] = {}
    for field in operation.fields:
        value = body.get(field.wire_name)
        if field.kind == "attachments":
            files = [Attachment(file["uploadDestinationId"], file["fileName"]) for file in value or ()]
            given[field.name] = files or [ANY_FILE]
        elif value is not None:
            given[field.name] = value
    return given


def check_answer(operation: Operation, case: SandboxCase, answer: Any) -> None:
    if operation.kind == "send":
        assert isinstance(answer, SendReceipt)
        assert (answer.operation, answer.amazon_order_id) == (operation.operation_id, case.order_id)
        assert answer.status_code == case.status
        assert answer.request_id
    else:
        assert isinstance(answer, AvailableActions | OrderAttributes)
        assert answer.raw == case.response


def check_refusal(operation: Operation, case: SandboxCase, refusal: BadRequestError) -> None:
    assert (refusal.status_code, refusal.operation, refusal.amazon_order_id) == (
        400,
        operation.operation_id,
        case.order_id,
    )
    assert (refusal.code, refusal.message) == ("InvalidInput", "Invalid Input")
    assert refusal.request_id


@pytest.mark.parametrize(("operation", "case"), CASES)
def test_published_case(client: Any, operation: Operation, case: SandboxCase) -> None:
    method = getattr(client, operation.name)
    if case.status < 300:
        check_answer(operation, case, method(case.order_id, **arguments(operation)))
    else:
        with pytest.raises(BadRequestError) as refused:
            method(case.order_id, **arguments(operation))
        check_refusal(operation, case, refused.value)
