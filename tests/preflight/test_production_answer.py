"""A whole answer in the shape in which production gives it, as sellers have shown it in public threads."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spapi_messaging import AvailableActions
from spapi_messaging.messages import MESSAGE_TYPES, operation_for
from spapi_messaging.preflight.availability import check_availability
from spapi_messaging.preflight.limits import Range, limits_of
from spapi_messaging.preflight.schemas import check_schema
from tests.preflight.actions import DRAFT_4, TYPES
from tests.preflight.test_schemas import check_that_nothing_valid_is_stopped, mutated
from tests.support.operations import publish

PATH = "/messaging/v1/orders/303-1234567-1234567"
QUERY = "?marketplaceIds=A13V1IB3VIYZZH"
PAIR = {"rawMessageBody": "Message", "attachments": "Files"}


def link(name: str) -> dict[str, Any]:
    return {"href": f"{PATH}/messages/{name}{QUERY}", "name": name}


def action(name: str, properties: dict[str, Any], **schema: Any) -> dict[str, Any]:
    own = {"href": f"{PATH}/messages/{name}/schema", "name": name}
    described = {
        "_links": {"self": own},
        "$schema": DRAFT_4,
        "name": name,
        "title": "What people see",
        "description": "A longer sentence for people",
        "disabled": False,
        "disabledReason": None,
        "x-ui-hidden": None,
        "type": "object",
        "properties": {key: {"title": PAIR[key], **rules} for key, rules in properties.items()},
        "required": [],
        **schema,
    }
    return {"_links": {"self": link(name), "schema": own}, "_embedded": {"schema": described}}


FILES = {
    "type": "array",
    "minItems": 1,
    "maxItems": 2,
    "items": {"type": "object", "properties": {"id": {"type": "string"}}, "required": ["id"]},
}
ANSWER = {
    "_links": {
        "self": {"href": [PATH + QUERY]},
        "actions": [link(name) for name in ("legalDisclosure", "unexpectedProblem", "sendInvoice", "updateFeedback")],
    },
    "_embedded": {
        "actions": [
            action("legalDisclosure", {"attachments": FILES}, required=["attachments"]),
            action("unexpectedProblem", {"rawMessageBody": {"type": "string", "minLength": 1, "maxLength": 100}}),
            action("sendInvoice", {"attachments": FILES}, disabled=True, disabledReason="The order is not dispatched"),
            {"_links": {"self": link("updateFeedback")}},
        ]
    },
}


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> AvailableActions:
    for name in ("legalDisclosure", "unexpectedProblem", "invoice", "warranty"):
        publish(monkeypatch, name)
    return AvailableActions.from_raw(ANSWER, TYPES)


@pytest.mark.parametrize(
    ("message_type", "rules"),
    [
        ("legalDisclosure", []),
        ("unexpectedProblem", []),
        ("invoice", ["disabled"]),
        ("sendInvoice", ["disabled"]),
        ("warranty", ["not-available"]),
    ],
)
def test_what_is_allowed(found: AvailableActions, message_type: str, rules: list[str]) -> None:
    assert [problem.rule for problem in check_availability(found, operation_for(message_type))] == rules


def test_what_a_message_must_keep_to(found: AvailableActions) -> None:
    problem, disclosure = operation_for("unexpectedProblem"), operation_for("legalDisclosure")
    of_problem, of_disclosure = found["unexpectedProblem"].schema, found["legalDisclosure"].schema

    assert check_schema(problem, of_problem, {"text": "x" * 100}) == []
    assert [each.field for each in check_schema(problem, of_problem, {"text": "x" * 101})] == ["text"]
    assert check_schema(disclosure, of_disclosure, {"attachments": [1, 2]}) == []
    assert [each.field for each in check_schema(disclosure, of_disclosure, {"attachments": [1, 2, 3]})] == [
        "attachments"
    ]
    assert [each.field for each in check_schema(disclosure, of_disclosure, {})] == ["attachments"]
    assert limits_of(problem, of_problem).text == Range(1, 100)
    assert limits_of(disclosure, of_disclosure).attachments == Range(1, 2)


@given(data=st.data())
def test_a_changed_answer_stops_nothing_valid(data: st.DataObject) -> None:
    changed = AvailableActions.from_raw(mutated(data, copy.deepcopy(ANSWER)), TYPES)

    for message_type, operation in MESSAGE_TYPES.items():
        problems = check_availability(changed, operation)
        assert bool(problems) == (not changed.allows(message_type))
        if message_type in changed:
            schema = changed[message_type].schema
            check_that_nothing_valid_is_stopped(schema, operation)
            assert str(limits_of(operation, schema))


@pytest.mark.parametrize("path", [("_embedded",), ("_links",)])
def test_half_of_the_answer_is_enough(path: tuple[str, ...]) -> None:
    half = {key: value for key, value in ANSWER.items() if key not in path}

    assert AvailableActions.from_raw(half, TYPES).allows("legalDisclosure")
