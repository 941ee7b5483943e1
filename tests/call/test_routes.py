"""Which operation a request of the generated client belongs to."""

from __future__ import annotations

import pytest

from spapi_messaging._call.routes import find_operation
from spapi_messaging.messages import OPERATIONS, Operation
from tests.support.amazon import ORDER


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
def test_each_operation_is_found_by_its_method_and_path(operation: Operation) -> None:
    path = operation.path.replace("{amazonOrderId}", ORDER).replace("{messageType}", "invoice")

    assert find_operation(operation.http_method, path) == (operation, ORDER)


ATTRIBUTES = f"/messaging/v1/orders/{ORDER}/attributes"


@pytest.mark.parametrize(
    ("method", "path", "kind"),
    [
        ("POST", ATTRIBUTES, "other"),
        ("GET", ATTRIBUTES + "/more", "read"),
        ("GET", f"/messaging/v1/orders/a/b/{ORDER}/attributes", "read"),
        ("GET", "/messaging/v1/orders//attributes", "read"),
        ("HEAD", "/messaging/v2/letters", "read"),
        *((method, "/messaging/v2/letters", "other") for method in ("POST", "PUT", "PATCH", "DELETE")),
    ],
)
def test_any_other_request_is_a_read_only_if_its_method_changes_nothing(method: str, path: str, kind: str) -> None:
    operation, order_id = find_operation(method, path)

    assert (operation.path, operation.kind, order_id) == (path, kind, "")
    assert operation not in OPERATIONS.values()


def test_an_unknown_path_is_shown_without_what_may_be_private() -> None:
    shown = {
        "/shipping/v2/letters": "/shipping/v2/letters",
        f"/orders/v0/orders/{ORDER}/address": "/orders/v0/orders/…/address",
        "/messaging/v1/orders/Sehr%20geehrte%20Frau/Schmidt%21/messages/x": "/messaging/v1/orders/…/…/messages/x",
    }
    for path, expected in shown.items():
        assert find_operation("POST", path)[0].operation_id == expected


def test_an_order_id_is_decoded() -> None:
    assert find_operation("GET", "/messaging/v1/orders/a%20b%2Fc/attributes")[1] == "a b/c"
