"""Models, and ways to regenerate from them."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from regeneration.command import main
from regeneration.documents import Document
from tests.scripts.published import ROOT, SHARED, committed_facts, to_swagger

Regenerate = Callable[..., str]


@pytest.fixture(scope="session")
def shared() -> Path:
    """Amazon's own files."""
    if not SHARED.is_dir():
        pytest.skip("the folder of Amazon's published models is not beside the repository")
    return SHARED


@pytest.fixture(scope="session")
def todays(shared: Path) -> Path:
    """Amazon's own files, when the committed ones come from them. Then the results are known."""
    digest = hashlib.sha256((shared / "messaging.json").read_bytes()).hexdigest()
    if tomllib.loads((ROOT / "spec" / "sources.toml").read_text())["messaging"]["sha256"] != digest:
        pytest.skip("the committed model does not come from the one beside the repository")
    return shared


@pytest.fixture
def facts() -> Document:
    """The committed facts of the Messaging API."""
    return committed_facts()


@pytest.fixture
def swagger(facts: Document) -> Document:
    """A published model with these facts."""
    return to_swagger(facts)


@pytest.fixture(scope="session")
def type_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of mypy's cache. All packages share it, so that mypy reads the libraries once."""
    return tmp_path_factory.mktemp("mypy")


def regenerate_in(folder: Path) -> Regenerate:
    """A function that regenerates from a model into `folder / "made"` and returns the report."""

    def run(model: Document | Path, *options: str) -> str:
        source = folder / "messaging.json" if isinstance(model, dict) else model
        if isinstance(model, dict):
            source.write_text(json.dumps(model))
        report = folder / "report.md"
        command = ["--from", str(source), "--into", str(folder / "made"), "--report", str(report), *options]
        assert main(command) == 0
        return report.read_text()

    return run


@pytest.fixture
def regenerate(tmp_path: Path) -> Regenerate:
    """A function that regenerates from a model into `tmp_path / "made"` and returns the report."""
    return regenerate_in(tmp_path)
