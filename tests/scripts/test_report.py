"""The change report: what is new, gone or different, what breaks callers, and the next version."""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from regeneration.documents import Document
from regeneration.pipeline import Specification, published, specify
from regeneration.project import REPOSITORY, Project
from regeneration.provenance import read
from regeneration.report import report
from regeneration.source import read_sources

MESSAGES = "/messaging/v1/orders/{amazonOrderId}/messages"
CASES = "x-amzn-api-sandbox"
CARD = "`send_card` (sendCard)"
BILL = "`send_bill` (sendBill)"


def schema(name: str) -> Document:
    return {"$ref": f"#/components/schemas/{name}"}


def message(name: str, *orders: str) -> Document:
    """A message with a published success for each of these orders."""
    cases = [
        {"request": {"parameters": {"amazonOrderId": {"value": order}, "body": {"value": {}}}}, "response": {}}
        for order in orders
    ]
    return {
        "operationId": f"send{name}",
        "summary": f"Send a {name.lower()}.",
        "tags": ["messaging"],
        "parameters": [],
        "requestBody": {"content": {"application/json": {"schema": schema(name)}}},
        "responses": {
            "201": {"content": {"application/json": {"schema": schema("Answer")}}, CASES: {"static": cases}},
            "415": {},
        },
        "x-usage-plan": {"rate": 1, "burst": 5},
    }


@pytest.fixture
def document() -> Document:
    """A small specification."""
    files = {"type": "array", "maxItems": 5, "items": schema("Attachment")}
    text = {"type": "string", "minLength": 1, "maxLength": 400}
    when = {"type": "string", "x-wire-format": "date-time"}
    return {
        "paths": {
            f"{MESSAGES}/card": {"post": message("Card", "1-1")},
            f"{MESSAGES}/bill": {"post": message("Bill", "1-1")},
        },
        "components": {
            "parameters": {},
            "schemas": {
                "Card": {"type": "object", "properties": {"text": text, "files": files, "until": when}},
                "Bill": {"type": "object", "properties": {"files": files | {"minItems": 1}}},
                "Attachment": {
                    "type": "object",
                    "required": ["fileName"],
                    "properties": {"fileName": {"type": "string"}, "uploadDestinationId": {"type": "string"}},
                },
                "Answer": {"type": "object", "properties": {"note": {"type": "string", "nullable": True}}},
            },
        },
    }


def send(document: Document, message_type: str) -> Document:
    found: Document = document["paths"][f"{MESSAGES}/{message_type}"]["post"]
    return found


def fields(document: Document, model: str) -> Document:
    found: Document = document["components"]["schemas"][model]["properties"]
    return found


def without_field(document: Document) -> None:
    del fields(document, "Card")["files"]


def optional_field(document: Document) -> None:
    fields(document, "Card")["tone"] = {"type": "string", "maxLength": 9}


def required_field(document: Document) -> None:
    optional_field(document)
    document["components"]["schemas"]["Card"]["required"] = ["tone"]


def now_required(document: Document) -> None:
    document["components"]["schemas"]["Card"]["required"] = ["text"]


def wider_limit(document: Document) -> None:
    fields(document, "Card")["text"]["maxLength"] = 500


def tighter_limit(document: Document) -> None:
    fields(document, "Card")["text"]["maxLength"] = 300


def new_limit(document: Document) -> None:
    fields(document, "Card")["files"]["minItems"] = 1


def lifted_limit(document: Document) -> None:
    del fields(document, "Bill")["files"]["minItems"]


def other_type(document: Document) -> None:
    fields(document, "Card")["until"] = {"type": "integer"}


def values_listed(document: Document) -> None:
    fields(document, "Card")["text"]["x-enum"] = ["a", "b"]


def other_plan(document: Document) -> None:
    send(document, "bill")["x-usage-plan"] = {"rate": 2, "burst": 10}


def no_plan(document: Document) -> None:
    del send(document, "bill")["x-usage-plan"]


def sandbox_answer(document: Document) -> None:
    send(document, "bill")["responses"]["201"][CASES]["static"][0]["response"] = {"errors": []}


