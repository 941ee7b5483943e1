"""A body made of several parts has all their fields, however the parts are put together."""

from __future__ import annotations

from typing import Any

import pytest

from regeneration.apis import Api
from regeneration.documents import Document
from regeneration.generating.table import obstacle
from regeneration.reading.normalise import normalise

API = Api("gifts", "Gifts", "gifts", "/gifts/", "application/json", "https://example.com", "gifts.json")
NOTE: Document = {"type": "object", "properties": {"note": {"type": "string"}}, "required": ["note"]}
DATE: Document = {"type": "object", "properties": {"date": {"type": "string"}}}
PART: Document = {"$ref": "#/components/schemas/Part"}


def composed(body: Document, **others: Document) -> Document:
    """The model of a body, normalised."""
    operation: dict[str, Any] = {
        "operationId": "sendGift",
        "parameters": [],
        "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Body"}}}},
        "responses": {"201": {"description": ""}},
    }
    schemas = {"Body": body, "Part": NOTE, **others}
    document = {"paths": {"/gifts": {"post": operation}}, "components": {"schemas": schemas}}
    made: Document = normalise(document, API)["components"]["schemas"]["Body"]
    return made


@pytest.mark.parametrize(
    "body",
    [
        {"allOf": [PART, DATE]},
        {"allOf": [PART], **DATE},
        {"allOf": [PART], "properties": DATE["properties"]},
        {"allOf": [{"allOf": [PART]}, DATE]},
        {"allOf": [{"$ref": "#/components/schemas/Whole"}]} | DATE,
        {"allOf": [{"$ref": "#/components/schemas/Whole"}, {"required": ["note"]}]},
        {"allOf": [PART, DATE, {"type": "object", "required": ["note"]}]},
        {"allOf": [PART, DATE, {"type": "object"}]},
    ],
)
def test_every_field_of_every_part_is_there(body: Document) -> None:
    made = composed(body, Whole={"allOf": [PART], **DATE})

    assert made.keys() == {"type", "properties", "required"}
    assert made["properties"].keys() == {"note", "date"}
    assert made["required"] == ["note"]


def test_a_part_may_say_more_of_a_field() -> None:
    made = composed({"allOf": [PART, {"properties": {"note": {"maxLength": 9}}}]})

    assert made["properties"] == {"note": {"type": "string", "maxLength": 9}}


def test_what_a_part_says_of_other_fields_stays() -> None:
    assert composed({"allOf": [PART, DATE | {"additionalProperties": False}]})["additionalProperties"] is False


def test_parts_that_are_no_objects_stay() -> None:
    assert "allOf" in composed({"allOf": [{"type": "string"}, {"maxLength": 9}]})


def test_another_name_for_a_model_stays_one() -> None:
    assert composed({"allOf": [PART]}) == {"allOf": [PART]}


def test_a_body_whose_parts_cannot_be_put_together_is_no_method() -> None:
    body = {"allOf": [PART, {"enum": ["a"]}]}
    operation = {"operationId": "sendGift", "requestBody": {"content": {"application/json": {"schema": body}}}}
    document = {"components": {"schemas": {"Part": NOTE}}}

    reason = obstacle(document, "/orders/{amazonOrderId}/gift", "post", operation)

    assert reason == "its body is not a JSON object"
