"""Each rule, with operations and fields that Amazon does not have."""

from __future__ import annotations

import copy
import dataclasses
from typing import Any

import pytest

from regeneration.apis import Api
from regeneration.documents import Document
from regeneration.reading import normalise as rules
from regeneration.reading.normalise import RULES, normalise

API = Api("messaging", "Messaging", "messaging", "/messaging/", "application/hal+json", "https://example.com", "m.json")


def document(
    *, body: Document | None = None, answer: Document | None = None, schemas: Document | None = None, **extra: Any
) -> Document:
    """A reduced document with one operation."""
    operation: Document = {
        "operationId": "sendGift",
        "parameters": [],
        "responses": {"201": {"description": "", "content": {"*/*": {"schema": answer or {"type": "object"}}}}},
    }
    if body:
        operation["requestBody"] = {"required": False, "content": {"application/hal+json": {"schema": body}}}
    return {
        "paths": {"/messaging/v1/orders/{amazonOrderId}/messages/gift": {"post": operation | extra}},
        "components": {"schemas": copy.deepcopy(schemas or {})},
    }


def operation(made: Document) -> Document:
    [[found]] = [item.values() for item in made["paths"].values()]
    return found  # type: ignore[no-any-return]


def fields(made: Document, name: str = "Body") -> Document:
    return made["components"]["schemas"][name]["properties"]  # type: ignore[no-any-return]


def body(**properties: Document) -> Document:
    """A document whose operation takes these fields."""
    schema = {"type": "object", "properties": properties}
    return document(body={"$ref": "#/components/schemas/Body"}, schemas={"Body": schema})


def answer(**properties: Document) -> Document:
    """A document whose operation answers with these fields."""
    schema = {"type": "object", "properties": properties, "required": list(properties)}
    return document(
        answer={"$ref": "#/components/schemas/Body"},
        schemas={"Body": schema, "Link": {"type": "object", "properties": {"href": {"type": "string"}}}},
    )


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_every_rule_gives_its_reason(rule: rules.Rule) -> None:
    assert len((rule.__doc__ or "").split()) > 10


def test_one_tag_per_api() -> None:
    assert operation(normalise(document(tags=["theirs", "more"]), API))["tags"] == ["messaging"]


def test_every_operation_takes_a_marketplace() -> None:
    made = normalise(document(), API)

    assert operation(made)["parameters"] == [{"$ref": "#/components/parameters/marketplaceIds"}]
    assert made["components"]["parameters"]["marketplaceIds"]["schema"]["maxItems"] == 1


def test_bodies_are_required_and_json() -> None:
    request = operation(normalise(body(text={"type": "string"}), API))["requestBody"]

    assert request["required"] is True
    assert list(request["content"]) == ["application/json"]


@pytest.mark.parametrize("media_type", ["application/hal+json", "application/json"])
def test_answers_have_the_media_type_of_their_api(media_type: str) -> None:
    made = normalise(document(), dataclasses.replace(API, media_type=media_type))

    assert list(operation(made)["responses"]["201"]["content"]) == [media_type]


def test_array_lengths_count_items() -> None:
    made = normalise(
        body(
            cards={"type": "array", "maxLength": 5, "minLength": 1, "items": {"type": "string", "maxLength": 9}},
            text={"type": "string", "maxLength": 300},
        ),
        API,
    )

    assert fields(made)["cards"] == {
        "type": "array",
        "maxItems": 5,
        "minItems": 1,
        "items": {"type": "string", "maxLength": 9},
    }
    assert fields(made)["text"] == {"type": "string", "maxLength": 300}


def test_an_item_count_that_is_published_rightly_wins() -> None:
    made = normalise(body(cards={"type": "array", "maxLength": 5, "maxItems": 4, "items": {}}), API)

    assert fields(made)["cards"] == {"type": "array", "maxItems": 4, "items": {}}


@pytest.mark.parametrize("kind", ["date-time", "date", "uuid"])
def test_strings_stay_strings(kind: str) -> None:
    made = normalise(body(when={"type": "string", "format": kind}), API)

    assert fields(made)["when"] == {"type": "string", "x-wire-format": kind}


def test_enums_stay_open_and_defaults_on_the_server() -> None:
    made = normalise(body(tone={"type": "string", "enum": ["warm"], "default": "warm"}), API)

    assert fields(made)["tone"] == {"type": "string", "x-enum": ["warm"], "x-default": "warm"}


