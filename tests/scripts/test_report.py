"""The change report: what came, went and changed, what of it breaks callers, and the version that follows."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from regeneration.documents import Document
from regeneration.report import report
from tests.scripts.conftest import Regenerate
from tests.scripts.published import ROOT

MESSAGES = "/messaging/v1/orders/{amazonOrderId}/messages"
KEY = "`create_digital_access_key` (createDigitalAccessKey)"


@pytest.fixture
def document() -> Document:
    """The committed specification."""
    found: Document = json.loads((ROOT / "spec" / "openapi.json").read_text())
    return found


def send(document: Document, message_type: str) -> Document:
    found: Document = document["paths"][f"{MESSAGES}/{message_type}"]["post"]
    return found


def fields(document: Document, model: str) -> Document:
    found: Document = document["components"]["schemas"][model]["properties"]
    return found


def without_field(document: Document) -> None:
    del fields(document, "CreateDigitalAccessKeyRequest")["attachments"]


def optional_field(document: Document) -> None:
    fields(document, "CreateDigitalAccessKeyRequest")["tone"] = {"type": "string", "maxLength": 9}


def required_field(document: Document) -> None:
    optional_field(document)
    document["components"]["schemas"]["CreateDigitalAccessKeyRequest"]["required"] = ["tone"]


def now_required(document: Document) -> None:
    document["components"]["schemas"]["CreateDigitalAccessKeyRequest"]["required"] = ["text"]


def wider_limit(document: Document) -> None:
    fields(document, "CreateDigitalAccessKeyRequest")["text"]["maxLength"] = 500


def tighter_limit(document: Document) -> None:
    fields(document, "CreateDigitalAccessKeyRequest")["text"]["maxLength"] = 300


def new_limit(document: Document) -> None:
    fields(document, "CreateLegalDisclosureRequest")["attachments"]["minItems"] = 1


def lifted_limit(document: Document) -> None:
    del fields(document, "InvoiceRequest")["attachments"]["minItems"]


def other_type(document: Document) -> None:
    fields(document, "CreateWarrantyRequest")["coverageEndDate"] = {"type": "integer"}


def values_listed(document: Document) -> None:
    fields(document, "CreateDigitalAccessKeyRequest")["text"]["x-enum"] = ["a", "b"]


def other_plan(document: Document) -> None:
    send(document, "invoice")["x-usage-plan"] = {"rate": 2, "burst": 10}


def no_plan(document: Document) -> None:
    del send(document, "invoice")["x-usage-plan"]


def sandbox_answer(document: Document) -> None:
    send(document, "invoice")["responses"]["201"]["x-amzn-api-sandbox"]["static"][0]["response"] = {"errors": []}


def sandbox_body(document: Document) -> None:
    case = send(document, "confirmOrderDetails")["responses"]["201"]["x-amzn-api-sandbox"]["static"][0]
    case["request"]["parameters"]["body"]["value"]["text"] = "Your Message"


def sandbox_gone(document: Document) -> None:
    for message_type in ("invoice", "warranty"):
        del send(document, message_type)["responses"]["201"]["x-amzn-api-sandbox"]


def without_operation(document: Document) -> None:
    del document["paths"][f"{MESSAGES}/warranty"]


def new_operation(document: Document) -> None:
    node = copy.deepcopy(send(document, "invoice"))
    node |= {"operationId": "sendGiftNote", "summary": "Send a note.", "x-usage-plan": {"rate": 0.5, "burst": 1}}
    document["paths"][f"{MESSAGES}/giftNote"] = {"post": node}


def other_message_type(document: Document) -> None:
    document["paths"][f"{MESSAGES}/bill"] = document["paths"].pop(f"{MESSAGES}/invoice")


def retired(document: Document) -> None:
    send(document, "invoice")["x-retired"] = {"date": "2027-01-02", "commit": "abc1234"}


def published_again(document: Document) -> None:
    del send(document, "amazonMotors")["x-retired"]


def query_parameter(document: Document) -> None:
    document["components"]["parameters"]["tone"] = {"name": "tone", "in": "query", "schema": {"type": "string"}}
    send(document, "invoice")["parameters"].append({"$ref": "#/components/parameters/tone"})


def status(document: Document) -> None:
    send(document, "invoice")["responses"]["418"] = {"description": ""}
    del send(document, "invoice")["responses"]["415"]


def answer_field(document: Document) -> None:
    fields(document, "GetAttributesResponseBuyer")["tone"] = {"type": "string", "nullable": True}


def answer_field_gone(document: Document) -> None:
    del fields(document, "GetAttributesResponseBuyer")["locale"]


def attachment_field(document: Document) -> None:
    fields(document, "Attachment")["colour"] = {"type": "string"}
    document["components"]["schemas"]["Attachment"]["required"].append("colour")


BREAKS = "- **breaks callers:** "
CASES: dict[Callable[[Document], None], tuple[str, str, str]] = {
    without_field: ("major", "Removed", f"{BREAKS}{KEY}: field `attachments`."),
    optional_field: ("minor", "Added", f"- {KEY}: field `tone`, string (at most 9 characters)."),
    required_field: ("major", "Added", f"{BREAKS}{KEY}: required field `tone`, string (at most 9 characters)."),
    now_required: ("major", "Changed", f"{BREAKS}{KEY}: field `text` is required now."),
    wider_limit: ("minor", "Changed", f"- {KEY}: field `text`: maxLength 500, before 400."),
    tighter_limit: ("major", "Changed", f"{BREAKS}{KEY}: field `text`: maxLength 300, before 400."),
    new_limit: (
        "major",
        "Changed",
        f"{BREAKS}`create_legal_disclosure` (createLegalDisclosure): field `attachments`: minItems 1, before none.",
    ),
    lifted_limit: (
        "minor",
        "Changed",
        "- `send_invoice` (sendInvoice): field `attachments`: minItems none, before 1.",
    ),
    other_type: (
        "major",
        "Changed",
        f"{BREAKS}`create_warranty` (CreateWarranty): field `coverageEndDate` is integer, before date-time.",
    ),
    values_listed: ("major", "Changed", f"{BREAKS}{KEY}: field `text` is one of `a`, `b`."),
    other_plan: (
        "patch",
        "Changed",
        "- `send_invoice` (sendInvoice): usage plan 2/s, burst 10, before 1/s, burst 5.",
    ),
    no_plan: (
        "patch",
        "Changed",
        "- `send_invoice` (sendInvoice): usage plan none, before 1/s, burst 5.",
    ),
    sandbox_answer: (
        "patch",
        "Changed",
        "- sandbox cases of `sendInvoice`: another answer to 201 for order 123-1234567-1234567.",
    ),
    sandbox_body: (
        "patch",
        "Changed",
        "- sandbox cases of `createConfirmOrderDetails`: another body for 201 for order 123-1234567-1234567.",
    ),
    sandbox_gone: (
        "patch",
        "Changed",
        "- sandbox cases of `CreateWarranty`, `sendInvoice`: no longer 201 for order 123-1234567-1234567.",
    ),
    without_operation: (
        "major",
        "Removed",
        f"{BREAKS}`create_warranty` (CreateWarranty) is gone; `--retire CreateWarranty` would keep it.",
    ),
    new_operation: (
        "minor",
        "Added",
        "- `send_gift_note` (sendGiftNote): Send a note; message type `giftNote`; takes attachments (1 to 5 items); "
        "usage plan 0.5/s, burst 1; 2 sandbox cases.",
    ),
    other_message_type: (
        "major",
        "Changed",
        f"{BREAKS}`send_invoice` (sendInvoice) moved from POST {MESSAGES}/invoice to POST {MESSAGES}/bill.",
    ),
    retired: (
        "minor",
        "Deprecated",
        "- `send_invoice` (sendInvoice) left the published model on 2027-01-02 (commit abc1234); "
        "the method stays and warns.",
    ),
    published_again: (
        "minor",
        "Changed",
        "- `create_amazon_motors` (CreateAmazonMotors) is published again; the method no longer warns.",
    ),
    query_parameter: ("minor", "Added", "- `send_invoice` (sendInvoice): query parameter `tone`, string."),
    status: ("patch", "Changed", "- documented statuses of `sendInvoice`: new 418; no longer 415."),
    answer_field: ("minor", "Added", "- `GetAttributesResponseBuyer`: field `tone`, string."),
    answer_field_gone: ("major", "Removed", f"{BREAKS}`GetAttributesResponseBuyer`: field `locale`."),
    attachment_field: ("major", "Added", f"{BREAKS}`Attachment`: required field `colour`, string."),
}


@pytest.mark.parametrize("change", CASES, ids=lambda change: change.__name__)
def test_each_kind_of_change(change: Callable[[Document], None], document: Document) -> None:
    new = copy.deepcopy(document)
    change(new)
    bump, section, line = CASES[change]

    verdict, *sections = report(document, new, []).rstrip("\n").split("\n\n### ")
    assert verdict.startswith(f"Next version: **{bump}**. 1 change for users, ")
    assert verdict.endswith("1 of which breaks callers." if bump == "major" else "none of which breaks callers.")
    assert sections == [f"{section}\n\n{line}"]


def prose(document: Document) -> None:
    send(document, "invoice")["description"] = "Other words."


def retirement_facts(document: Document) -> None:
    send(document, "amazonMotors")["x-retired"]["commit"] = "0000000"


@pytest.mark.parametrize("change", [prose, retirement_facts, lambda document: None])
def test_nothing_is_said_when_nothing_matters_to_users(change: Callable[[Document], None], document: Document) -> None:
    new = copy.deepcopy(document)
    change(new)

    assert report(document, new, []) == ""


def test_there_is_nothing_to_compare_the_first_time(document: Document) -> None:
    assert report(None, document, []) == ""


def test_the_greatest_bump_decides(document: Document) -> None:
    new = copy.deepcopy(document)
    for change in (other_plan, wider_limit, without_operation):
        change(new)

    assert report(document, new, []).startswith(
        "Next version: **major**. 3 changes for users, 1 of which breaks callers."
    )


HISTORY: dict[tuple[str, str], str] = {
    ("history/messaging-2020-10-23.json", "history/messaging-2021-06-01.json"): """\
