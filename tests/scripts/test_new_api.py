"""An API of the same shape is added by data alone: a table in `sources.toml`, and its model."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from regeneration.command import main
from regeneration.documents import Document
from tests.scripts.packages import call_everything, callable_operations, type_check

TABLE = """
[gifts_2027-01-01]
title = "Gifts"
tag = "gifts"
prefix = "/gifts/"
media_type = "application/json"
repository = "https://example.com/models"
path = "models/gifts/gifts_2027-01-01.json"
"""
ORDER = {"name": "amazonOrderId", "in": "path", "required": True, "type": "string"}
ANSWER = {
    "200": {
        "description": "Prose.",
        "schema": {"$ref": "#/definitions/Answer"},
        "x-amzn-api-sandbox": {
            "static": [
                {
                    "request": {"parameters": {"amazonOrderId": {"value": "123-1234567-1234567"}}},
                    "response": {"wrapped": True},
                }
            ]
        },
    }
}
REQUEST = {
    "request": {
        "parameters": {"amazonOrderId": {"value": "123-1234567-1234567"}, "body": {"value": {"text": "For you"}}}
    },
    "response": {},
}
# Its paths begin with the prefix only together with the base path, and its ErrorList is another one than ours.
GIFTS: Document = {
    "swagger": "2.0",
    "info": {"title": "Theirs", "version": "2027-01-01"},
    "basePath": "/gifts/2027-01-01",
    "consumes": ["application/json"],
    "produces": ["application/json"],
    "paths": {
        "/orders/{amazonOrderId}/wrapping": {
            "parameters": [ORDER],
            "get": {"operationId": "getWrapping", "responses": ANSWER},
        },
        "/orders/{amazonOrderId}/cards": {
            "parameters": [ORDER],
            "post": {
                "operationId": "sendCard",
                "description": "Prose.\n\n| Rate | Burst |\n| --- | --- |\n| .25 | 3 |",
                "parameters": [
                    {"name": "body", "in": "body", "required": True, "schema": {"$ref": "#/definitions/Card"}}
                ],
                "responses": {
                    "201": {
                        "description": "Prose.",
                        "schema": {"$ref": "#/definitions/ErrorList"},
                        "x-amzn-api-sandbox": {"static": [REQUEST]},
                    }
                },
            },
        },
    },
    "definitions": {
        "Answer": {"type": "object", "properties": {"wrapped": {"type": "boolean"}}},
        "Card": {"type": "object", "required": ["text"], "properties": {"text": {"type": "string", "maxLength": 40}}},
        "ErrorList": {"type": "object", "properties": {"faults": {"type": "array", "items": {"type": "string"}}}},
    },
}


@pytest.fixture
def project(repository: Path) -> Path:
    """A repository with one API more in its `sources.toml`."""
    sources = repository / "spec" / "sources.toml"
    sources.write_text(sources.read_text().replace("\n[tools]", f"{TABLE}\n[tools]"))
    (repository / "spec" / "overlays" / "40-gifts.yaml").write_text(
        "overlay: 1.0.0\ninfo: { title: Gifts, version: '1' }\nactions:\n"
        "  - target: $.components.schemas.Card\n    update: { description: A card that goes with a gift. }\n"
    )
    return repository


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "gifts.json"
    path.write_text(json.dumps(GIFTS))
    return path


def test_its_operations_are_in_both_clients(project: Path, model: Path, tmp_path: Path, type_cache: Path) -> None:
    assert main(["--from", str(model)], root=project) == 0

    published = json.loads((project / "spec" / "published" / "gifts_2027-01-01.json").read_text())
    assert published["info"]["title"] == "Gifts"
    assert "/gifts/2027-01-01/orders/{amazonOrderId}/cards" in published["paths"]
    package = project / "generated" / "spapi_messaging_client"
    facade = (package / "facade.py").read_text()
    assert "def send_card(" in facade
    assert "def get_wrapping(" in facade
    assert (package / "api" / "gifts" / "send_card.py").is_file()
    assert "A card that goes with a gift." in (package / "models" / "card.py").read_text()
    # The same name for another thing: the one of the API that is not the main one has the longer name.
    assert (package / "models" / "gifts_error_list.py").is_file()
    type_check(project, type_cache)
    assert "sendCard" in callable_operations(project)
    call_everything(project)
    assert main(["--check"], root=project) == 0


def test_a_model_that_was_not_taken_yet(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([], root=project) == 1

    [line] = capsys.readouterr().err.splitlines()
    assert line.endswith("gifts_2027-01-01.json: there is no such file: take the model with --from or --fetch")


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (('tag = "gifts"', 'tag = "places"'), "places_2020-11-01 and gifts_2027-01-01 have the same tag places"),
        (('prefix = "/gifts/"', 'prefix = "/places/"'), "have the same prefix /places/: each needs one of its own"),
        (('prefix = "/gifts/"', 'prefix = "/cards/"'), "no path begins with /messaging/ or /places/ or /cards/"),
        (('title = "Gifts"\n', ""), "#/gifts_2027-01-01: 'title' is a required property"),
    ],
)
def test_a_table_with_a_mistake(
    change: tuple[str, str], line: str, project: Path, model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sources = project / "spec" / "sources.toml"
    sources.write_text(sources.read_text().replace(*change))

    assert main(["--from", str(model)], root=project) == 1
    [said] = capsys.readouterr().err.splitlines()
    assert line in said


def test_an_operation_of_two_models(project: Path, model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model.write_text(model.read_text().replace("sendCard", "sendGreeting"))

    assert main(["--from", str(model)], root=project) == 1
    assert "gifts: the operation sendGreeting is in another model, too" in capsys.readouterr().err
