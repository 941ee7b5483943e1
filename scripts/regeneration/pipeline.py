"""The steps as functions: from document to document, and from the last document to the package."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from regeneration.apis import Api
from regeneration.documents import Document, to_json
from regeneration.fetching.source import Source
from regeneration.files import write
from regeneration.generating.generate import generate
from regeneration.merging.describe import describe, undescribed
from regeneration.merging.merge import merge
from regeneration.merging.overlay import Overlay, Unmatched, apply_overlays
from regeneration.problem import Problem
from regeneration.project import Project
from regeneration.reading.normalise import normalise
from regeneration.reading.swagger import reduce
from regeneration.shapes import check_document


@dataclass(frozen=True)
class Specification:
    """The result of step 3: the generator's document, actions that match nothing, and what no overlay describes."""

    document: Document
    unmatched: list[Unmatched]
    undescribed: list[str]


def published(source: Source) -> Document:
    """Step 2 for one model: its facts, in OpenAPI 3."""
    try:
        return normalise(reduce(source.document, source.api.title), source.api)
    except Problem as problem:
        raise Problem(f"{source.name}: {problem}") from problem
    except RecursionError as error:
        raise Problem(f"{source.name}: objects are nested too deeply") from error


def merged(apis: Iterable[Api], models: dict[str, Document]) -> Document:
    """One document of those models that are there. The first API is the main one."""
    return merge({api.tag: models[api.name] for api in apis if api.name in models})


def specify(apis: Iterable[Api], models: dict[str, Document], overlays: list[Overlay]) -> Specification:
    """Step 3: merge the models, apply the overlays, and describe what no overlay describes."""
    document, unmatched = apply_overlays(merged(apis, models), overlays)
    try:
        check_document(document, "openapi.json")
    except Problem as problem:
        # An overlay of several actions is then applied in part.
        cause = f". These overlay actions match nothing: {'; '.join(map(str, unmatched))}" if unmatched else ""
        raise Problem(f"{problem}{cause}") from problem
    waiting = undescribed(document)
    describe(document)
    return Specification(document, unmatched, waiting)


def build(document: Document, spec: Path, scratch: Path) -> Project:
    """Step 4: write `spec/openapi.json` and `generated/` into the folder `scratch`."""
    project = Project(scratch)
    write(project.openapi, to_json(document))
    project.generated.mkdir(parents=True, exist_ok=True)
    generate(project.openapi, document, spec, project.generated)
    return project
