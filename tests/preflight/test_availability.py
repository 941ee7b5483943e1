"""Whether an order allows a type of message."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spapi_messaging import AvailableActions
from spapi_messaging.errors import Problem
from spapi_messaging.messages import MESSAGE_TYPES
from spapi_messaging.preflight.availability import check_availability
from spapi_messaging.preflight.printable import printable
from tests.preflight.actions import TYPES, action_of, actions
from tests.support.bounds import SOON

ANY, OTHER, *_ = MESSAGE_TYPES.values()
EVERY = pytest.mark.parametrize("operation", list(MESSAGE_TYPES.values()), ids=list(MESSAGE_TYPES))


def only(listed: AvailableActions) -> Problem:
    (problem,) = check_availability(listed, ANY)
    assert (problem.field, problem.severity) == ("message_type", "error")
    return problem


@EVERY
def test_a_type_that_is_listed(operation: Any) -> None:
    assert check_availability(actions(action_of(operation)), operation) == []


@EVERY
def test_a_type_that_is_listed_by_its_operation(operation: Any) -> None:
    named = {"name": operation.operation_id.upper(), "title": "A message"}

    assert check_availability(actions(named), operation) == []


def test_a_type_that_is_not_listed() -> None:
    problem = only(actions(action_of(OTHER), {"name": "brandNew"}))

    assert problem.rule == "not-available"
    assert problem.message == (
        f"Amazon does not list {ANY.message_type} for this order. It lists {OTHER.message_type}."
    )


def test_an_empty_list_may_be_filled_later() -> None:
    for listed in (actions(), AvailableActions.from_raw({}, TYPES), actions({"name": "attributes"})):
        problem = only(listed)
        assert problem.rule == "not-available"
        assert "lists no message" in problem.message
        assert "filled later" in problem.remedy


def test_a_type_that_is_disabled() -> None:
    problem = only(actions(action_of(ANY, disabled=True, disabledReason="Too \x1b[31mlate\n\u202e  today")))

    assert problem.rule == "disabled"
    assert problem.message == f"Amazon has disabled {ANY.message_type} for this order: Too [31mlate today."


@pytest.mark.parametrize("reason", [None, "", 7, "\n"])
def test_a_type_that_is_disabled_without_a_reason(reason: Any) -> None:
    problem = only(actions(action_of(ANY, disabled=True, disabledReason=reason)))

    assert problem.message == f"Amazon has disabled {ANY.message_type} for this order."


def test_everything_else_is_disabled() -> None:
    assert "What it lists is disabled." in only(actions(action_of(OTHER, disabled=True))).message


def test_a_type_that_is_listed_twice_and_disabled_once() -> None:
    twice = [action_of(ANY, disabled=True), action_of(ANY)]

    assert check_availability(actions(*twice), ANY) == []
    assert check_availability(actions(*reversed(twice)), ANY) == []


def test_ten_thousand_actions() -> None:
    many = actions(*({"name": f"thing{number}"} for number in range(10_000)), *map(action_of, MESSAGE_TYPES.values()))
    without = AvailableActions(tuple(each for each in many if each.message_type != ANY.message_type), {})
    began = time.process_time()

    assert check_availability(many, ANY) == []
    assert len(only(without).message) < 300
    assert time.process_time() - began < SOON


@given(reason=st.text() | st.text(min_size=9).map(lambda text: text * 500), most=st.integers(1, 250))
def test_what_amazon_says_is_one_short_line(reason: str, most: int) -> None:
    shown = printable(reason, most)

    assert len(shown) <= most
    assert shown.replace("\u200c", "").replace("\u200d", "").isprintable()
