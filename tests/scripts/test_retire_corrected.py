"""Retiring in the repository, where overlays correct and describe the operation."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from regeneration import command
from regeneration.documents import Document, operations
from tests.scripts.published import ROOT, to_swagger
from tests.scripts.test_overlay import repository

__all__ = ["repository"]

ORDERS = "/messaging/v1/orders/{amazonOrderId}"
INVOICE = f"{ORDERS}/messages/invoice"


def take(repository: Path, facts: Document, *options: str) -> int:
    model = repository / "model.json"
    model.write_text(json.dumps(to_swagger(facts)))
    return command.main(["--from", str(model), *options])


def openapi(repository: Path) -> Document:
    document: Document = json.loads((repository / "spec" / "openapi.json").read_text())
    return document


@pytest.mark.skipif(f'"{INVOICE}"' not in (ROOT / "spec" / "published" / "messaging.json").read_text(), reason="gone")
def test_a_retired_operation_keeps_what_overlays_say_of_it(repository: Path, facts: Document) -> None:
    before = openapi(repository)["paths"][INVOICE]["post"]
    overlays = {path.name: path.read_bytes() for path in (repository / "spec" / "overlays").iterdir()}
    del facts["paths"][INVOICE]

    assert take(repository, facts, "--retire", "--prune") == 0

    retired = openapi(repository)["paths"][INVOICE]["post"]
    assert retired["deprecated"] is True
    assert retired["x-usage-plan"] == before["x-usage-plan"] == {"rate": 1, "burst": 5}
    assert retired["summary"] == before["summary"]
    # The overlay that keeps it is new. Nothing was pruned from the others.
    after = {path.name: path.read_bytes() for path in (repository / "spec" / "overlays").iterdir()}
    assert after == overlays | {"20-retired-sendInvoice.yaml": after["20-retired-sendInvoice.yaml"]}


def rename(facts: Document) -> tuple[str, str]:
    """Give an operation of `facts` another name. Returns the path and the former name."""
    path, _, node = next(found for found in operations(facts) if found[1] == "post")
    former: str = node["operationId"]
    node["operationId"] = "sendSomethingElse"
    return path, former


def test_an_operation_that_was_renamed_on_its_path_did_not_leave(repository: Path, facts: Document) -> None:
    path, former = rename(facts)

    assert take(repository, facts, "--retire", "--prune") == 0
    assert openapi(repository)["paths"][path]["post"]["operationId"] == "sendSomethingElse"
    assert not (repository / "spec" / "overlays" / f"20-retired-{former}.yaml").exists()


def test_an_operation_that_was_renamed_cannot_be_retired(
    repository: Path, facts: Document, capsys: pytest.CaptureFixture[str]
) -> None:
    _, former = rename(facts)

    assert take(repository, facts, "--retire", former) == 1
    [line] = capsys.readouterr().err.splitlines()
    assert line == (f"regenerate: --retire {former}: it was renamed: the other model has sendSomethingElse on its path")
