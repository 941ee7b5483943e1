"""The committed generated package, as callers use it."""

from __future__ import annotations

import datetime
import json
import re
import subprocess
import sys
from importlib import import_module
from typing import Any

import httpx
import pytest

from spapi_messaging_client import AuthenticatedClient, Client, models
from spapi_messaging_client.api.messaging import create_warranty, get_messaging_actions_for_order
from spapi_messaging_client.api.uploads import create_upload_destination_for_resource
from spapi_messaging_client.facade import AsyncMessagingOperations, MessagingOperations
from spapi_messaging_client.operations import OPERATIONS, Operation, Retired
from spapi_messaging_client.sandbox_cases import SANDBOX_CASES
from tests.support.samples import body_of

ORDER = "303-1234567-1234567"


def answering(content: Any, status: int = 200, seen: list[httpx.Request] | None = None) -> Client:
    """A low-level client. Its server always gives this answer."""

    def handler(request: httpx.Request) -> httpx.Response:
        if seen is not None:
            seen.append(request)
        return httpx.Response(status, json=content)

    http = httpx.Client(base_url="https://api.test", transport=httpx.MockTransport(handler))
    return Client(base_url="https://api.test").set_httpx_client(http)


SCHEMA: dict[str, Any] = {
    "$schema": "http://json-schema.org/draft-04/schema#",
    "type": "object",
    "name": "confirmOrderDetails",
    "title": "Ask a question",
    "properties": {"rawMessageBody": {"type": "string", "minLength": 1, "maxLength": 2000}},
    "required": [],
    "x-ui-hidden": None,
}
LINK = {"href": f"/messaging/v1/orders/{ORDER}/messages/confirmOrderDetails", "name": "confirmOrderDetails"}
ANSWERS: dict[str, Any] = {
    "empty": {},
    "no embedded actions": {"_links": {"actions": [LINK], "self": LINK}},
    "null everywhere": {"_links": None, "_embedded": None, "errors": None},
    "self is a list": {"_links": {"self": [LINK], "actions": [LINK]}},
    "actions is one link": {"_links": {"self": LINK, "actions": LINK}},
    "href is a list": {"_links": {"self": {"href": [LINK["href"]]}, "actions": [{"href": [LINK["href"]]}]}},
    "an action of nothing": {"_embedded": {"actions": [{}]}},
    "inline schema": {"_embedded": {"actions": [{"_links": {"self": LINK}, "_embedded": {"schema": SCHEMA}}]}},
    "inline schema is null": {"_embedded": {"actions": [{"_embedded": {"schema": None}}]}},
    "unknown additions": {"_links": {"self": LINK, "curies": []}, "_more": {"a": 1}},
}
NONSENSE: dict[str, Any] = {
    "wrong types": {"_links": "none", "_embedded": [], "errors": {"code": "x"}},
    "null among actions": {"_embedded": {"actions": [{}, None]}},
    "a number for a link": {"_links": {"self": 5}},
}


@pytest.mark.parametrize("kind", ANSWERS)
def test_reads_survive_what_production_answers(kind: str) -> None:
    parsed = get_messaging_actions_for_order.sync(
        ORDER, client=answering(ANSWERS[kind]), marketplace_ids=["A1PA6795UKMFR9"]
    )

    assert isinstance(parsed, models.GetMessagingActionsForOrderResponse)
    assert parsed.to_dict() == ANSWERS[kind]


@pytest.mark.parametrize("kind", NONSENSE)
def test_reads_do_not_die_on_nonsense(kind: str) -> None:
    parsed = get_messaging_actions_for_order.sync(
        ORDER, client=answering(NONSENSE[kind]), marketplace_ids=["A1PA6795UKMFR9"]
    )

    assert isinstance(parsed, models.GetMessagingActionsForOrderResponse)


def test_the_inline_schema_has_fields_of_its_own() -> None:
    parsed = get_messaging_actions_for_order.sync(
        ORDER, client=answering(ANSWERS["inline schema"]), marketplace_ids=["A1PA6795UKMFR9"]
    )

    assert isinstance(parsed, models.GetMessagingActionsForOrderResponse)
    assert isinstance(parsed.field_embedded, models.GetMessagingActionsForOrderResponseEmbedded)
    assert isinstance(parsed.field_embedded.actions, list)
    [action] = parsed.field_embedded.actions
    assert isinstance(action.field_embedded, models.GetMessagingActionResponseEmbedded)
    schema = action.field_embedded.schema
    assert isinstance(schema, models.GetSchemaResponse)
    assert (schema.name, schema.title, schema.required, schema.x_ui_hidden) == (
        "confirmOrderDetails",
        "Ask a question",
        [],
        None,
    )


