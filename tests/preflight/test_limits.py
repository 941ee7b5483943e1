"""What an order takes of a message, in numbers and in words."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given

from spapi_messaging.messages import MESSAGE_TYPES, Operation
from spapi_messaging.preflight.limits import Limits, Range, limits_of
from spapi_messaging.preflight.schemas import check_schema
from tests.preflight.actions import good_body, schema_of
from tests.preflight.test_schemas import ANY_JSON, BOTH, FILES, TEXT, files, files_schema, text_schema
from tests.support.operations import field_of

EVERY = pytest.mark.parametrize("operation", list(MESSAGE_TYPES.values()), ids=list(MESSAGE_TYPES))


@EVERY
@pytest.mark.parametrize("schema", [{}, None, [], {"type": "string"}, {"$ref": "#"}, {"$schema": "draft-07"}])
def test_without_a_schema_the_operations_own_limits_remain(operation: Operation, schema: Any) -> None:
    limits = limits_of(operation, schema)

    for field in operation.fields:
        if field.kind == "text":
            assert limits.text == Range(field.min_length or 1, field.max_length)
        elif field.kind == "attachments":
            assert limits.attachments is not None
            assert limits.attachments.most == field.max_items
    assert limits == limits_of(operation, schema_of(operation))
    assert json.loads(json.dumps(limits.to_dict())) == limits.to_dict()


def test_the_stricter_limit_counts() -> None:
    assert limits_of(TEXT, text_schema(minLength=3, maxLength=40)).text == Range(3, 40)
    assert limits_of(TEXT, text_schema(allOf=[{"maxLength": 30}, {"allOf": [{"minLength": 7}]}])).text == Range(7, 30)
    assert limits_of(FILES, files_schema(minItems=2, maxItems=3)).attachments == Range(2, 3)
    own = field_of(str(TEXT.message_type), "text").max_length
    assert limits_of(TEXT, text_schema(maxLength=10**6)).text == Range(1, own)


def test_parts_that_contradict_each_other_are_passed_over() -> None:
    assert limits_of(TEXT, text_schema(maxLength=3, allOf=[{"minLength": 7}])) == limits_of(TEXT, {})


def test_alternatives_are_no_limit() -> None:
    assert limits_of(TEXT, text_schema(anyOf=[{"maxLength": 3}, {"maxLength": 5}])) == limits_of(TEXT, {})


def test_what_is_required() -> None:
    assert limits_of(BOTH, {}).required == ()
    assert limits_of(TEXT, {}).required == ("text",)
    assert limits_of(BOTH, schema_of(BOTH, required=["attachments", "tone"])).required == ("attachments",)
    limits = limits_of(BOTH, schema_of(BOTH, required=["attachments"]))
    assert limits.attachments is not None
    assert limits.attachments.least == 1


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        (Limits(Range(1, 800), Range(0, 5), ()), "text of 1 to 800 characters; up to 5 files"),
        (Limits(Range(1, None), None, ()), "text of at least 1 character"),
        (Limits(None, Range(1, 1), ()), "1 file"),
        (Limits(Range(1, 2), Range(0, 0), ()), "text of 1 to 2 characters; no files"),
        (Limits(None, Range(0, 1), ()), "up to 1 file"),
        (Limits(None, None, ()), "neither text nor files"),
    ],
)
def test_limits_in_words(limits: Limits, words: str) -> None:
    assert str(limits) == words


@given(schema=ANY_JSON)
def test_whatever_amazon_answers(schema: Any) -> None:
    for operation in MESSAGE_TYPES.values():
        limits = limits_of(operation, schema)
        for span in (limits.text, limits.attachments):
            assert span is None or 0 <= span.least <= (span.most or span.least)


def test_what_is_within_the_limits_is_not_refused() -> None:
    schema = files_schema(BOTH, minItems=1, maxItems=2)
    limits = limits_of(BOTH, schema)
    assert limits.attachments is not None
    assert limits.attachments.most is not None

    most = limits.attachments.most
    assert check_schema(BOTH, schema, {**good_body(BOTH), **files(most)}) == []
    assert len(check_schema(BOTH, schema, {**good_body(BOTH), **files(most + 1)})) == 1