Next version: **patch**. 1 change for users, none of which breaks callers.

### Changed

- sandbox cases of `confirmCustomizationDetails`, `CreateAmazonMotors`, `createConfirmDeliveryDetails`, \
`createConfirmOrderDetails`, `createConfirmServiceDetails`, `createDigitalAccessKey`, `createLegalDisclosure`, \
`createNegativeFeedbackRemoval`, `createUnexpectedProblem`, `CreateWarranty`, `GetAttributes`, \
`getMessagingActionsForOrder`: new 400 for order 123-1234567-0000000; no longer 400 for order 123-1234567-1234567.
""",
    ("history/messaging-2021-06-01.json", "history/messaging-2022-07-21.json"): """\
Next version: **minor**. 1 change for users, none of which breaks callers.

### Added

- `send_invoice` (sendInvoice): Send the buyer an invoice; message type `invoice`; takes attachments (1 to 5 items); \
usage plan 1/s, burst 5; 2 sandbox cases.
""",
    ("history/messaging-2022-07-21.json", "messaging.json"): """\
Next version: **minor**. 2 changes for users, none of which breaks callers.

### Deprecated

- `create_amazon_motors` (CreateAmazonMotors) left the published model on 2026-01-30 (commit b9dffa4); \
the method stays and warns.
- `create_negative_feedback_removal` (createNegativeFeedbackRemoval) left the published model on 2025-08-04 \
(commit 7c93eb1); the method stays and warns.
""",
}


@pytest.mark.parametrize(("old", "new"), HISTORY, ids=lambda name: Path(name).stem)
def test_history(old: str, new: str, shared: Path, node: None, regenerate: Regenerate) -> None:
    regenerate(shared / old)
    made, _, needless = regenerate(shared / new).partition("\n### Overlay actions that match nothing")

    assert made == HISTORY[old, new]
    # Before there were invoices, there was nothing for their overlay actions to match.
    assert all("nvoice" in line for line in needless.strip().splitlines())
