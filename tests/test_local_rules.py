"""Each rule that is known before anything is sent has a name, which programs compare, and says what to do."""

from __future__ import annotations

import io
from datetime import date, datetime
from typing import Any

import pytest

from spapi_messaging import InvalidMessageError, MessagingClient
from spapi_messaging.drafts import draft
from tests.support.amazon import CREDENTIALS, ORDER
from tests.support.operations import too_much

TEXT = {"message_type": "confirmOrderDetails"}
FILES: dict[str, Any] = {"message_type": "warranty", "attachments": [("a.txt", b"a")]}

BROKEN: list[tuple[str, str, dict[str, Any]]] = [
    ("order-id", "order_id", {"order_id": "303", **FILES}),
    ("message-type", "message_type", {"message_type": "birthdayCard"}),
    ("unknown-field", "subject", {**FILES, "subject": "Hello"}),
    ("required", "text", TEXT),
    ("required", "attachments", {**FILES, "attachments": []}),
    ("type", "text", {**TEXT, "text": 7}),
    ("type", "attachments", {**FILES, "attachments": "a.txt"}),
    ("type", "attachments", {**FILES, "attachments": [7]}),
    ("type", "attachments", {**FILES, "attachments": [("a.txt", io.StringIO("a"))]}),
    ("type", "coverage_start_date", {**FILES, "coverage_start_date": 7}),
    ("text-empty", "text", {**TEXT, "text": " \n"}),
    ("text-characters", "text", {**TEXT, "text": "a\0b"}),
    ("text-characters", "text", {**TEXT, "text": "a\ud800b"}),
    ("text-length", "text", {**TEXT, "text": "x" * too_much("confirmOrderDetails", "text")}),
    ("type", "coverage_start_date", {**FILES, "coverage_start_date": date(2026, 1, 1)}),
    ("date", "coverage_start_date", {**FILES, "coverage_start_date": datetime(2026, 1, 1)}),
    ("date", "coverage_start_date", {**FILES, "coverage_start_date": "tomorrow"}),
    (
        "date-order",
        "coverage_end_date",
        {**FILES, "coverage_start_date": "2026-02-01T00:00:00Z", "coverage_end_date": "2026-01-01T00:00:00Z"},
    ),
    ("file-count", "attachments", {**FILES, "attachments": [("a.txt", b"a")] * too_much("warranty", "attachments")}),
    ("file-unreadable", "attachments", {**FILES, "attachments": ["nowhere.pdf"]}),
    ("file-unreadable", "attachments", {**FILES, "attachments": ["https://example.com/a.pdf"]}),
    ("file-name", "attachments", {**FILES, "attachments": [("b/a.txt", b"a")]}),
    ("file-type", "attachments", {**FILES, "attachments": [("a.exe", b"a")]}),
    ("file-content", "attachments", {**FILES, "attachments": [("a.pdf", b"a")]}),
    ("file-size", "attachments", {**FILES, "attachments": [("a.txt", b"")]}),
    ("file-size", "attachments", {**FILES, "attachments": [("a.txt", b"a" * 10 * 2**20)]}),
]


@pytest.mark.parametrize(
    ("rule", "field", "message"), BROKEN, ids=[f"{rule}-{i}" for i, (rule, *_) in enumerate(BROKEN)]
)
def test_a_broken_rule_is_named(rule: str, field: str, message: dict[str, Any]) -> None:
    with pytest.raises(InvalidMessageError) as refused:
        draft(**{"order_id": ORDER, **message})

    (problem,) = refused.value.problems
    assert (problem.rule, problem.field, problem.severity) == (rule, field, "error")
    assert problem.message[-1] in ".…"
    assert problem.advice in str(refused.value)
    assert rule == "required" or problem.remedy


@pytest.mark.parametrize("marketplace", ["Atlantis", "US"])
def test_a_marketplace_that_cannot_be_is_a_broken_rule_as_well(marketplace: str) -> None:
    with (
        MessagingClient(credentials=CREDENTIALS, marketplace="DE") as client,
        pytest.raises(InvalidMessageError) as refused,
    ):
        client.create_confirm_order_details(ORDER, text="Hello", marketplace=marketplace)

    (problem,) = refused.value.problems
    assert (problem.rule, problem.field) == ("marketplace", "marketplace")


def test_problems_are_written_as_json_with_all_that_is_known() -> None:
    with pytest.raises(InvalidMessageError) as refused:
        draft(ORDER, "birthdayCard")  # type: ignore[arg-type,unused-ignore]

    (told,) = refused.value.to_dict()["problems"]
    assert told.keys() == {"field", "message", "severity", "rule", "remedy"}
