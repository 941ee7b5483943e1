"""Keeping an operation that is no longer in the model, with date and commit when they are given."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import NamedTuple

import pytest

from regeneration.command import main
from regeneration.documents import Document
from tests.scripts.conftest import Regenerate, regenerate_in
from tests.scripts.fixture_repository import ORDERS, openapi, published

GOES, STAYS = "CreatePapers", "createGift"
PATH = f"{ORDERS}/messages/papers"
GONE = f"`create_papers` ({GOES})"


@pytest.fixture
def without(swagger: Document) -> Document:
    return without_papers(swagger)


def without_papers(swagger: Document) -> Document:
    """The model without one message, and without the schema that only this message used."""
    del swagger["paths"][PATH]
    del swagger["definitions"]["CreatePapersRequest"]
    return swagger


class Made(NamedTuple):
    """The repository, the folder that a run wrote into, and its report."""

    repository: Path
    folder: Path
    report: str

    def again(self, folder: Path) -> Regenerate:
        """A function that regenerates into a copy of the folder."""
        shutil.copytree(self.folder, folder / "made")
        return regenerate_in(folder, self.repository)


@pytest.fixture(scope="module")
def gone(laid_out: Path, tmp_path_factory: pytest.TempPathFactory) -> Made:
    """A run without the option."""
    folder = tmp_path_factory.mktemp("gone")
    return Made(laid_out, folder / "made", regenerate_in(folder, laid_out)(without_papers(published())))


@pytest.fixture(scope="module")
def kept(laid_out: Path, tmp_path_factory: pytest.TempPathFactory) -> Made:
    """A run with the option, and with date and commit."""
    folder = tmp_path_factory.mktemp("kept")
    options = ("--retire", "--date", "2027-01-02", "--commit", "abc1234")
    return Made(laid_out, folder / "made", regenerate_in(folder, laid_out)(without_papers(published()), *options))


def test_without_the_option_it_is_gone(gone: Made) -> None:
    assert f"- **breaks callers:** {GONE} is gone; `--retire {GOES}` would keep it." in gone.report
    assert "(breaks callers). 1 change for users, 1 of which" in gone.report
    assert PATH not in openapi(gone.folder)["paths"]


def test_one_option_keeps_all_that_disappeared(kept: Made) -> None:
    line = f"- {GONE} left the published model on 2027-01-02 (commit abc1234); the method stays and warns."
    assert line in kept.report
    assert "(callers can do more). 1 change for users, none of which" in kept.report
    operation = openapi(kept.folder)["paths"][PATH]["post"]
    assert operation["deprecated"] is True
    assert operation["x-retired"] == {"date": "2027-01-02", "commit": "abc1234"}
    assert operation["responses"]["201"]["x-amzn-api-sandbox"]
    facade = (kept.folder / "generated" / "spapi_messaging_client" / "facade.py").read_text()
    assert f"{GOES} left Amazon's published model on 2027-01-02 (commit abc1234)" in facade


def test_a_later_run_still_keeps_it(kept: Made, without: Document, tmp_path: Path) -> None:
    # Because its overlay is in spec/ now.
    assert kept.again(tmp_path)(without) == ""
    assert main(["--check", "--into", str(tmp_path / "made")]) == 0


def test_date_and_commit_may_be_unknown(regenerate: Regenerate, without: Document, tmp_path: Path) -> None:
    regenerate(without, "--retire", GOES)

    assert openapi(tmp_path / "made")["paths"][PATH]["post"]["x-retired"] == {}
    operations = (tmp_path / "made" / "generated" / "spapi_messaging_client" / "operations.py").read_text()
    assert "retired=Retired(date=None, commit=None)" in operations


def test_an_older_model_can_give_what_the_committed_one_lacks(gone: Made, swagger: Document, tmp_path: Path) -> None:
    report = gone.again(tmp_path)(swagger, "--retire", GOES, "--date", "2027-01-02")

    assert GONE in report
    assert openapi(tmp_path / "made")["paths"][PATH]["post"]["x-retired"] == {"date": "2027-01-02"}
    # Only the operation was taken from the older model.
    published = json.loads((tmp_path / "made" / "spec" / "published" / "messaging.json").read_text())
    assert PATH not in published["paths"]


def test_a_retired_operation_may_come_back(kept: Made, swagger: Document, tmp_path: Path) -> None:
    assert f"- {GONE} is published again; the method no longer warns." in kept.again(tmp_path)(swagger)


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("createNothing", "neither the committed model nor the given one has this operation"),
        (STAYS, "the committed model and the given one both have it"),
    ],
)
def test_an_operation_that_cannot_be_retired(
    name: str, line: str, laid_out: Path, without: Document, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = tmp_path / "model.json"
    model.write_text(json.dumps(without))

    command = ["--from", str(model), "--into", str(tmp_path / "made"), "--retire", name]
    assert main(command, root=laid_out) == 1
    assert line in capsys.readouterr().err
    assert not (tmp_path / "made").exists()


def test_a_model_is_needed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--into", str(tmp_path / "made"), "--retire", GOES]) == 1
    assert "--retire needs --from" in capsys.readouterr().err
