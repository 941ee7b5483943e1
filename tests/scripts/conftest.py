"""What regeneration is tested with."""

from __future__ import annotations

import copy
import hashlib
import json
import shutil
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from regeneration.command import main
from regeneration.documents import Document
from tests.scripts.published import ROOT, SHARED, to_swagger

Regenerate = Callable[..., str]


@pytest.fixture(scope="session")
def node() -> None:
    """Skips where there is no Node: taking a published model needs its npx."""
    if shutil.which("npx") is None:
        pytest.skip("npx is not on PATH: the converter from Swagger needs Node.js")


@pytest.fixture(scope="session")
def shared() -> Path:
    """Amazon's own files."""
    if not SHARED.is_dir():
        pytest.skip("Amazon's published models do not lie beside the repository")
    return SHARED


@pytest.fixture(scope="session")
def todays(shared: Path) -> Path:
    """Amazon's own files, if they are what is committed: then it is known what must have become of them."""
    digest = hashlib.sha256((shared / "messaging.json").read_bytes()).hexdigest()
    if tomllib.loads((ROOT / "spec" / "sources.toml").read_text())["messaging"]["sha256"] != digest:
        pytest.skip("another model is committed than the one that lies beside the repository")
    return shared


@pytest.fixture(scope="session")
def _facts() -> Document:
    facts: Document = json.loads((ROOT / "spec" / "published" / "messaging.json").read_text())
    return facts


@pytest.fixture
def facts(_facts: Document) -> Document:
    """The committed facts of the Messaging API."""
    return copy.deepcopy(_facts)


@pytest.fixture
def swagger(facts: Document) -> Document:
    """A published model with these facts."""
    return to_swagger(facts)


@pytest.fixture
def regenerate(tmp_path: Path) -> Regenerate:
    """Regenerates from a model into `tmp_path / "made"`; returns the report."""

    def run(model: Document | Path | None = None, *options: str, into: Path | None = None) -> str:
        source = tmp_path / "messaging.json" if isinstance(model, dict) else model
        if isinstance(model, dict):
            (tmp_path / "messaging.json").write_text(json.dumps(model))
        report = tmp_path / "report.md"
        origin = ["--from", str(source)] if source else []
        command = [*origin, "--into", str(into or tmp_path / "made"), "--report", str(report), *options]
        assert main(command) == 0
        return report.read_text()

    return run
