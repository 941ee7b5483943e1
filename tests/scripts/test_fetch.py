"""Fetching from Amazon's repository. A local repository takes its place."""

from __future__ import annotations

import json
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from regeneration.command import main
from regeneration.documents import Document, operations
from tests.scripts.published import ROOT, to_swagger

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not on PATH")

MESSAGING = "models/messaging-api-model/messaging.json"
UPLOADS = "models/uploads-api-model/uploads_2020-11-01.json"


class Amazon:
    """A repository with the two models in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.git("init", "--quiet", "--initial-branch", "main", str(folder))

    def git(self, *arguments: str) -> str:
        where = ("-C", str(self.folder)) if self.folder.is_dir() else ()
        who = ("-c", "user.name=Amazon", "-c", "user.email=amazon@example.com")
        done = subprocess.run(["git", *where, *who, *arguments], capture_output=True, text=True, check=True)
        return done.stdout.strip()

    def commit(self, date: str, files: dict[str, Document]) -> str:
        """Commit these files. Returns the hash."""
        for name, document in files.items():
            (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / name).write_text(json.dumps(document))
        self.git("add", ".")
        self.git("commit", "--quiet", "--message", "x", "--date", f"{date}T12:00:00Z")
        return self.git("rev-parse", "HEAD")


@pytest.fixture
def amazon(tmp_path: Path, swagger: Document, monkeypatch: pytest.MonkeyPatch) -> Amazon:
    """A repository with the models that are committed here."""
    monkeypatch.setenv("GIT_COMMITTER_DATE", "2027-01-02T12:00:00Z")
    uploads = json.loads((ROOT / "spec" / "published" / "uploads_2020-11-01.json").read_text())
    repository = Amazon(tmp_path / "amazon")
    repository.commit("2027-01-01", {MESSAGING: swagger, UPLOADS: to_swagger(uploads)})
    return repository


@pytest.fixture
def made(tmp_path: Path, amazon: Amazon) -> Path:
    """A folder whose sources.toml names this repository."""
    folder = tmp_path / "made"
    shutil.copytree(ROOT / "spec", folder / "spec")
    sources = folder / "spec" / "sources.toml"
    text = sources.read_text()
    origin = tomllib.loads(text)["messaging"]["repository"]
    sources.write_text(text.replace(origin, str(amazon.folder)))
    return folder


def read_sources(made: Path) -> dict[str, dict[str, str]]:
    return tomllib.loads((made / "spec" / "sources.toml").read_text())


def contents(root: Path) -> dict[str, bytes]:
    """All files that a run writes, by path."""
    paths = [path for folder in ("spec", "generated") for path in (root / folder).rglob("*") if path.is_file()]
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in paths if path.suffix != ".pyc"}


def test_a_change_is_taken_with_the_commit_that_made_it(amazon: Amazon, made: Path, facts: Document) -> None:
    before = read_sources(made)
    text = facts["components"]["schemas"]["CreateDigitalAccessKeyRequest"]["properties"]["text"]
    text["maxLength"] += 100
    commit = amazon.commit("2027-01-02", {MESSAGING: to_swagger(facts)})
    amazon.commit("2027-01-03", {"README.json": {}})
    report = made / "report.md"

    assert main(["--fetch", "--into", str(made), "--report", str(report)]) == 0

    limit = text["maxLength"]
    assert f"field `text`: maxLength {limit}, before {limit - 100}." in report.read_text()
    after = read_sources(made)
    assert (after["messaging"]["commit"], after["messaging"]["date"]) == (commit, "2027-01-02")
    assert after["uploads_2020-11-01"] == before["uploads_2020-11-01"]


def test_prose_alone_changes_nothing(amazon: Amazon, made: Path, swagger: Document) -> None:
    wanted = contents(ROOT) | {"spec/sources.toml": (made / "spec" / "sources.toml").read_bytes()}
    swagger["info"]["description"] = "Other prose."
    amazon.commit("2027-01-02", {MESSAGING: swagger})

    assert main(["--fetch", "--retire", "--into", str(made)]) == 0
    assert contents(made) == wanted


def test_an_operation_that_left_is_retired_with_its_commit(amazon: Amazon, made: Path, facts: Document) -> None:
    path = next(path for path, method, _ in operations(facts) if method == "post")
    del facts["paths"][path]
    commit = amazon.commit("2027-01-02", {MESSAGING: to_swagger(facts)})

    assert main(["--fetch", "main", "--retire", "--into", str(made)]) == 0
    document = json.loads((made / "spec" / "openapi.json").read_text())
    assert document["paths"][path]["post"]["x-retired"] == {"date": "2027-01-02", "commit": commit[:7]}


def test_a_revision_that_is_not_there(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--fetch", "nowhere", "--into", str(made)]) == 1

    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("regenerate: spec/sources.toml: messaging: ")
    assert "nowhere" in line
