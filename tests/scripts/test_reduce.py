"""Facts are kept, and prose is dropped."""

from regeneration.documents import Document
from regeneration.reduce import reduce

DOCUMENT: Document = {
    "openapi": "3.0.0",
    "info": {"title": "Theirs", "version": "v1", "description": "Prose.", "contact": {"name": "Prose"}},
    "paths": {
        "/z": {
            "parameters": [{"$ref": "#/components/parameters/shared"}],
            "get": {
                "operationId": "readIt",
                "summary": "Prose.",
                "description": "Prose.\n\n| Rate | Burst |\n| --- | --- |\n| 2 | 10 |",
                "parameters": [{"name": "page", "in": "query", "schema": {"type": "integer", "description": "Prose."}}],
                "responses": {
                    "default": {"description": "Prose."},
                    "200": {
                        "description": "Prose.",
                        "headers": {"x-amzn-RequestId": {"description": "Prose."}},
                        "content": {
                            "application/json": {
                                "schema": {"$ref": "#/components/schemas/Answer"},
                                "example": {"description": "Prose."},
                            }
                        },
                        "x-amazon-spds-sandbox-behaviors": [{"response": {"description": "a fact"}}],
                    },
                },
            },
        },
        "/a": {"post": {"operationId": "sendIt", "responses": {"201": {"description": "Prose."}}}},
    },
    "components": {
        "parameters": {"shared": {"name": "order", "in": "path", "required": True, "schema": {"type": "string"}}},
        "schemas": {
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
    },
}


def test_no_prose_is_left() -> None:
    assert "Prose" not in str(reduce(DOCUMENT, "Ours"))


def test_facts_are_kept() -> None:
    reduced = reduce(DOCUMENT, "Ours")

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
    assert [node["name"] for node in get["parameters"]] == ["order", "page"]
    assert list(get["responses"]) == ["200", "default"]


def test_the_older_name_of_the_sandbox_cases_is_the_same_fact() -> None:
    answer = reduce(DOCUMENT, "Ours")["paths"]["/z"]["get"]["responses"]["200"]

    assert answer["x-amzn-api-sandbox"] == {"static": [{"response": {"description": "a fact"}}]}


def test_the_published_order_does_not_matter() -> None:
    turned = DOCUMENT | {"paths": dict(reversed(DOCUMENT["paths"].items()))}

    assert list(reduce(turned, "Ours")["paths"]) == list(reduce(DOCUMENT, "Ours")["paths"]) == ["/a", "/z"]