def test_dates_go_out_as_written() -> None:
    seen: list[httpx.Request] = []
    dates = {"coverageStartDate": "2004-12-13T21:39:45.618-08:00", "coverageEndDate": "2005-12-13T21:39:45.618-08:00"}
    body = models.CreateWarrantyRequest.from_dict({"attachments": [], **dates})
    create_warranty.sync_detailed(ORDER, client=answering({}, 201, seen), body=body, marketplace_ids=["A1PA6795UKMFR9"])

    assert json.loads(seen[0].content) == {"attachments": [], **dates}


@pytest.mark.parametrize("headers", [None, {"Content-MD5": "x"}])
def test_an_upload_has_plain_slashes_and_takes_null_headers(headers: dict[str, str] | None) -> None:
    seen: list[httpx.Request] = []
    payload = {"uploadDestinationId": "id", "url": "https://s3.test/%2F067", "headers": headers}
    parsed = create_upload_destination_for_resource.sync(
        ORDER,
        "invoice",
        client=answering({"payload": payload}, 201, seen),
        marketplace_ids=["A1PA6795UKMFR9"],
        content_md5="a+/=",
    )

    raw_path, _, query = seen[0].url.raw_path.partition(b"?")
    assert raw_path.decode() == (f"/uploads/2020-11-01/uploadDestinations/messaging/v1/orders/{ORDER}/messages/invoice")
    assert query == b"contentMD5=a%2B%2F%3D&marketplaceIds=A1PA6795UKMFR9"
    assert parsed is not None
    assert parsed.to_dict() == {"payload": payload}


@pytest.mark.usefixtures("todays")
def test_all_thirteen_operations_and_the_upload_are_there() -> None:
    assert {operation.name for operation in OPERATIONS.values()} == {
        "get_messaging_actions_for_order",
        "get_attributes",
        "confirm_customization_details",
        "create_confirm_delivery_details",
        "create_confirm_order_details",
        "create_confirm_service_details",
        "create_unexpected_problem",
        "create_digital_access_key",
        "create_legal_disclosure",
        "create_warranty",
        "send_invoice",
        "create_negative_feedback_removal",
        "create_amazon_motors",
        "create_upload_destination_for_resource",
    }


# operationId: message type, text limits, file limits
LIMITS: dict[str, tuple[str, tuple[int, int] | None, tuple[int | None, int] | None]] = {
    "confirmCustomizationDetails": ("confirmCustomizationDetails", (1, 800), (None, 5)),
    "createConfirmDeliveryDetails": ("confirmDeliveryDetails", (1, 2000), None),
    "createConfirmOrderDetails": ("confirmOrderDetails", (1, 2000), None),
    "createConfirmServiceDetails": ("confirmServiceDetails", (1, 2000), None),
    "createUnexpectedProblem": ("unexpectedProblem", (1, 2000), None),
    "createDigitalAccessKey": ("digitalAccessKey", (1, 400), (None, 5)),
    "createLegalDisclosure": ("legalDisclosure", None, (None, 5)),
    "CreateWarranty": ("warranty", None, (1, 5)),
    "sendInvoice": ("invoice", None, (1, 5)),
    "createNegativeFeedbackRemoval": ("negativeFeedbackRemoval", None, None),
    "CreateAmazonMotors": ("amazonMotors", None, (None, 5)),
}


@pytest.mark.usefixtures("todays")
@pytest.mark.parametrize("operation_id", LIMITS)
def test_message_types_and_limits(operation_id: str) -> None:
    operation = OPERATIONS[operation_id]
    fields = {field.kind: field for field in operation.fields}
    text, files = fields.get("text"), fields.get("attachments")

    assert (
        operation.message_type,
        text and (text.min_length, text.max_length),
        files and (files.min_items, files.max_items),
    ) == LIMITS[operation_id]
    assert (operation.rate, operation.burst, operation.success_status) == (1, 5, 201)


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=lambda operation: operation.name)
def test_the_table_leads_to_generated_code(operation: Operation) -> None:
    module = import_module(operation.module)
    assert callable(module.sync_detailed)
    assert callable(module.asyncio_detailed)
    assert operation.body_model is None or hasattr(models, operation.body_model)
    assert operation.accept in ("application/json", "application/hal+json")
    assert operation.documentation.endswith(f"/reference/{operation.operation_id.lower()}")


