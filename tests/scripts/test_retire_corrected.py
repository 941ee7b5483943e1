"""Retiring in the repository, where overlays correct and describe the operation."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from regeneration.command import main
from regeneration.documents import Document
from tests.scripts.fixture_repository import ORDERS, openapi

THANKS = f"{ORDERS}/messages/thanks"


def take(repository: Path, swagger: Document, *options: str) -> int:
    model = repository / "model.json"
    model.write_text(json.dumps(swagger))
    return main(["--from", str(model), *options], root=repository)


def test_a_retired_operation_keeps_what_overlays_say_of_it(repository: Path, swagger: Document) -> None:
    before = openapi(repository)["paths"][THANKS]["post"]
    overlays = {path.name: path.read_bytes() for path in (repository / "spec" / "overlays").iterdir()}
    del swagger["paths"][THANKS]

    assert take(repository, swagger, "--retire", "--prune") == 0

    retired = openapi(repository)["paths"][THANKS]["post"]
    assert retired["deprecated"] is True
    assert retired["x-usage-plan"] == before["x-usage-plan"] == {"rate": 1, "burst": 5}
    assert retired["summary"] == before["summary"] == "Thank the buyer."
    # The overlay that keeps it is new. Nothing was pruned from the others.
    after = {path.name: path.read_bytes() for path in (repository / "spec" / "overlays").iterdir()}
    assert after == overlays | {"20-retired-createThanks.yaml": after["20-retired-createThanks.yaml"]}


def rename(swagger: Document) -> None:
    """Give an operation another name."""
    swagger["paths"][THANKS]["post"]["operationId"] = "sendSomethingElse"


def test_an_operation_that_was_renamed_on_its_path_did_not_leave(repository: Path, swagger: Document) -> None:
    rename(swagger)

    assert take(repository, swagger, "--retire", "--prune") == 0
    assert openapi(repository)["paths"][THANKS]["post"]["operationId"] == "sendSomethingElse"
    assert not (repository / "spec" / "overlays" / "20-retired-createThanks.yaml").exists()


def test_an_operation_that_was_renamed_cannot_be_retired(
    repository: Path, swagger: Document, capsys: pytest.CaptureFixture[str]
) -> None:
    rename(swagger)

    assert take(repository, swagger, "--retire", "createThanks") == 1
    [line] = capsys.readouterr().err.splitlines()
    assert line == (
        "regenerate: --retire createThanks: it was renamed: the other model has sendSomethingElse on its path"
    )
