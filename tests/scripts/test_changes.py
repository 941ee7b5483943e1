"""What is said of each kind of change: its section, what it does to callers, and the sentence."""

from __future__ import annotations

import copy
from collections.abc import Callable

import pytest

from regeneration.documents import Document
from regeneration.reporting.changes import changes
from tests.scripts.small_specification import BILL, CARD, CASES, MESSAGES, fields, schema, send, small

Mutation = Callable[[Document], None]


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


def answer(document: Document) -> Document:
    found: Document = send(document, "bill")["responses"]["201"]
    return found


def note(document: Document) -> Document:
    found: Document = fields(document, "Answer")["note"]
    return found


def text_field(document: Document) -> Document:
    found: Document = fields(document, "Card")["text"]
    return found


def description(document: Document) -> None:
    send(document, "bill")["description"] = "Other words."


def field_description(document: Document) -> None:
    text_field(document)["description"] = "Other words."


def slow_plan(document: Document) -> None:
    send(document, "card")["x-usage-plan"] = {"rate": 0.0167, "burst": 1}


def deprecated(document: Document) -> None:
    send(document, "bill")["deprecated"] = True


def secured(document: Document) -> None:
    send(document, "bill")["x-security"] = [{"grantless": []}]


def becomes_a_read(document: Document) -> None:
    item = document["paths"][f"{MESSAGES}/bill"]
    item["get"] = item.pop("post")
    del item["get"]["requestBody"]


def renamed(document: Document) -> None:
    send(document, "bill")["operationId"] = "sendInvoice"


def moved(document: Document) -> None:
    document["paths"][f"/v2{MESSAGES}/bill"] = document["paths"].pop(f"{MESSAGES}/bill")


def reference(document: Document) -> None:
    document["components"]["schemas"]["Other"] = {"type": "object", "properties": {}}
    fields(document, "Card")["files"]["items"] = schema("Other")


def nested_enum(document: Document) -> None:
    fields(document, "Attachment")["fileName"]["x-enum"] = ["a.pdf"]


def nested_required(document: Document) -> None:
    document["components"]["schemas"]["Attachment"]["required"].append("uploadDestinationId")


def type_of_items(document: Document) -> None:
    fields(document, "Card")["files"]["items"] = {"type": "string"}


def limit_of_items(document: Document) -> None:
    fields(document, "Card")["tags"]["items"]["maxLength"] = 3


def optional_body(document: Document) -> None:
    del send(document, "bill")["requestBody"]["required"]


def no_body(document: Document) -> None:
    del send(document, "bill")["requestBody"]


def other_success(document: Document) -> None:
    answers = send(document, "bill")["responses"]
    answers["202"] = answers.pop("201")


def other_media_type(document: Document) -> None:
    content = answer(document)["content"]
    content["application/hal+json"] = content.pop("application/json")


def other_body_media_type(document: Document) -> None:
    content = send(document, "bill")["requestBody"]["content"]
    content["application/xml"] = content.pop("application/json")


def parameter_moved(document: Document) -> None:
    document["components"]["parameters"]["colour"]["in"] = "header"


def parameter_required(document: Document) -> None:
    document["components"]["parameters"]["colour"]["required"] = True


def unused_model(document: Document) -> None:
    document["components"]["schemas"]["Spare"] = {"type": "object"}


def unused_model_gone(document: Document) -> None:
    del document["components"]["schemas"]["Unused"]


def answer_model(document: Document) -> None:
    document["components"]["schemas"]["Reply"] = {"type": "object"}
    answer(document)["content"]["application/json"]["schema"] = schema("Reply")


def null_sent(document: Document) -> None:
    text_field(document)["nullable"] = True


def null_answered_no_more(document: Document) -> None:
    del note(document)["nullable"]


def answered_limit(document: Document) -> None:
    note(document)["maxLength"] = 3


def answered_value_gone(document: Document) -> None:
    fields(document, "Answer")["mood"]["x-enum"] = ["good"]


def sent_pattern(document: Document) -> None:
    text_field(document)["pattern"] = "a`b\n|c"


def sent_multiple(document: Document) -> None:
    fields(document, "Card")["count"]["multipleOf"] = 0.5


