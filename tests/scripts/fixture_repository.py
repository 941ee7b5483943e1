"""A repository for tests: models of our own, which have every trait, and what regeneration made of them.

So tests of the machinery know their model by heart, whatever Amazon publishes. The templates, the settings of the
generator and the pins of the tools are those of this repository.
"""

from __future__ import annotations

import json
import shutil
import tomllib
from pathlib import Path

import tomlkit

from regeneration.command import main
from regeneration.documents import Document
from regeneration.reporting.versions import PLACE
from tests.scripts.published import ROOT

MODEL = Path(__file__).with_name("model")
SPEC = ROOT / "spec"

MESSAGING = "models/messages/messaging.json"
"""Where the model of the messages is in Amazon's repository, as `sources.toml` says."""

PLACES = "models/places/places_2020-11-01.json"
ORDERS = "/messaging/v1/orders/{amazonOrderId}"
VERSION = "1.2.3"


def published(name: str = "messaging.json") -> Document:
    """A fresh copy of one of the models, in Swagger 2.0."""
    model: Document = json.loads((MODEL / name).read_text())
    return model


def lay_out(folder: Path) -> Path:
    """Write such a repository into `folder`, and regenerate it."""
    shutil.copytree(MODEL / "spec", folder / "spec")
    shutil.copytree(SPEC / "templates", folder / "spec" / "templates")
    shutil.copy(SPEC / "generator.yaml", folder / "spec")
    tools = tomllib.loads((SPEC / "sources.toml").read_text())["tools"]
    sources = folder / "spec" / "sources.toml"
    sources.write_text(f"{sources.read_text()}\n{tomlkit.dumps({'tools': tools})}")
    (folder / PLACE).parent.mkdir(parents=True)
    (folder / PLACE).write_text(f'__version__ = "{VERSION}"\n')
    assert main(["--from", str(MODEL)], root=folder) == 0
    return folder


def contents(root: Path) -> dict[str, bytes]:
    """All files that a run writes, by path."""
    paths = [path for folder in ("spec", "generated") for path in (root / folder).rglob("*") if path.is_file()]
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in paths if path.suffix != ".pyc"}


def tables(root: Path) -> dict[str, dict[str, str]]:
    """The content of `sources.toml`."""
    return tomllib.loads((root / "spec" / "sources.toml").read_text())


def follow(root: Path, amazon: Path) -> None:
    """Let a repository take its models from the repository `amazon`."""
    sources = root / "spec" / "sources.toml"
    sources.write_text(sources.read_text().replace("https://example.com/models", str(amazon)))


def openapi(root: Path) -> Document:
    """The specification of a repository, or of the folder of `--into`."""
    document: Document = json.loads((root / "spec" / "openapi.json").read_text())
    return document