def test_parameters_are_normalised_too() -> None:
    tone = {"name": "tone", "in": "query", "schema": {"type": "string", "enum": ["warm"], "format": "date"}}
    made = normalise(document(parameters=[tone]), API)

    assert made["components"]["parameters"]["tone"]["schema"] == {
        "type": "string",
        "x-enum": ["warm"],
        "x-wire-format": "date",
    }


def test_a_composition_becomes_one_object() -> None:
    base: Document = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string"}}}
    more: Document = {"type": "object", "properties": {"cards": {"type": "array", "items": {"type": "string"}}}}
    made = normalise(
        document(
            body={"$ref": "#/components/schemas/Body"},
            schemas={"Base": base, "Body": {"allOf": [{"$ref": "#/components/schemas/Base"}, more]}},
        ),
        API,
    )

    assert made["components"]["schemas"]["Body"] == {
        "type": "object",
        "properties": base["properties"] | more["properties"],
        "required": ["text"],
    }


def test_inline_objects_get_names() -> None:
    inner = {"type": "object", "properties": {"street": {"type": "string"}}}
    made = normalise(document(body={"type": "object", "properties": {"home": inner}}), API)

    schema = operation(made)["requestBody"]["content"]["application/json"]["schema"]
    assert schema == {"$ref": "#/components/schemas/SendGiftRequest"}
    assert fields(made, "SendGiftRequest")["home"] == {"$ref": "#/components/schemas/SendGiftRequestHome"}
    assert fields(made, "SendGiftRequestHome") == inner["properties"]


def test_a_name_that_is_taken_is_left_alone() -> None:
    taken = {"type": "object", "properties": {"other": {"type": "string"}}}
    made = normalise(document(body={"type": "object", "properties": {}}, schemas={"SendGiftRequest": taken}), API)

    schema = operation(made)["requestBody"]["content"]["application/json"]["schema"]
    assert schema == {"$ref": "#/components/schemas/SendGiftRequest2"}


@pytest.mark.parametrize(
    "published",
    [
        {"$ref": "#/components/schemas/Link"},
        {"type": "array", "items": {"$ref": "#/components/schemas/Link"}},
    ],
    ids=["one", "list"],
)
def test_links_may_be_one_or_a_list(published: Document) -> None:
    made = normalise(answer(next=published), API)

    link = {"$ref": "#/components/schemas/Link"}
    assert fields(made)["next"] == {"oneOf": [link, {"type": "array", "items": link}], "nullable": True}
    text = {"type": "string"}
    assert fields(made, "Link")["href"] == {"oneOf": [text, {"type": "array", "items": text}], "nullable": True}


def test_answers_are_read_leniently_and_bodies_are_not() -> None:
    made = normalise(answer(locale={"type": "string"}), API)
    assert made["components"]["schemas"]["Body"] == {
        "type": "object",
        "properties": {"locale": {"type": "string", "nullable": True}},
    }

    strict = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string"}}}
    sent = document(body={"$ref": "#/components/schemas/Body"}, schemas={"Body": strict})
    assert normalise(sent, API)["components"]["schemas"]["Body"] == strict


def test_what_no_operation_uses_stays_strict() -> None:
    """An operation that left the model leaves its body behind, and may be kept with it."""
    strict = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string"}}}
    made = normalise(document(schemas={"Left": strict}), API)

    assert made["components"]["schemas"]["Left"] == strict


def test_parameters_that_differ_keep_their_operation_in_their_name() -> None:
    one = document(parameters=[{"name": "page", "in": "query", "schema": {"type": "integer"}}])
    other = operation(document(parameters=[{"name": "page", "in": "query", "schema": {"type": "string"}}]))
    one["paths"]["/other"] = {"get": other | {"operationId": "readGift"}}
    made = normalise(one, API)

    assert made["components"]["parameters"]["page"]["schema"] == {"type": "integer"}
    assert made["components"]["parameters"]["readGift.page"]["schema"] == {"type": "string"}


def test_the_document_given_is_left_as_it_was() -> None:
    given = body(cards={"type": "array", "maxLength": 5})
    before = copy.deepcopy(given)
    normalise(given, API)

    assert given == before
