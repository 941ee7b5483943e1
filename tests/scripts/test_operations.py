"""What the generator reads of operations: their kinds, what must be unambiguous, what overlays say of them."""

from __future__ import annotations

import copy
import warnings
from pathlib import Path

import pytest

from regeneration.documents import Document
from regeneration.generating import facade, records
from regeneration.generating.table import table
from regeneration.problem import Problem
from spapi_messaging.messages import OPERATIONS
from tests.scripts.conftest import Regenerate
from tests.scripts.fixture_repository import openapi
from tests.scripts.published import ROOT
from tests.scripts.small_specification import MESSAGES, send, small

GENERATED = ROOT / "generated" / "spapi_messaging_client"


def test_the_generated_package_has_the_definitions_of_the_generator() -> None:
    source = Path(records.__file__).read_text()

    assert (GENERATED / "records.py").read_text().endswith(source)
    assert "class Operation" not in (GENERATED / "operations.py").read_text()


def test_what_every_message_raises_is_said_alike() -> None:
    text = (GENERATED / "facade.py").read_text()
    sends = sum(operation.kind == "send" for operation in OPERATIONS.values())

    # In both clients, with each type's method and with send().
    assert text.count("DeliveryUnknownError: The message may have reached the buyer") == 2 * (sends + 1)


def test_the_upload_is_described_from_its_operation(laid_out: Path) -> None:
    text = facade.upload_docstring(table(openapi(laid_out))[0])

    assert "Usage plan: 10 requests per second, burst 10.\n" in text
    path = "/places/2020-11-01/places/messaging/v1/orders/{amazonOrderId}/messages/{messageType}"
    assert f"Source: `POST {path}`\nhttps://developer-docs.amazon.com/sp-api/reference/createplace" in text


def copied(document: Document, operation_id: str, method: str, path: str) -> None:
    """A second message, the same as the bill but for its name and its place."""
    node = copy.deepcopy(send(document, "bill")) | {"operationId": operation_id}
    document["paths"].setdefault(path, {})[method] = node


@pytest.mark.parametrize(
    ("operation_id", "path", "reason"),
    [
        ("sendOther", f"/v2{MESSAGES}/bill", "both have the message type 'bill'"),
        ("sendOther", f"{MESSAGES}/sendBill", "the message type 'sendBill' of the first is the name of the second"),
        ("SendBill", f"{MESSAGES}/other", "both would be the method send_bill"),
    ],
)
def test_two_operations_that_callers_could_not_tell_apart_are_refused(
    operation_id: str, path: str, reason: str
) -> None:
    document = small()
    copied(document, operation_id, "post", path)

    with pytest.raises(Problem) as problem:
        table(document)
    line = str(problem.value)
    assert reason in line
    assert f"sendBill (POST {MESSAGES}/bill)" in line
    assert f"{operation_id} (POST {path})" in line


def test_two_methods_of_one_path_have_one_message_type() -> None:
    document = small()
    copied(document, "sendAgain", "put", f"{MESSAGES}/bill")

    with pytest.raises(Problem, match="both have the message type 'bill'"):
        table(document)


def test_a_message_type_may_be_the_name_of_its_own_operation() -> None:
    document = small()
    copied(document, "giftNote", "post", f"{MESSAGES}/giftNote")

    assert len(table(document)[0]) == 3


def test_an_unknown_kind_is_refused() -> None:
    document = small()
    send(document, "bill")["x-kind"] = "download"

    with pytest.raises(Problem, match="sendBill: x-kind is 'download'; the only value is 'upload'"):
        table(document)


def test_an_unknown_answer_is_refused() -> None:
    document = small()
    document["paths"]["/messaging/v1/orders/{amazonOrderId}"] = {
        "get": {"operationId": "getIt", "tags": ["x"], "parameters": [], "responses": {"200": {}}, "x-answer": "Other"}
    }

    with pytest.raises(Problem, match="getIt: x-answer is 'Other'; it may be AvailableActions, OrderAttributes"):
        facade.methods(table(document)[0])


def test_one_operation_must_give_places_for_files() -> None:
    with pytest.raises(Problem, match="one operation must have `x-kind: upload`, set by an overlay; found: none"):
        facade.upload_docstring(table(small())[0])
    document = small()
    for name in ("bill", "card"):
        send(document, name)["x-kind"] = "upload"
    with pytest.raises(Problem, match="found: sendBill, sendCard"):
        facade.upload_docstring(table(document)[0])


def test_an_operation_that_amazon_calls_deprecated_says_so() -> None:
    document = small()
    send(document, "bill")["deprecated"] = True
    found = {each.operation.operation_id: each for each in table(document)[0]}
    words = "Amazon calls sendBill deprecated; expect it to go."

    assert found["sendBill"].operation.deprecated == words
    assert found["sendCard"].operation.deprecated == ""
    assert any(f"Deprecated: {words}" in method.docstring for method in facade.methods(list(found.values())))


def test_the_definitions_can_be_imported_where_they_were() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        from spapi_messaging_client.operations import OPERATIONS, Field, MessageType, Operation, Parameter, Retired
        from spapi_messaging_client.sandbox_cases import SANDBOX_CASES, SandboxCase

    assert OPERATIONS.keys() == SANDBOX_CASES.keys()
    assert MessageType is not None
    assert {each.__name__ for each in (Field, Operation, Parameter, Retired, SandboxCase)} == {
        name for name in vars(records) if isinstance(getattr(records, name), type) and name != "Any"
    } - {"NamedTuple"}


def test_a_report_names_the_commits_it_comes_from(regenerate: Regenerate, swagger: Document) -> None:
    swagger["definitions"]["Attachment"]["properties"]["colour"] = {"type": "string"}

    text = regenerate(swagger, "--commit", "abc1234", "--date", "2027-01-02")
    assert "Taken from Amazon's repository: `messaging` at [`abc1234`]" in text
    assert "`Attachment`: field `colour`, string." in text
