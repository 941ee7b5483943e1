"""The files that regeneration reads and writes: `spec/` and `generated/` in one folder."""

from dataclasses import dataclass
from pathlib import Path

from regeneration.documents import Document
from regeneration.files import read_json, read_yaml
from regeneration.generating.generate import PACKAGE
from regeneration.merging.overlay import Overlay
from regeneration.problem import Problem
from regeneration.shapes import check_document, check_overlay

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
        """The file of one reduced model."""
        return self.spec / "published" / f"{api}.json"

    def read_published(self, api: str) -> Document:
        """One reduced model."""
        return _read_document(self.published(api))

    def read_openapi(self) -> Document:
        """The one document that the generator reads."""
        return _read_document(self.openapi)

    def read_overlays(self) -> list[Overlay]:
        """All overlays, sorted by the names of their files."""
        for path in sorted(self.overlays.glob("*.yml")):
            raise Problem(f"{path}: an overlay's name ends with .yaml")
        return [_read_overlay(path) for path in sorted(self.overlays.glob("*.yaml"))]


def _read_document(path: Path) -> Document:
    document: Document = read_json(path)
    check_document(document, str(path))
    return document


def _read_overlay(path: Path) -> Overlay:
    content = read_yaml(path)
    check_overlay(content, str(path))
    return Overlay(path.name, content)
