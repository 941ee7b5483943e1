"""Fetching from Amazon's repository. A local repository takes its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from regeneration.command import main
from regeneration.documents import Document
from tests.scripts.amazon_repository import AmazonRepository
from tests.scripts.fixture_repository import MESSAGING, ORDERS, contents, openapi, tables


def test_a_change_is_taken_with_the_commit_that_made_it(
    amazon: AmazonRepository, follower: Path, swagger: Document, tmp_path: Path
) -> None:
    before = tables(follower)
    swagger["definitions"]["SendGreetingRequest"]["properties"]["text"]["maxLength"] = 300
    commit = amazon.commit("2027-01-02", {MESSAGING: swagger})
    amazon.commit("2027-01-03", {"README.json": {}})
    report = tmp_path / "report.md"

    assert main(["--fetch", "--report", str(report)], root=follower) == 0

    assert "field `text`: maxLength 300, before 200." in report.read_text()
    after = tables(follower)
    assert (after["messaging"]["commit"], after["messaging"]["date"]) == (commit, "2027-01-02")
    assert after["places_2020-11-01"] == before["places_2020-11-01"]


def test_prose_alone_changes_nothing(amazon: AmazonRepository, follower: Path, swagger: Document) -> None:
    before = contents(follower)
    swagger["info"]["description"] = "Other prose."
    amazon.commit("2027-01-02", {MESSAGING: swagger})

    assert main(["--fetch", "--retire"], root=follower) == 0
    assert contents(follower) == before


def test_an_operation_that_left_is_retired_with_its_commit(
    amazon: AmazonRepository, follower: Path, swagger: Document
) -> None:
    path = f"{ORDERS}/messages/papers"
    del swagger["paths"][path]
    commit = amazon.commit("2027-01-02", {MESSAGING: swagger})

    assert main(["--fetch", "main", "--retire"], root=follower) == 0
    retired = openapi(follower)["paths"][path]["post"]["x-retired"]
    assert retired == {"date": "2027-01-02", "commit": commit[:7]}


def test_a_revision_that_is_not_there(follower: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--fetch", "nowhere"], root=follower) == 1

    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("regenerate: spec/sources.toml: messaging: ")
    assert "nowhere" in line


def test_a_file_that_amazon_moved(amazon: AmazonRepository, follower: Path, capsys: pytest.CaptureFixture[str]) -> None:
    amazon.git("mv", MESSAGING, "models/messaging.json")
    amazon.git("commit", "--quiet", "--message", "Moved")

    assert main(["--fetch"], root=follower) == 1
    assert capsys.readouterr().err == (
        f"regenerate: spec/sources.toml: messaging: {MESSAGING} cannot be read at main of {amazon.folder}: "
        f"git show: fatal: path '{MESSAGING}' does not exist in 'main'\n"
    )


def test_a_base_path_moves_every_operation(amazon: AmazonRepository, follower: Path, swagger: Document) -> None:
    amazon.commit("2027-01-02", {MESSAGING: swagger | {"basePath": "/eu"}})
    report = follower / "report.md"

    assert main(["--fetch", "--prune", "--report", str(report)], root=follower) == 0
    assert f"moved from `POST {ORDERS}/messages/gift` to `POST /eu{ORDERS}/messages/gift`" in report.read_text()
