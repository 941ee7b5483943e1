"""The clients send JSON alone. A body that Amazon wants in another form is refused and never sent as JSON."""

from __future__ import annotations

from typing import Any

import pytest

from regeneration.apis import Api
from regeneration.documents import Document
from regeneration.fetching.source import Source
from regeneration.pipeline import published
from regeneration.problem import Problem

API = Api("gifts", "Gifts", "gifts", "/gifts/", "application/json", "https://example.com", "gifts.json")
BODY = {"in": "body", "name": "body", "schema": {"type": "object", "properties": {"note": {"type": "string"}}}}
FORM = {"in": "formData", "name": "note", "type": "string"}


def model(consumes: list[str], parameter: Document) -> Source:
    operation: dict[str, Any] = {
        "operationId": "sendGift",
        "consumes": consumes,
        "parameters": [parameter],
        "responses": {"201": {"description": ""}},
    }
    document = {"swagger": "2.0", "info": {"version": "v1"}, "paths": {"/gifts/a": {"post": operation}}}
    return Source(API, "gifts.json", document, "")


@pytest.mark.parametrize(
    ("consumes", "parameter", "found"),
    [
        (["application/xml"], BODY, "application/xml"),
        (["text/plain", "application/xml"], BODY, "text/plain, application/xml"),
        (["multipart/form-data"], FORM, "multipart/form-data"),
        ([], FORM, "application/x-www-form-urlencoded"),
        (["application/json"], FORM, "application/x-www-form-urlencoded"),
    ],
)
def test_a_body_that_is_not_json_is_refused(consumes: list[str], parameter: Document, found: str) -> None:
    with pytest.raises(Problem) as problem:
        published(model(consumes, parameter))

    assert str(problem.value) == f"gifts.json: sendGift: it takes {found}, and the clients send JSON alone"


@pytest.mark.parametrize("media_types", [[], ["application/json"], ["application/xml", "application/hal+json"]])
def test_every_form_of_json_is_sent_as_json(media_types: list[str]) -> None:
    [operation] = published(model(media_types, BODY))["paths"]["/gifts/a"].values()

    assert list(operation["requestBody"]["content"]) == ["application/json"]
