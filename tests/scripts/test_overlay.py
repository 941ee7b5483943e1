"""Overlays: actions that match nothing are named, and a retired operation only adds what is missing."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest

from regeneration.command import main
from regeneration.documents import Document
from regeneration.merging.overlay import Overlay, apply_overlays

THING = {"200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}}}
DOCUMENT: Document = {
    "paths": {"/a": {"get": {"operationId": "readIt", "x-usage-plan": {"rate": 1}, "responses": THING}}},
    "components": {"schemas": {"Thing": {"type": "object"}}, "parameters": {}},
}


def overlay(*actions: Document, **extra: object) -> Overlay:
    return Overlay("10-ours.yaml", {"overlay": "1.0.0", "actions": list(actions), **extra})


def test_an_action_that_matches_nothing_is_named() -> None:
    right: Document = {"target": "$.components.schemas.Thing", "update": {"description": "A thing."}}
    wrong: Document = {"target": "$.components.schemas.Thnig", "update": {"description": "A thing."}}
    made, unmatched = apply_overlays(DOCUMENT, [overlay(right, wrong)])

    assert made["components"]["schemas"]["Thing"]["description"] == "A thing."
    assert list(map(str, unmatched)) == ["10-ours.yaml: action 2: $.components.schemas.Thnig"]
    assert "description" not in DOCUMENT["components"]["schemas"]["Thing"]


def test_a_correction_that_amazon_has_made_itself_is_named() -> None:
    action: Document = {
        "target": "$.paths['/a'].get",
        "x-unless": "$.paths['/a'].get['x-usage-plan']",
        "update": {"x-usage-plan": {"rate": 9}},
    }
    made, unmatched = apply_overlays(DOCUMENT, [overlay(action)])

    assert made["paths"]["/a"]["get"]["x-usage-plan"] == {"rate": 1}
    assert len(unmatched) == 1


def test_a_copy_needs_its_source_alone() -> None:
    there: Document = {"target": "$.paths['/b']", "copy": "$.paths['/a']"}
    absent: Document = {"target": "$.paths['/c']", "copy": "$.paths['/nowhere']"}
    made, unmatched = apply_overlays(DOCUMENT, [overlay(there, absent)])

    assert made["paths"]["/b"] == made["paths"]["/a"]
    assert [action.number for action in unmatched] == [2]


RETIRED: tuple[Document, ...] = (
    {"target": "$.components.schemas", "update": {"Thing": {"type": "string"}, "Old": {"type": "object"}}},
    {"target": "$.paths", "update": {"/a": {}}},
    {"target": "$.paths['/a']", "update": {"post": {"operationId": "sendIt"}}},
)


def test_a_retired_operation_replaces_nothing() -> None:
    made, unmatched = apply_overlays(DOCUMENT, [overlay(*RETIRED, **{"x-retired": {"operation": "sendIt"}})])

    assert made["paths"]["/a"] == DOCUMENT["paths"]["/a"] | {"post": {"operationId": "sendIt"}}
    assert made["components"]["schemas"] == {"Thing": {"type": "object"}, "Old": {"type": "object"}}
    assert unmatched == []


def test_a_retired_operation_that_came_back_is_the_published_one() -> None:
    document = copy.deepcopy(DOCUMENT)
    document["paths"]["/new"] = {"post": {"operationId": "sendIt"}}
    made, unmatched = apply_overlays(document, [overlay(*RETIRED, **{"x-retired": {"operation": "sendIt"}})])

    assert made == document
    assert unmatched == []


def test_a_retired_operation_whose_place_is_taken_changes_nothing() -> None:
    document = copy.deepcopy(DOCUMENT)
    document["paths"]["/a"]["post"] = {"operationId": "sendItDifferently"}

    assert apply_overlays(document, [overlay(*RETIRED, **{"x-retired": {"operation": "sendIt"}})]) == (document, [])


def test_a_model_that_was_left_behind_is_the_one_of_the_retired_operation() -> None:
    document = copy.deepcopy(DOCUMENT)
    document["components"]["schemas"]["Old"] = {"type": "string"}
    made, _ = apply_overlays(document, [overlay(*RETIRED, **{"x-retired": {"operation": "sendIt"}})])
    assert made["components"]["schemas"]["Old"] == {"type": "object"}

    answer = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Old"}}}}
    document["paths"]["/a"]["get"]["responses"] = {"200": answer}
    made, _ = apply_overlays(document, [overlay(*RETIRED, **{"x-retired": {"operation": "sendIt"}})])
    assert made["components"]["schemas"]["Old"] == {"type": "string"}


def test_corrections_reach_a_retired_operation_whatever_their_files_are_called() -> None:
    plan: Document = {"target": "$.paths['/a'].post", "update": {"x-usage-plan": {"rate": 1, "burst": 5}}}
    retired = Overlay("20-retired.yaml", overlay(*RETIRED, **{"x-retired": {"operation": "sendIt"}}).document)
    made, unmatched = apply_overlays(DOCUMENT, [overlay(plan), retired])

    assert made["paths"]["/a"]["post"]["x-usage-plan"] == {"rate": 1, "burst": 5}
    assert unmatched == []


ACTION = """
  # A field that Amazon has dropped.
  - target: $.components.schemas.Attachment.properties.colour
    update:
      description: The colour.
"""


def test_a_run_in_the_repository_fails_when_an_action_matches_nothing(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = repository / "spec" / "overlays" / "30-documentation.yaml"
    path.write_text(path.read_text() + ACTION)
    before = (repository / "spec" / "openapi.json").read_bytes()

    assert main([], root=repository) == 1

    [line] = capsys.readouterr().err.splitlines()
    assert "an overlay action matches nothing: 30-documentation.yaml: action" in line
    assert "$.components.schemas.Attachment.properties.colour" in line
    assert (repository / "spec" / "openapi.json").read_bytes() == before


def test_pruning_removes_a_file_in_which_nothing_is_left(repository: Path) -> None:
    path = repository / "spec" / "overlays" / "40-more.yaml"
    path.write_text(f"overlay: 1.0.0\ninfo: {{ title: More, version: '1' }}\nactions:{ACTION}")

    assert main(["--prune"], root=repository) == 0
    assert not path.exists()
    assert main(["--check"], root=repository) == 0


def test_pruning_removes_the_action(repository: Path) -> None:
    path = repository / "spec" / "overlays" / "30-documentation.yaml"
    before = path.read_text()
    path.write_text(before + ACTION)

    assert main(["--prune"], root=repository) == 0
    assert path.read_text() == before + "\n  # A field that Amazon has dropped.\n"
    # This also finds actions that match nothing.
    assert main(["--check"], root=repository) == 0