def default(document: Document) -> None:
    text_field(document)["x-default"] = "Hello"


def closed(document: Document) -> None:
    document["components"]["schemas"]["Card"]["additionalProperties"] = False


def unknown_fact(document: Document) -> None:
    text_field(document)["x-colour"] = {"a": [1]}


def other_tag(document: Document) -> None:
    send(document, "bill")["tags"] = ["mail"]


def other_version(document: Document) -> None:
    document["info"]["version"] = "v2"


def beside_operations(document: Document) -> None:
    document["paths"][f"{MESSAGES}/card"]["servers"] = []


def integer_and_number(document: Document) -> None:
    text_field(document)["maxLength"] = 400.0


def for_the_low_level_client_alone(document: Document) -> None:
    document["components"]["schemas"]["Card"]["type"] = "array"


def statuses_of_both(document: Document) -> None:
    for name in ("card", "bill"):
        send(document, name)["responses"]["418"] = {"description": ""}


MOVED = f"`POST {MESSAGES}/bill`"
CHANGES: dict[Mutation, tuple[str, str, str]] = {
    without_field: ("Removed", "major", f"{CARD}: field `files`."),
    optional_field: ("Added", "minor", f"{CARD}: field `tone`, string (at most 9 characters)."),
    required_field: ("Added", "major", f"{CARD}: required field `tone`, string (at most 9 characters)."),
    now_required: ("Changed", "major", f"{CARD}: field `text` is required now."),
    wider_limit: ("Changed", "minor", f"{CARD}: field `text`: maxLength 500, before 400."),
    tighter_limit: ("Changed", "major", f"{CARD}: field `text`: maxLength 300, before 400."),
    new_limit: ("Changed", "major", f"{CARD}: field `files`: minItems 1, before none."),
    lifted_limit: ("Changed", "minor", f"{BILL}: field `files`: minItems none, before 1."),
    other_type: ("Changed", "major", f"{CARD}: field `until` is integer, before date-time."),
    values_listed: ("Changed", "major", f"{CARD}: field `text` is one of `a`, `b`."),
    other_plan: (
        "Changed",
        "patch",
        f"{BILL}: usage plan 2/s, burst 10, before 1/s, burst 5: the client calls faster.",
    ),
    no_plan: (
        "Changed",
        "patch",
        f"{BILL}: no usage plan is published any more, before 1/s, burst 5; the client now paces it at 1/s, burst 5.",
    ),
    slow_plan: (
        "Changed",
        "patch",
        f"{CARD}: usage plan 0.0167/s, burst 1, before 1/s, burst 5: the client calls slower.",
    ),
    sandbox_answer: ("Changed", "patch", f"{BILL}: sandbox cases: another answer to 201 for order `1-1`."),
    sandbox_body: ("Changed", "patch", f"{CARD}: sandbox cases: another body for 201 for order `1-1`."),
    sandbox_gone: ("Changed", "patch", "`sendBill`, `sendCard`: sandbox cases: no longer 201 for order `1-1`."),
    without_operation: ("Removed", "major", f"{CARD} is gone; `--retire sendCard` would keep it."),
    new_operation: (
        "Added",
        "minor",
        "`send_gift_note` (sendGiftNote): Send a note; message type `giftNote`; takes files (1 to 5 items); "
        "usage plan 0.5/s, burst 1; 1 sandbox case.",
    ),
    other_message_type: (
        "Changed",
        "major",
        f"{BILL} moved from {MOVED} to `POST {MESSAGES}/invoice`; its message type is `invoice`, before `bill`.",
    ),
    moved: ("Changed", "patch", f"{BILL} moved from {MOVED} to `POST /v2{MESSAGES}/bill`."),
    renamed: ("Changed", "major", f"{BILL} is called `send_invoice` (sendInvoice) now."),
    retired: (
        "Deprecated",
        "minor",
        f"{BILL} left the published model on 2027-01-02 (commit abc1234); the method stays and warns.",
    ),
    deprecated: ("Deprecated", "minor", f"{BILL} is called deprecated by Amazon; the method stays and warns."),
    secured: ("Changed", "major", f'{BILL}: security `[{{"grantless": []}}]`, before none.'),
    query_parameter: ("Added", "minor", f"{BILL}: query parameter `tone`, string."),
    parameter_moved: ("Changed", "patch", f"{CARD}: query parameter `colour` is a header parameter `colour` now."),
    parameter_required: ("Changed", "major", f"{CARD}: query parameter `colour` is required now."),
    status: ("Changed", "patch", f"{BILL}: documented statuses: new 418; no longer 415."),
    statuses_of_both: ("Changed", "patch", "`sendBill`, `sendCard`: documented statuses: new 418."),
    other_media_type: (
        "Changed",
        "patch",
        f"{BILL}: its answer (201) comes as `application/hal+json`, before `application/json`.",
    ),
    other_body_media_type: (
        "Changed",
        "patch",
        f"{BILL}: its body is sent as `application/xml`, before `application/json`.",
    ),
    optional_body: ("Changed", "minor", f"{BILL}: its body may be left out."),
    no_body: ("Removed", "major", f"{BILL}: takes no body any more, before `Bill`."),
    answer_model: ("Changed", "major", f"{BILL}: the model of its answer (201) is `Reply`, no longer `Answer`."),
    answer_field: ("Added", "minor", "`Answer`: field `tone`, string."),
    answer_field_gone: ("Removed", "major", "`Answer`: field `note`."),
    answered_limit: ("Changed", "patch", "`Answer`: field `note`: maxLength 3, before none."),
    answered_value_gone: ("Removed", "patch", "`Answer`: field `mood`: `bad`."),
    null_answered_no_more: ("Changed", "minor", "`Answer`: field `note` may not be null any more."),
    null_sent: ("Changed", "minor", f"{CARD}: field `text` may be null now."),
    attachment_field: ("Added", "major", "`Attachment`: required field `colour`, string."),
    nested_enum: ("Changed", "major", "`Attachment`: field `fileName` is one of `a.pdf`."),
    nested_required: ("Changed", "major", "`Attachment`: field `uploadDestinationId` is required now."),
    reference: ("Changed", "major", f"{CARD}: field `files`: each item is `Other`, before `Attachment`."),
    type_of_items: ("Changed", "major", f"{CARD}: field `files`: each item is string, before `Attachment`."),
    limit_of_items: ("Changed", "major", f"{CARD}: field `tags`: each item: maxLength 3, before 5."),
    sent_pattern: ("Changed", "major", f"{CARD}: field `text` must match ``a`b |c``."),
    sent_multiple: ("Changed", "major", f"{CARD}: field `count` must be a multiple of 0.5."),
    default: ("Changed", "patch", f"{CARD}: field `text`: Amazon's default is `Hello`, before none."),
    closed: ("Changed", "major", f"{CARD}: body: other fields are refused, before not mentioned."),
    unused_model: ("Added", "minor", "`Spare` is a new model that no operation uses."),
    unused_model_gone: ("Removed", "major", "`Unused` is gone, a model that no operation used."),
    description: ("Descriptions", "patch", f"{BILL}: another description."),
    field_description: ("Descriptions", "patch", f"{CARD}: field `text`: another description."),
    unknown_fact: (
        "Other differences",
        "patch",
        f'{CARD}: field `text`: `/x-colour`: `{{"a": [1]}}`, before none.',
    ),
    other_tag: ("Other differences", "patch", f'{BILL}: `/tags/0`: `"mail"`, before `"messaging"`.'),
    other_version: ("Other differences", "patch", '`openapi.json`: `/info/version`: `"v2"`, before `"v1"`.'),
    beside_operations: (
        "Other differences",
        "patch",
        f'`openapi.json`: `/paths/{MESSAGES.replace("/", "~1")}~1card`: `{{"servers": []}}`, before none.',
    ),
    integer_and_number: (
        "Other differences",
        "patch",
        f"{CARD}: field `text`: `/maxLength`: `400.0`, before `400`.",
    ),
}


