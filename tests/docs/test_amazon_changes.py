"""docs/amazon-changes.md: a call of an operation that nobody knows, and what is told of retired ones."""

from __future__ import annotations

import re

import pytest

from spapi_messaging import DeliveryUnknownError
from spapi_messaging.messages import MESSAGE_TYPES, OPERATIONS
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


def test_every_retired_type_is_listed() -> None:
    retired = {name for name, operation in MESSAGE_TYPES.items() if operation.deprecated}
    told = PAGE.section("Two types that Amazon retired")

    assert set(re.findall(r"^\| \[`(\w+)`\]", told, re.MULTILINE)) == retired
    for operation in OPERATIONS.values():
        if operation.deprecated:
            (day,) = re.findall(r"\d{4}-\d\d-\d\d", operation.deprecated)
            assert day in told
