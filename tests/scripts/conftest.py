"""Models, repositories, and ways to regenerate."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from regeneration.command import main
from regeneration.documents import Document
from tests.scripts.amazon_repository import AmazonRepository
from tests.scripts.fixture_repository import MESSAGING, PLACES, follow, lay_out, published
from tests.scripts.published import ROOT, SHARED

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


@pytest.fixture(scope="session")
def laid_out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with models of our own, regenerated. Tests only read it."""
    return lay_out(tmp_path_factory.mktemp("fixture"))


@pytest.fixture
def repository(laid_out: Path, tmp_path: Path) -> Path:
    """Such a repository to write into."""
    folder = tmp_path / "repository"
    shutil.copytree(laid_out, folder)
    return folder


@pytest.fixture
def amazon(tmp_path: Path) -> AmazonRepository:
    """A repository with the models that the fixture's repository comes from."""
    if shutil.which("git") is None:
        pytest.skip("git is not on PATH")
    amazon = AmazonRepository(tmp_path / "amazon")
    amazon.commit("2027-01-01", {MESSAGING: published(), PLACES: published("places_2020-11-01.json")})
    return amazon


@pytest.fixture
def follower(repository: Path, amazon: AmazonRepository) -> Path:
    """A repository that takes its models from there."""
    follow(repository, amazon.folder)
    return repository


@pytest.fixture
def swagger() -> Document:
    """The published model of our own, to be changed."""
    return published()


@pytest.fixture(scope="session")
def type_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of mypy's cache. All packages share it, in every process of the run: mypy reads the libraries once."""
    own = tmp_path_factory.getbasetemp()
    return (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "mypy"


def regenerate_in(folder: Path, root: Path) -> Regenerate:
    """A function that regenerates the repository `root` from a model, into `folder / "made"`. It returns the report."""

    def run(model: Document | Path, *options: str) -> str:
        source = folder / "messaging.json" if isinstance(model, dict) else model
        if isinstance(model, dict):
            source.write_text(json.dumps(model))
        report = folder / "report.md"
        command = ["--from", str(source), "--into", str(folder / "made"), "--report", str(report), *options]
        assert main(command, root=root) == 0
        return report.read_text()

    return run


@pytest.fixture
def regenerate(tmp_path: Path, laid_out: Path) -> Regenerate:
    """A function that regenerates from a model into `tmp_path / "made"` and returns the report."""
    return regenerate_in(tmp_path, laid_out)
