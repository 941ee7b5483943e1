"""Reading Swagger 2.0: its facts are kept in the words of OpenAPI 3, and its prose is dropped."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from regeneration.documents import Document
from regeneration.problem import Problem
from regeneration.reading.swagger import reduce

DOCUMENT: Document = {
    "swagger": "2.0",
    "info": {"title": "Theirs", "version": "v1", "description": "Prose.", "contact": {"name": "Prose"}},
    "consumes": ["application/json"],
    "produces": ["application/hal+json"],
    "paths": {
        "/z": {
            "parameters": [{"$ref": "#/parameters/shared"}],
            "get": {
                "operationId": "readIt",
                "summary": "Prose.",
                "description": "Prose.\n\n| Rate | Burst |\n| --- | --- |\n| 2 | 10 |",
                "parameters": [{"name": "page", "in": "query", "type": "integer", "description": "Prose."}],
                "responses": {
                    "default": {"description": "Prose."},
                    "200": {
                        "description": "Prose.",
                        "headers": {"x-amzn-RequestId": {"description": "Prose."}},
                        "schema": {"$ref": "#/definitions/Answer", "description": "Prose."},
                        "examples": {"payload": {"description": "Prose."}},
                        "x-amazon-spds-sandbox-behaviors": [{"response": {"description": "a fact"}}],
                    },
                    "400": {"$ref": "#/responses/refused"},
                },
            },
        },
        "/a": {"post": {"operationId": "sendIt", "responses": {"201": {"description": "Prose."}}}},
    },
    "parameters": {"shared": {"name": "order", "in": "path", "required": True, "type": "string"}},
    "responses": {"refused": {"description": "Prose.", "schema": {"$ref": "#/definitions/Answer"}}},
    "definitions": {
        "Answer": {
            "type": "object",
            "title": "Prose",
            "description": "Prose.",
            "example": {"title": "Prose"},
            "required": ["title", "description"],
            "properties": {
                "title": {"type": "string", "maxLength": 5, "description": "Prose."},
                "description": {"type": "array", "maxLength": 3, "items": {"type": "string", "title": "Prose"}},
            },
        }
    },
}
ANSWER = {"$ref": "#/components/schemas/Answer"}


@pytest.fixture
def swagger() -> Document:
    """A document to change."""
    return copy.deepcopy(DOCUMENT)


def reading(swagger: Document) -> Document:
    """The reduced read of `swagger`."""
    operation: Document = next(iter(reduce(swagger, "Ours")["paths"]["/z"].values()))
    return operation


def parameter(swagger: Document, **node: Any) -> Document:
    """What becomes of a parameter."""
    swagger["paths"]["/z"]["get"]["parameters"] = [node]
    return next(found for found in reading(swagger)["parameters"] if found["name"] == node["name"])


def schema(swagger: Document, node: Any) -> Any:
    """What becomes of a schema."""
    swagger["definitions"]["Tried"] = node
    return reduce(swagger, "Ours")["components"]["schemas"]["Tried"]


def test_no_prose_is_left() -> None:
    assert "Prose" not in str(reduce(DOCUMENT, "Ours"))


def test_facts_are_kept() -> None:
    reduced = reduce(DOCUMENT, "Ours")

    assert reduced["info"] == {"title": "Ours", "version": "v1"}
    assert reduced["components"]["schemas"]["Answer"] == {
        "type": "object",
        "required": ["description", "title"],
        "properties": {
            "title": {"type": "string", "maxLength": 5},
            "description": {"type": "array", "maxLength": 3, "items": {"type": "string"}},
        },
    }
    get = reduced["paths"]["/z"]["get"]
    assert get["x-usage-plan"] == {"rate": 2, "burst": 10}
    assert get["parameters"] == [
        {"name": "order", "in": "path", "required": True, "schema": {"type": "string"}},
        {"name": "page", "in": "query", "schema": {"type": "integer"}},
    ]
    assert list(get["responses"]) == ["200", "400", "default"]
    assert get["responses"]["400"] == {"description": "", "content": {"application/hal+json": {"schema": ANSWER}}}
    assert get["responses"]["default"] == {"description": ""}


def test_the_older_name_of_the_sandbox_cases_is_the_same_fact(swagger: Document) -> None:
    assert reading(swagger)["responses"]["200"]["x-amzn-api-sandbox"] == {
        "static": [{"response": {"description": "a fact"}}]
    }


def test_the_published_order_does_not_matter() -> None:
    turned = DOCUMENT | {"paths": dict(reversed(DOCUMENT["paths"].items()))}

    assert list(reduce(turned, "Ours")["paths"]) == list(reduce(DOCUMENT, "Ours")["paths"]) == ["/a", "/z"]


def test_the_base_path_is_part_of_the_paths(swagger: Document) -> None:
    assert list(reduce(swagger | {"basePath": "/gifts/v2/"}, "Ours")["paths"]) == ["/gifts/v2/a", "/gifts/v2/z"]
    assert list(reduce(swagger | {"basePath": "/"}, "Ours")["paths"]) == ["/a", "/z"]


def test_a_parameter_of_the_operation_replaces_one_of_its_path(swagger: Document) -> None:
    assert parameter(swagger, **{"name": "order", "in": "path", "required": True, "type": "integer"})["schema"] == {
        "type": "integer"
    }


@pytest.mark.parametrize(
    ("where", "collection", "style"),
    [
        ("query", None, {"style": "form", "explode": False}),
        ("query", "csv", {"style": "form", "explode": False}),
        ("query", "multi", {"explode": True}),
        ("query", "ssv", {"style": "spaceDelimited"}),
        ("query", "pipes", {"style": "pipeDelimited"}),
        ("header", "csv", {"style": "simple"}),
        ("path", None, {"style": "simple"}),
    ],
)
def test_how_a_list_is_written(swagger: Document, where: str, collection: str | None, style: Document) -> None:
    node = {"name": "ids", "in": where, "type": "array", "items": {"type": "string"}, "maxItems": 2}
    made = parameter(swagger, **node, **({"collectionFormat": collection} if collection else {}))

    assert made == {"name": "ids", "in": where, **style} | {
        "schema": {"type": "array", "maxItems": 2, "items": {"type": "string"}}
    }


def test_a_string_is_written_in_one_way_only(swagger: Document) -> None:
    made = parameter(swagger, **{"name": "id", "in": "query", "type": "string", "collectionFormat": "csv"})

    assert made == {"name": "id", "in": "query", "schema": {"type": "string"}}


def test_a_body(swagger: Document) -> None:
    body = {"name": "body", "in": "body", "required": True, "schema": {"$ref": "#/definitions/Answer"}}
    swagger["paths"]["/a"]["post"] |= {"parameters": [body], "consumes": ["application/xml", "application/json"]}

    assert reduce(swagger, "Ours")["paths"]["/a"]["post"]["requestBody"] == {
        "required": True,
        "content": {"application/xml": {"schema": ANSWER}, "application/json": {"schema": ANSWER}},
    }


@pytest.mark.parametrize(
    ("consumes", "media_type"),
    [(["multipart/form-data"], "multipart/form-data"), ([], "application/x-www-form-urlencoded")],
)
def test_a_form_is_a_body(swagger: Document, consumes: list[str], media_type: str) -> None:
    fields = [
        {"name": "file", "in": "formData", "type": "file", "required": True},
        {"name": "note", "in": "formData", "type": "string", "maxLength": 9},
    ]
    swagger["paths"]["/a"]["post"] |= {"parameters": fields, "consumes": consumes}

    properties = {"file": {"type": "string", "format": "binary"}, "note": {"type": "string", "maxLength": 9}}
    assert reduce(swagger, "Ours")["paths"]["/a"]["post"]["requestBody"] == {
        "required": True,
        "content": {media_type: {"schema": {"type": "object", "properties": properties, "required": ["file"]}}},
    }


def test_an_answer_may_be_a_file_of_any_type(swagger: Document) -> None:
    del swagger["produces"]
    swagger["paths"]["/z"]["get"]["responses"]["200"]["schema"] = {"type": "file"}

    assert reading(swagger)["responses"]["200"]["content"] == {
        "*/*": {"schema": {"type": "string", "format": "binary"}}
    }


def test_deprecation_and_security_are_facts_where_they_are_published(swagger: Document) -> None:
    assert not {"deprecated", "x-security"} & reading(swagger).keys()

    swagger["paths"]["/z"]["get"]["deprecated"] = True
    swagger["security"] = [{"token": []}]
    assert reading(swagger)["deprecated"] is True
    assert reading(swagger)["x-security"] == [{"token": []}]
    swagger["paths"]["/z"]["get"]["security"] = []
    assert "x-security" not in reading(swagger)


@pytest.mark.parametrize(
    ("node", "reduced"),
    [
        ({"type": "string", "x-nullable": True}, {"type": "string", "nullable": True}),
        ({"type": ["string", "null"]}, {"type": "string", "nullable": True}),
        ({"type": "array"}, {"type": "array", "items": {}}),
        ({"type": "array", "items": [{"type": "string"}]}, {"type": "array", "items": {"type": "string"}}),
        ({"additionalProperties": {"$ref": "#/definitions/Answer"}}, {"additionalProperties": ANSWER}),
        ({"allOf": [{"$ref": "#/definitions/Answer"}]}, {"allOf": [ANSWER]}),
        ({"$ref": "#/definitions/Answer/properties/title"}, {"type": "string", "maxLength": 5}),
        ({"$ref": "#/paths/~1z/get/responses/200/schema"}, ANSWER),
    ],
)
def test_schemas(swagger: Document, node: Document, reduced: Document) -> None:
    assert schema(swagger, node) == reduced


def test_a_name_that_openapi_3_does_not_allow(swagger: Document) -> None:
    swagger["definitions"]["List<Answer>"] = {"type": "object"}

    assert schema(swagger, {"$ref": "#/definitions/List<Answer>"}) == {"$ref": "#/components/schemas/List_Answer_"}
    assert "List_Answer_" in reduce(swagger, "Ours")["components"]["schemas"]


TWO_BODIES: list[Document] = [{"name": name, "in": "body", "schema": {}} for name in ("a", "b")]
UNWRITABLE = {"name": "ids", "in": "header", "type": "array", "items": {"type": "string"}, "collectionFormat": "tsv"}


@pytest.mark.parametrize(
    ("where", "node", "line"),
    [
        ("parameters", TWO_BODIES, "#/paths/~1z/get/parameters: more than one body"),
        ("parameters", [UNWRITABLE], "#/paths/~1z/get/parameters: ids: OpenAPI 3 has no way to write this list"),
        ("responses", {"200": {"$ref": "#/definitions/Answer"}}, "#/paths/~1z/get/responses: #/definitions/Answer is"),
        (
            "responses",
            {"200": {"schema": {"type": ["string", "integer"]}}},
            "#/paths/~1z/get: a value of several types",
        ),
        ("responses", {"200": {"$ref": "#/responses/endless"}}, "#/responses/endless leads back to itself"),
    ],
)
def test_what_cannot_be_written_is_refused(swagger: Document, where: str, node: Any, line: str) -> None:
    swagger["responses"]["endless"] = {"$ref": "#/responses/endless"}
    swagger["paths"]["/z"]["get"][where] = node

    with pytest.raises(Problem, match=line):
        reduce(swagger, "Ours")


def test_a_schema_without_a_name_cannot_contain_itself(swagger: Document) -> None:
    inner = {"type": "object", "properties": {"again": {"$ref": "#/definitions/Answer/properties/inner"}}}
    swagger["definitions"]["Answer"]["properties"]["inner"] = inner

    with pytest.raises(Problem, match="properties/inner leads back to itself"):
        reduce(swagger, "Ours")


def test_two_definitions_with_one_name(swagger: Document) -> None:
    swagger["definitions"]["Ans wer"] = swagger["definitions"]["Ans_wer"] = {"type": "object"}

    with pytest.raises(Problem, match="#/definitions/Ans_wer: another definition is called Ans_wer"):
        reduce(swagger, "Ours")


def test_a_usage_plan_that_cannot_be_read_names_its_operation(swagger: Document) -> None:
    swagger["paths"]["/z"]["get"]["description"] = "| Rate | Burst |\n| --- | --- |\n| n | n |"

    with pytest.raises(Problem, match=r"^#/paths/~1z/get: readIt: the usage plan"):
        reduce(swagger, "Ours")