def sandbox_body(document: Document) -> None:
    case = send(document, "card")["responses"]["201"][CASES]["static"][0]
    case["request"]["parameters"]["body"]["value"]["text"] = "Other"


def sandbox_gone(document: Document) -> None:
    for message_type in ("bill", "card"):
        del send(document, message_type)["responses"]["201"][CASES]


def without_operation(document: Document) -> None:
    del document["paths"][f"{MESSAGES}/card"]


def new_operation(document: Document) -> None:
    node = copy.deepcopy(send(document, "bill"))
    node |= {"operationId": "sendGiftNote", "summary": "Send a note.", "x-usage-plan": {"rate": 0.5, "burst": 1}}
    document["paths"][f"{MESSAGES}/giftNote"] = {"post": node}


def other_message_type(document: Document) -> None:
    document["paths"][f"{MESSAGES}/invoice"] = document["paths"].pop(f"{MESSAGES}/bill")


def retired(document: Document) -> None:
    send(document, "bill")["x-retired"] = {"date": "2027-01-02", "commit": "abc1234"}


def query_parameter(document: Document) -> None:
    document["components"]["parameters"]["tone"] = {"name": "tone", "in": "query", "schema": {"type": "string"}}
    send(document, "bill")["parameters"].append({"$ref": "#/components/parameters/tone"})


def status(document: Document) -> None:
    send(document, "bill")["responses"]["418"] = {"description": ""}
    del send(document, "bill")["responses"]["415"]


def answer_field(document: Document) -> None:
    fields(document, "Answer")["tone"] = {"type": "string", "nullable": True}


def answer_field_gone(document: Document) -> None:
    del fields(document, "Answer")["note"]


def attachment_field(document: Document) -> None:
    fields(document, "Attachment")["colour"] = {"type": "string"}
    document["components"]["schemas"]["Attachment"]["required"].append("colour")


BREAKS = "- **breaks callers:** "
CHANGES: dict[Callable[[Document], None], tuple[str, str, str]] = {
    without_field: ("major", "Removed", f"{BREAKS}{CARD}: field `files`."),
    optional_field: ("minor", "Added", f"- {CARD}: field `tone`, string (at most 9 characters)."),
    required_field: ("major", "Added", f"{BREAKS}{CARD}: required field `tone`, string (at most 9 characters)."),
    now_required: ("major", "Changed", f"{BREAKS}{CARD}: field `text` is required now."),
    wider_limit: ("minor", "Changed", f"- {CARD}: field `text`: maxLength 500, before 400."),
    tighter_limit: ("major", "Changed", f"{BREAKS}{CARD}: field `text`: maxLength 300, before 400."),
    new_limit: (
        "major",
        "Changed",
        f"{BREAKS}{CARD}: field `files`: minItems 1, before none.",
    ),
    lifted_limit: (
        "minor",
        "Changed",
        f"- {BILL}: field `files`: minItems none, before 1.",
    ),
    other_type: (
        "major",
        "Changed",
        f"{BREAKS}{CARD}: field `until` is integer, before date-time.",
    ),
    values_listed: ("major", "Changed", f"{BREAKS}{CARD}: field `text` is one of `a`, `b`."),
    other_plan: (
        "patch",
        "Changed",
        f"- {BILL}: usage plan 2/s, burst 10, before 1/s, burst 5.",
    ),
    no_plan: (
        "patch",
        "Changed",
        f"- {BILL}: usage plan none, before 1/s, burst 5.",
    ),
    sandbox_answer: (
        "patch",
        "Changed",
        "- sandbox cases of `sendBill`: another answer to 201 for order 1-1.",
    ),
    sandbox_body: (
        "patch",
        "Changed",
        "- sandbox cases of `sendCard`: another body for 201 for order 1-1.",
    ),
    sandbox_gone: (
        "patch",
        "Changed",
        "- sandbox cases of `sendBill`, `sendCard`: no longer 201 for order 1-1.",
    ),
    without_operation: (
        "major",
        "Removed",
        f"{BREAKS}{CARD} is gone; `--retire sendCard` would keep it.",
    ),
    new_operation: (
        "minor",
        "Added",
        "- `send_gift_note` (sendGiftNote): Send a note; message type `giftNote`; takes files (1 to 5 items); "
        "usage plan 0.5/s, burst 1; 1 sandbox case.",
    ),
    other_message_type: (
        "major",
        "Changed",
        f"{BREAKS}{BILL} moved from POST {MESSAGES}/bill to POST {MESSAGES}/invoice.",
    ),
    retired: (
        "minor",
        "Deprecated",
        f"- {BILL} left the published model on 2027-01-02 (commit abc1234); the method stays and warns.",
    ),
    query_parameter: ("minor", "Added", f"- {BILL}: query parameter `tone`, string."),
    status: ("patch", "Changed", "- documented statuses of `sendBill`: new 418; no longer 415."),
    answer_field: ("minor", "Added", "- `Answer`: field `tone`, string."),
    answer_field_gone: ("major", "Removed", f"{BREAKS}`Answer`: field `note`."),
    attachment_field: ("major", "Added", f"{BREAKS}`Attachment`: required field `colour`, string."),
}


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_each_kind_of_change(change: Callable[[Document], None], document: Document) -> None:
    new = copy.deepcopy(document)
    change(new)
    bump, section, line = CHANGES[change]

    verdict, *sections = report(document, new).rstrip("\n").split("\n\n### ")
    assert verdict.startswith(f"Next version: **{bump}**. 1 change for users, ")
    assert verdict.endswith("1 of which breaks callers." if bump == "major" else "none of which breaks callers.")
    assert sections == [f"{section}\n\n{line}"]