@pytest.mark.usefixtures("todays")
def test_every_operation_but_the_upload_has_a_success_and_a_refusal_to_match() -> None:
    statuses = {name: sorted(case.status for case in cases) for name, cases in SANDBOX_CASES.items()}
    assert statuses.pop("createUploadDestinationForResource") == []
    assert set(map(tuple, statuses.values())) == {(200, 400), (201, 400)}
    assert SANDBOX_CASES["sendInvoice"][1].order_id == "badOrderId"
    assert SANDBOX_CASES["sendInvoice"][0].body is None


class Facade(MessagingOperations[Any, Any, Any, Any, Any, Any]):
    """Returns the arguments of each call, the operation by its name."""

    def _send(self, operation: Operation, *arguments: Any) -> Any:
        return operation.operation_id, *arguments

    def _read(self, operation: Operation, *arguments: Any) -> Any:
        return operation.operation_id, *arguments

    def _send_by_type(self, *arguments: Any) -> Any:
        return arguments

    def _upload(self, *arguments: Any) -> Any:
        return arguments

    def _preflight(self, *arguments: Any) -> Any:
        return arguments


class AsyncFacade(AsyncMessagingOperations[Any, Any, Any, Any, Any, Any]):
    """The same for asyncio."""

    async def _send(self, operation: Operation, *arguments: Any) -> Any:
        return operation.operation_id, *arguments

    async def _read(self, operation: Operation, *arguments: Any) -> Any:
        return operation.operation_id, *arguments

    async def _send_by_type(self, *arguments: Any) -> Any:
        return arguments

    async def _upload(self, *arguments: Any) -> Any:
        return arguments

    async def _preflight(self, *arguments: Any) -> Any:
        return arguments


def test_values_are_handed_on_as_they_were_given() -> None:
    start = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    files = [object()]
    assert Facade().create_warranty(ORDER, attachments=files, coverage_start_date=start, marketplace="FR") == (
        "CreateWarranty",
        ORDER,
        {"attachments": files, "coverageStartDate": start, "coverageEndDate": None},
        {},
        "FR",
        False,
    )
    assert Facade().get_attributes(ORDER) == ("GetAttributes", ORDER, {}, None)


RETIRED = [(operation.name, operation.retired) for operation in OPERATIONS.values() if operation.retired]


@pytest.mark.parametrize(("name", "retired"), RETIRED, ids=[name for name, _ in RETIRED])
def test_the_documentation_of_a_retired_method_has_date_and_commit(name: str, retired: Retired) -> None:
    for facade in (MessagingOperations, AsyncMessagingOperations):
        text = " ".join(getattr(facade, name).__doc__.split())
        assert re.search(rf"Deprecated: .*{retired.date or ''}.*{retired.commit or ''}", text)


def test_a_message_without_a_body_says_so() -> None:
    assert Facade().create_negative_feedback_removal(ORDER)[2] is None


def test_the_table_costs_no_client(tmp_path: Any) -> None:
    code = (
        "import sys; from spapi_messaging_client import operations, sandbox_cases, facade;"
        "print(sorted({'httpx', 'attrs', 'attr'} & set(sys.modules)),"
        "[name for name in sys.modules if name.startswith('spapi_messaging_client.models.')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "[] []\n"


def test_names_are_loaded_on_first_use_and_unknown_ones_refused() -> None:
    assert AuthenticatedClient.__module__ == "spapi_messaging_client.client"
    assert all(hasattr(models, name) for name in models.__all__)
    with pytest.raises(AttributeError, match="no attribute 'Invoice'"):
        _ = models.Invoice


def test_no_repr_shows_a_text_a_presigned_url_or_a_token() -> None:
    text = "Your parcel waits with the neighbour"
    answer = {"payload": {"uploadDestinationId": "id", "url": "https://s3.test/key?X-Amz-Signature=abc", "headers": {}}}
    response = create_upload_destination_for_resource.sync_detailed(
        ORDER, "invoice", client=answering(answer, 201), marketplace_ids=["A"], content_md5="x"
    )
    assert response.parsed is not None
    assert response.parsed.to_dict() == answer
    sends = [operation for operation in OPERATIONS.values() if operation.body_model]
    assert sends
    shown = [
        *(
            repr(getattr(models, str(operation.body_model)).from_dict({**body_of(operation, []), "text": text}))
            for operation in sends
        ),
        repr(AuthenticatedClient(base_url="https://api.test", token="Atza|secret")),
        repr(response),
        repr(response.parsed),
    ]
    for secret in (text, "X-Amz-Signature", "Atza|"):
        assert [each for each in shown if secret in each] == []
