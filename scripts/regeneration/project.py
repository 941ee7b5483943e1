"""The files that regeneration reads and writes: `spec/` and `generated/` in one folder."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from regeneration.documents import Document
from regeneration.generate import PACKAGE
from regeneration.overlay import Overlay
from regeneration.problem import Problem

REPOSITORY = Path(__file__).resolve().parents[2]
# As yaml.safe_load, but ten times as fast where PyYAML has libyaml.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Project:
    """The repository, or the folder of `--into`."""

    root: Path

    @property
    def spec(self) -> Path:
        return self.root / "spec"

    @property
    def openapi(self) -> Path:
        return self.spec / "openapi.json"

    @property
    def sources(self) -> Path:
        return self.spec / "sources.toml"

    @property
    def overlays(self) -> Path:
        return self.spec / "overlays"

    @property
    def generated(self) -> Path:
        return self.root / "generated"

    @property
    def package(self) -> Path:
        return self.generated / PACKAGE

    def published(self, api: str) -> Path:
        """The file of one reduced model."""
        return self.spec / "published" / f"{api}.json"

    def read_published(self, api: str) -> Document:
        return read_json(self.published(api))

    def read_overlays(self) -> list[Overlay]:
        """All overlays, in the order in which they apply: that of their file names."""
        return [Overlay(path.name, read_yaml(path)) for path in sorted(self.overlays.glob("*.yaml"))]


def read_json(path: Path) -> Document:
    """The content of one of our JSON files."""
    try:
        document: Document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Problem(f"{path}: {error}") from error
    return document


def read_yaml(path: Path) -> Any:
    """The content of one of our YAML files."""
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=LOADER)
    except (OSError, yaml.YAMLError) as error:
        raise Problem(f"{path}: {error}") from error


def write(path: Path, text: str) -> None:
    """Write a file. The bytes are the same on every machine."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")
