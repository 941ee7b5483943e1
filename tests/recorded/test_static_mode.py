"""Each published case of each operation, as recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from spapi_messaging import ApiError, Attachment, AvailableActions, OrderAttributes, SendReceipt
from spapi_messaging.messages import Operation, sandbox_cases
from tests.support.cases import published_cases
from tests.support.samples import body_of, required_arguments_of

if TYPE_CHECKING:
    from spapi_messaging.messages import SandboxCase

MODE = "static"
ANY_FILE = {"uploadDestinationId": "4e936e26-7b72-4b84-af27-e6baee1d546d", "fileName": "invoice.pdf"}
CASES = published_cases()

pytestmark = [pytest.mark.vcr, pytest.mark.filterwarnings("ignore::DeprecationWarning")]


@pytest.fixture
def options() -> dict[str, Any]:
    """A static sandbox has order ids that no order has."""
    return {"sandbox": True}


def body_for(operation: Operation, case: SandboxCase) -> dict[str, Any]:
    """The body of a case. A case that takes any body gets that of a success, or one that the operation takes."""
    successes = (each for each in sandbox_cases()[operation.operation_id] if each.status < 300)
    bodies = [each.body for each in (case, *successes) if each.body is not None]
    return bodies[0] if bodies else body_of(operation, [ANY_FILE])


def arguments(operation: Operation, case: SandboxCase) -> dict[str, Any]:
    """What the method of an operation takes, so that the request is that of a case."""
    body = body_for(operation, case)
    given = {each.name: case.parameters.get(each.wire_name) for each in operation.parameters}
    for field in operation.fields:
        value = body.get(field.wire_name)
        if field.kind == "attachments":
            value = [Attachment(file["uploadDestinationId"], file["fileName"]) for file in value or ()]
        given[field.name] = value
    return {**required_arguments_of(operation), **{name: value for name, value in given.items() if value is not None}}


def check_answer(operation: Operation, case: SandboxCase, answer: Any) -> None:
    if operation.kind == "send":
        assert isinstance(answer, SendReceipt)
        assert (answer.operation, answer.amazon_order_id) == (operation.operation_id, case.order_id)
        assert answer.status_code == case.status
        assert answer.request_id
    else:
        assert isinstance(answer, AvailableActions | OrderAttributes)
        assert answer.raw == case.response


def check_refusal(operation: Operation, case: SandboxCase, refusal: ApiError) -> None:
    assert (refusal.status_code, refusal.operation, refusal.amazon_order_id) == (
        case.status,
        operation.operation_id,
        case.order_id,
    )
    published = case.response["errors"][0]
    assert (refusal.code, refusal.message) == (published["code"], published["message"])
    assert refusal.request_id


@pytest.mark.parametrize(("operation", "case"), CASES)
def test_published_case(client: Any, operation: Operation, case: SandboxCase) -> None:
    method = getattr(client, operation.name)
    if case.status < 300:
        check_answer(operation, case, method(case.order_id, **arguments(operation, case)))
    else:
        with pytest.raises(ApiError) as refused:
            method(case.order_id, **arguments(operation, case))
        check_refusal(operation, case, refused.value)
