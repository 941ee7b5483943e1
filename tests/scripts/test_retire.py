"""An operation that disappears is kept, with date and commit where they are given."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from regeneration.command import main
from regeneration.documents import Document, operations, reachable
from regeneration.names import method_name
from tests.scripts.conftest import Regenerate
from tests.scripts.published import ROOT, to_swagger

pytestmark = pytest.mark.usefixtures("node")

FACTS: Document = json.loads((ROOT / "spec" / "published" / "messaging.json").read_text())
# Any two messages of today's model: one goes, the other stays.
(PATH, GOES), (_, STAYS) = [
    (path, operation["operationId"]) for path, method, operation in operations(FACTS) if method == "post"
][:2]
GONE = f"`{method_name(GOES)}` ({GOES})"


@pytest.fixture
def without(facts: Document) -> Document:
    """The model without the one, and without the models that only it used."""
    schemas = facts["components"]["schemas"]
    used = reachable(schemas, facts["paths"].pop(PATH))
    for name in used - reachable(schemas, facts["paths"]):
        del schemas[name]
    return to_swagger(facts)


def openapi(made: Path) -> Document:
    document: Document = json.loads((made / "spec" / "openapi.json").read_text())
    return document


def test_without_the_option_it_is_gone(regenerate: Regenerate, without: Document, tmp_path: Path) -> None:
    report = regenerate(without)

    assert f"- **breaks callers:** {GONE} is gone; `--retire {GOES}` would keep it." in report
    assert "Next version: **major**" in report
    assert PATH not in openapi(tmp_path / "made")["paths"]


def test_one_option_keeps_all_that_disappeared(regenerate: Regenerate, without: Document, tmp_path: Path) -> None:
    report = regenerate(without, "--retire", "--date", "2027-01-02", "--commit", "abc1234")

    made = tmp_path / "made"
    assert f"- {GONE} left the published model on 2027-01-02 (commit abc1234); the method stays and warns." in report
    assert "Next version: **minor**" in report
    operation = openapi(made)["paths"][PATH]["post"]
    assert operation["deprecated"] is True
    assert operation["x-retired"] == {"date": "2027-01-02", "commit": "abc1234"}
    assert operation["responses"]["201"]["x-amzn-api-sandbox"]
    facade = (made / "generated" / "spapi_messaging_client" / "facade.py").read_text()
    assert f"{GOES} left Amazon's published model on 2027-01-02 (commit abc1234)" in facade
    # A later run still keeps it, because the overlay stands in spec/ now.
    assert regenerate(without) == ""
    assert main(["--check", "--into", str(made)]) == 0


def test_date_and_commit_may_be_unknown(regenerate: Regenerate, without: Document, tmp_path: Path) -> None:
    regenerate(without, "--retire", GOES)

    assert openapi(tmp_path / "made")["paths"][PATH]["post"]["x-retired"] == {}
    operations = (tmp_path / "made" / "generated" / "spapi_messaging_client" / "operations.py").read_text()
    assert "retired=Retired(date=None, commit=None)" in operations


def test_an_older_model_can_give_what_the_committed_one_lacks(
    regenerate: Regenerate, swagger: Document, without: Document, tmp_path: Path
) -> None:
    regenerate(without)
    report = regenerate(swagger, "--retire", GOES, "--date", "2027-01-02")

    assert GONE in report
    assert openapi(tmp_path / "made")["paths"][PATH]["post"]["x-retired"] == {"date": "2027-01-02"}
    # The older model gave one operation and did not become the published one.
    published = json.loads((tmp_path / "made" / "spec" / "published" / "messaging.json").read_text())
    assert PATH not in published["paths"]


def test_a_retired_operation_may_come_back(regenerate: Regenerate, swagger: Document, without: Document) -> None:
    regenerate(without, "--retire")

    assert f"- {GONE} is published again; the method no longer warns." in regenerate(swagger)


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("createNothing", "neither the committed model nor the one given has such an operation"),
        (STAYS, "it has not left the model"),
    ],
)
def test_an_operation_that_cannot_be_retired(
    name: str, line: str, without: Document, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = tmp_path / "model.json"
    model.write_text(json.dumps(without))

    assert main(["--from", str(model), "--into", str(tmp_path / "made"), "--retire", name]) == 1
    assert line in capsys.readouterr().err
    assert not (tmp_path / "made").exists()


def test_a_model_is_needed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--into", str(tmp_path / "made"), "--retire", GOES]) == 1
    assert "--retire needs --from" in capsys.readouterr().err
