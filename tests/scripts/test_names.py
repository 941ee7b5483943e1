"""Names that already mean something in Python become other names."""

import pytest

from regeneration.generating.names import CLIENT_NAMES, argument_name, class_name, keyword_name, method_name
from spapi_messaging import AsyncMessagingClient, MessagingClient
from spapi_messaging.messages import OPERATIONS


@pytest.mark.parametrize(
    ("operation_id", "name"),
    [
        ("sendInvoice", "send_invoice"),
        ("CreateWarranty", "create_warranty"),
        ("GetAttributes", "get_attributes"),
        # Names that a client already has.
        ("Send", "send_"),
        ("upload", "upload_"),
        ("close", "close_"),
        ("preflight", "preflight_"),
    ],
)
def test_methods(operation_id: str, name: str) -> None:
    assert method_name(operation_id) == name


@pytest.mark.parametrize(
    ("wire_name", "name"),
    [
        ("coverageStartDate", "coverage_start_date"),
        ("class", "class_"),
        ("orderId", "order_id_"),
        ("marketplace", "marketplace_"),
        ("check", "check_"),
        ("orderDate", "order_date_"),
        ("client", "client"),
        ("2ndLine", "field_2_nd_line"),
        ("_links", "field_links"),
    ],
)
def test_keywords_of_the_facade(wire_name: str, name: str) -> None:
    assert keyword_name(wire_name) == name


@pytest.mark.parametrize(
    ("wire_name", "location", "name"),
    [
        ("client", "query", "client_query"),
        ("url", "header", "url_header"),
        ("client", "path", "client_path"),
        ("params", "header", "params_"),
        ("body", "path", "body"),
        ("page", "query", "page"),
    ],
)
def test_arguments_of_generated_functions(wire_name: str, location: str, name: str) -> None:
    assert argument_name(wire_name, location) == name


def test_no_operation_takes_the_place_of_what_a_client_has() -> None:
    public = {name for name in [*dir(MessagingClient), *dir(AsyncMessagingClient)] if not name.startswith("_")}

    assert {*public} - {operation.name for operation in OPERATIONS.values()} == CLIENT_NAMES


def test_classes() -> None:
    assert class_name("sendGiftNote_request") == "SendGiftNoteRequest"
