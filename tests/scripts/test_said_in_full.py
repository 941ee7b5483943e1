"""What a report and a problem must say so that a person can decide."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest

from regeneration.command import main
from regeneration.documents import Document
from regeneration.merging.describe import describe
from regeneration.reporting.report import Run, report
from tests.scripts.small_specification import CARD, MESSAGES, small

RUN = Run(version="0.1.0")


def said(old: Document, new: Document) -> str:
    return report(old, new, RUN)


def test_a_new_field_names_its_values_and_its_pattern() -> None:
    new = small()
    kind = {"type": "string", "x-enum": ["gift", "card"]}
    new["components"]["schemas"]["Card"]["properties"] |= {
        "kind": kind,
        "code": {"type": "string", "pattern": "^[A-Z]+$"},
        "size": {"type": "integer", "minimum": 1, "maximum": 5},
    }

    text = said(small(), new)

    assert f"- {CARD}: field `kind`, string, one of `gift`, `card`.\n" in text
    assert f"- {CARD}: field `code`, string, must match `^[A-Z]+$`.\n" in text
    assert f"- {CARD}: field `size`, integer, minimum 1, maximum 5.\n" in text


def test_a_new_operation_names_what_it_requires() -> None:
    new = small()
    new["components"]["schemas"]["Card"]["required"] = ["text"]
    old = copy.deepcopy(new)
    [path] = [path for path, item in old["paths"].items() if item["post"]["operationId"] == "sendCard"]
    del old["paths"][path]

    assert "takes required text (1 to 400 characters)" in said(old, new)


@pytest.mark.parametrize(("required", "words"), [(True, "**breaks callers:** `lang`"), (False, "`lang`")])
def test_a_new_parameter_that_an_overlay_keeps_out(required: bool, words: str) -> None:
    new = small()
    new["components"].setdefault("parameters", {})["lang"] = {
        "name": "lang",
        "in": "query",
        "required": required,
        "schema": {"type": "string"},
    }

    text = said(small(), new)

    what = "required query parameter" if required else "query parameter"
    assert f"- {words} is a new {what} that no operation takes: an overlay replaces a list of parameters.\n" in text
    assert "### Other differences" not in text


def test_a_model_that_the_overlays_no_longer_fit_names_those(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = repository / "spec" / "published" / "places_2020-11-01.json"
    path.write_text(path.read_text().replace("/places/2020-11-01/", "/places/2027-01-01/"))

    assert main([], root=repository) == 1

    [line] = capsys.readouterr().err.splitlines()
    assert "These overlay actions match nothing: 10-corrections.yaml: action 2: $.paths[" in line


@pytest.mark.parametrize("method", ["get", "head", "delete"])
def test_only_a_message_is_described_as_one(method: str) -> None:
    operation = {"operationId": "cards", "parameters": [], "responses": {}}
    document: Document = {"paths": {f"{MESSAGES}/cards": {method: operation}}, "components": {"schemas": {}}}

    describe(document)

    assert operation["description"] == "Call cards."


def test_a_second_success_takes_no_place() -> None:
    new = small()
    responses = new["paths"][f"{MESSAGES}/card"]["post"]["responses"]
    responses["200"] = {"description": ""}

    text = said(small(), new)

    assert f"- {CARD}: documented statuses: new 200.\n" in text
    assert "succeeds with" not in text
