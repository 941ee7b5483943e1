"""docs/amazon-changes.md: a call of an operation that nobody knows, and what is told of retired ones."""

from __future__ import annotations

import re

import pytest

from spapi_messaging import DeliveryUnknownError
from spapi_messaging.messages import MESSAGE_TYPES
from tests.docs.pages import Page
from tests.docs.reader import Reader

PAGE = Page("amazon-changes.md")
(LOW_LEVEL,) = PAGE.blocks("python", "A message type that is not here yet")


def test_what_low_level_sends_is_a_message(reader: Reader) -> None:
    reader.run_program(LOW_LEVEL)

    (message,) = reader.sandbox.inbox
    assert message.text == "Which colour shall we send?"


def test_nobody_repeats_it_if_its_fate_is_unknown(reader: Reader) -> None:
    """Also where the release does not know the path, which the sandbox does not know either."""
    unknown = LOW_LEVEL.replace("messages/confirmOrderDetails", "messages/giftNote")
    fault = reader.sandbox.faults.answer(500, {"errors": []}, on="api", times=None)

    with pytest.raises(DeliveryUnknownError):
        reader.run_program(unknown)

    assert fault.hits == 1


def test_its_loop_prints_what_is_retired(reader: Reader) -> None:
    reader.run_program(PAGE.blocks("python", "What you notice")[0])

    retired = [(name, each.deprecated) for name, each in MESSAGE_TYPES.items() if each.deprecated]
    assert reader.printed.splitlines() == [f"{name}: {told}" for name, told in retired]


def test_the_days_of_retired_types_are_those_of_the_model() -> None:
    """Amazon may retire more, or bring one back, before anybody comes to this page."""
    listed = dict(re.findall(r"^\| \[`(\w+)`\]\S+ \| (\S+) \|$", PAGE.text, re.MULTILINE))

    assert len(listed) >= 2
    for name, day in listed.items():
        assert day in (MESSAGE_TYPES[name].deprecated or day)