def prose(document: Document) -> None:
    send(document, "bill")["description"] = "Other words."


@pytest.mark.parametrize("change", [prose, lambda document: None], ids=["prose", "nothing"])
def test_nothing_is_said_when_nothing_matters_to_users(change: Callable[[Document], None], document: Document) -> None:
    new = copy.deepcopy(document)
    change(new)

    assert report(document, new) == ""


def test_what_is_learnt_of_a_retirement_later_is_no_change(document: Document) -> None:
    old, new = copy.deepcopy(document), copy.deepcopy(document)
    retired(old)
    retired(new)
    send(new, "bill")["x-retired"]["commit"] = "0000000"

    assert report(old, new) == ""


def test_a_retired_operation_that_is_published_again(document: Document) -> None:
    old = copy.deepcopy(document)
    retired(old)

    assert f"### Changed\n\n- {BILL} is published again; the method no longer warns.\n" in report(old, document)


def test_there_is_nothing_to_compare_the_first_time(document: Document) -> None:
    assert report(None, document) == ""


def test_what_came_without_a_description_is_named(document: Document) -> None:
    new = copy.deepcopy(document)
    optional_field(new)
    places = ["field Card.text", "field Card.tone"]

    assert report(document, new, [], places).endswith("\n### Described from their names alone\n\n- `field Card.tone`\n")
    assert report(new, new, [], places) == ""


def test_the_greatest_bump_decides(document: Document) -> None:
    new = copy.deepcopy(document)
    for change in (other_plan, lifted_limit, without_operation):
        change(new)

    assert report(document, new).startswith("Next version: **major**. 3 changes for users, 1 of which breaks callers.")


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


@cache
def specification(model: Path) -> Specification:
    """The specification for one of Amazon's models, with the committed model for uploads."""
    project = Project(REPOSITORY)
    apis = read(project.sources).apis
    models = {api.name: project.read_published(api.name) for api in apis}
    given = {source.api.name: published(source) for source in read_sources(model, apis)}
    return specify(apis, models | given, project.read_overlays())


@pytest.mark.parametrize(("old", "new"), HISTORY, ids=lambda name: Path(name).stem)
def test_history(old: str, new: str, shared: Path) -> None:
    after = specification(shared / new)

    assert report(specification(shared / old).document, after.document, (), after.undescribed) == HISTORY[old, new]
    # Older models have no invoices, so the actions for invoices match nothing.
    assert all("nvoice" in action.target for action in after.unmatched)
