"""The files of a project that regeneration reads and writes: `spec/` and `generated/` below one folder."""

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
        """One reduced model."""
        return self.spec / "published" / f"{api}.json"

    def read_published(self, api: str) -> Document:
        return read_json(self.published(api))

    def read_overlays(self) -> list[Overlay]:
        """Every overlay, in the order of file names, which is the order they apply in."""
        return [Overlay(path.name, read_yaml(path)) for path in sorted(self.overlays.glob("*.yaml"))]


def read_json(path: Path) -> Document:
    """A JSON document of our own."""
    try:
        document: Document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Problem(f"{path}: {error}") from error
    return document


def read_yaml(path: Path) -> Any:
    """A YAML document of our own."""
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise Problem(f"{path}: {error}") from error


def write(path: Path, text: str) -> None:
    """Write a file the same way on every machine."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")