@pytest.mark.parametrize("mutation", CHANGES, ids=lambda mutation: mutation.__name__)
def test_each_kind_of_change_is_said_once(mutation: Mutation) -> None:
    old, new = small(), small()
    mutation(new)

    assert [(each.section, each.bump, each.text) for each in changes(old, new)] == [CHANGES[mutation]]


@pytest.mark.parametrize(
    ("mutation", "section", "bump", "text"),
    [
        (now_required, "Changed", "minor", f"{CARD}: field `text` may be left out."),
        (
            deprecated,
            "Changed",
            "minor",
            f"{BILL} is not called deprecated by Amazon any more; the method stops warning.",
        ),
        (retired, "Changed", "minor", f"{BILL} is published again; the method no longer warns."),
        (optional_body, "Changed", "major", f"{BILL}: its body is required now."),
        (
            no_plan,
            "Changed",
            "patch",
            f"{BILL}: usage plan 1/s, burst 5; none was published before, and the client paced it at 1/s, burst 5.",
        ),
        (no_body, "Added", "major", f"{BILL}: takes a body now, `Bill`."),
        (null_sent, "Changed", "major", f"{CARD}: field `text` may not be null any more."),
        (null_answered_no_more, "Changed", "major", "`Answer`: field `note` may be null now."),
        (answered_value_gone, "Added", "minor", "`Answer`: field `mood`: `bad`."),
        (values_listed, "Changed", "minor", f"{CARD}: field `text` takes any value, before only `a`, `b`."),
        (sent_pattern, "Changed", "minor", f"{CARD}: field `text` need not match a pattern any more."),
        (secured, "Changed", "patch", f'{BILL}: security none, before `[{{"grantless": []}}]`.'),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_the_other_way_round(mutation: Mutation, section: str, bump: str, text: str) -> None:
    old, new = small(), small()
    mutation(old)

    assert [(each.section, each.bump, each.text) for each in changes(old, new)] == [(section, bump, text)]


def said(*mutations: Mutation) -> list[str]:
    old, new = small(), small()
    for mutation in mutations:
        mutation(new)
    return [f"{each.bump}: {each.text}" for each in changes(old, new)]


def test_two_changes_in_one_field_are_two_lines() -> None:
    assert said(tighter_limit, null_sent, now_required) == [
        f"major: {CARD}: field `text`: maxLength 300, before 400.",
        f"minor: {CARD}: field `text` may be null now.",
        f"major: {CARD}: field `text` is required now.",
    ]


def test_a_send_that_becomes_a_read_breaks_callers() -> None:
    assert said(becomes_a_read)[0] == (
        f"major: {BILL} is a read now, before a send, from {MOVED} to `GET {MESSAGES}/bill`."
    )


def test_another_success_is_followed() -> None:
    assert said(other_success) == [
        f"patch: {BILL} succeeds with 202, before 201.",
        f"patch: {BILL}: sandbox cases: new 202 for order `1-1`; no longer 201 for order `1-1`.",
    ]


def test_a_renamed_and_changed_operation_is_one_operation() -> None:
    assert said(renamed, lifted_limit) == [
        f"major: {BILL} is called `send_invoice` (sendInvoice) now.",
        "minor: `send_invoice` (sendInvoice): field `files`: minItems none, before 1.",
    ]


def test_an_operation_that_the_clients_lose_is_said_to_be_lost() -> None:
    assert said(for_the_low_level_client_alone)[0] == (
        "major: `sendCard` of the low-level client: its body is not a JSON object; "
        "the clients have no method for it any more."
    )


def test_what_is_learnt_of_a_retirement_later_is_said() -> None:
    old, new = small(), small()
    retired(old)
    retired(new)
    send(new, "bill")["x-retired"]["commit"] = "0000000"

    [change] = changes(old, new)
    assert change.text == f"{BILL} left the published model on 2027-01-02 (commit 0000000), as is known now."


def test_nothing_is_said_of_the_same_specification() -> None:
    assert changes(small(), small()) == []


def test_another_order_of_the_parts_is_said() -> None:
    new = small()
    new["components"]["schemas"] = dict(reversed(new["components"]["schemas"].items()))

    assert [change.text for change in changes(small(), new)] == ["`openapi.json` has its parts in another order."]


def test_documents_are_left_as_they_are() -> None:
    old, new = small(), small()
    for mutation in CHANGES:
        changed = copy.deepcopy(new)
        mutation(changed)
        kept = copy.deepcopy(changed)
        changes(old, changed)
        assert (old, changed) == (small(), kept)
