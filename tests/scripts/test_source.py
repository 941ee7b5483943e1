"""Bad input: one line that names the file and the place, exit status 1, and nothing is written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from regeneration.command import main
from regeneration.documents import Document
from tests.scripts.fixture_repository import ORDERS


def broken(kind: str, swagger: Document) -> str:
    """The text of a model with one error."""
    get = swagger["paths"][ORDERS]["get"]
    match kind:
        case "no json":
            return "swagger: '2.0'"
        case "cut in half":
            text = json.dumps(swagger, indent=2)
            return text[: len(text) // 2]
        case "no object":
            return "[]"
        case "openapi 3":
            return json.dumps({"openapi": "3.0.0", "info": swagger["info"], "paths": {}})
        case "no version":
            del swagger["swagger"]
        case "dangling reference":
            get["responses"]["200"]["schema"]["$ref"] = "#/definitions/Nowhere"
        case "another file":
            get["responses"]["200"]["schema"]["$ref"] = "other.json#/definitions/ErrorList"
        case "one name twice":
            swagger["paths"][f"{ORDERS}/buyer"]["get"]["operationId"] = get["operationId"]
        case "one python name twice":
            swagger["paths"][f"{ORDERS}/buyer"]["get"]["operationId"] = "list_offers"
        case "no identifier":
            get["operationId"] = "list-offers"
        case "no operation id":
            del get["operationId"]
        case "paths are a list":
            swagger["paths"] = []
        case "unsound":
            get["parameters"][0] = {"name": "page", "in": "nowhere", "type": "string"}
        case "another api":
            swagger["paths"] = {"/orders/v0/{amazonOrderId}": swagger["paths"][ORDERS]}
        case "a path by reference":
            swagger["paths"]["/messaging/v1/other"] = {"$ref": "#/paths/~1messaging~1v1~1orders~1{amazonOrderId}"}
        case "a reference in a circle":
            swagger["definitions"]["Endless"] = {"allOf": [{"$ref": "#/definitions/Endless"}]}
            swagger["definitions"]["Both"] = {"allOf": [{"$ref": "#/definitions/Endless"}, {"type": "object"}]}
        case "no number":
            get["responses"]["200"]["x-amzn-api-sandbox"] = {"static": [{"response": float("nan")}]}
        case "too large a number":
            return json.dumps(swagger)[:-1] + ', "x-limit": 1e999}'
        case "half a character":
            get["responses"]["200"]["x-amzn-api-sandbox"] = {"static": [{"response": "\ud83d"}]}
        case "one key twice":
            return json.dumps(swagger)[:-1] + ', "paths": {}}'
    return json.dumps(swagger)


PLACES = {
    "no json": "line 1 column 1",
    "cut in half": "line ",
    "no object": "not Swagger 2.0",
    "openapi 3": "not Swagger 2.0: it is OpenAPI 3.0.0",
    "no version": "not Swagger 2.0",
    "dangling reference": "#/paths/~1messaging~1v1~1orders~1{amazonOrderId}/get/responses/200/schema",
    "another file": "#/paths/~1messaging~1v1~1orders~1{amazonOrderId}/get/responses/200/schema",
    "one name twice": "{amazonOrderId}~1buyer/get/operationId: listOffers",
    "one python name twice": "{amazonOrderId}~1buyer/get/operationId: list_offers",
    "no identifier": "get/operationId: 'list-offers' is not an identifier",
    "no operation id": "get/operationId: None is not an identifier",
    "paths are a list": "#/paths",
    "unsound": "#/paths/~1messaging~1v1~1orders~1{amazonOrderId}/get/parameters/0",
    "another api": "#/paths: no path begins with /messaging/ or /places/: this is the model of another API",
    "a path by reference": "#/paths/~1messaging~1v1~1other: a reference cannot stand here",
    "a reference in a circle": "the reference #/components/schemas/Endless leads back to itself",
    "no number": "NaN is not a number in JSON",
    "too large a number": "the number 1e999 is too large",
    "half a character": "surrogates not allowed",
    "one key twice": "the key 'paths' appears twice",
}


@pytest.mark.parametrize("kind", PLACES)
def test_bad_models_are_refused_in_one_line(
    kind: str, swagger: Document, laid_out: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model, made = tmp_path / "broken.json", tmp_path / "made"
    model.write_text(broken(kind, swagger))

    command = ["--from", str(model), "--into", str(made), "--report", str(tmp_path / "report.md")]
    assert main(command, root=laid_out) == 1

    [line] = capsys.readouterr().err.splitlines()
    assert str(model) in line
    assert PLACES[kind] in line
    assert not made.exists()
    assert not (tmp_path / "report.md").exists()


def test_a_file_that_is_not_there(laid_out: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--from", str(tmp_path / "none.json"), "--into", str(tmp_path / "made")], root=laid_out) == 1

    assert (
        capsys.readouterr().err == f"regenerate: {tmp_path / 'none.json'}: cannot be read: No such file or directory\n"
    )


def test_a_folder_without_a_model(laid_out: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--from", str(tmp_path), "--into", str(tmp_path / "made")], root=laid_out) == 1

    assert "there is no messaging.json and no places_2020-11-01.json in this folder" in capsys.readouterr().err
