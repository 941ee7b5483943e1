"""The steps as functions: from document to document, and from the last document to the package."""

from dataclasses import dataclass
from pathlib import Path

from openapi_spec_validator import OpenAPIV30SpecValidator

from regeneration.describe import describe, undescribed
from regeneration.documents import Document, to_json
from regeneration.generate import generate
from regeneration.merge import merge
from regeneration.normalise import normalise
from regeneration.overlay import Overlay, Unmatched, apply_overlays
from regeneration.problem import Problem
from regeneration.project import Project, write
from regeneration.source import MESSAGING, UPLOADS, Source
from regeneration.swagger import reduce

APIS = (MESSAGING, UPLOADS)
TITLES = {MESSAGING: "SP-API Messaging", UPLOADS: "SP-API Uploads"}


@dataclass(frozen=True)
class Specification:
    """The result of step 3: the generator's document, actions that match nothing, and what no overlay describes."""

    document: Document
    unmatched: list[Unmatched]
    undescribed: list[str]


def published(source: Source) -> Document:
    """Step 2 for one model: its facts, in OpenAPI 3."""
    try:
        return normalise(reduce(source.document, TITLES[source.api]), tag(source.api))
    except Problem as problem:
        raise Problem(f"{source.name}: {problem}") from problem
    except RecursionError as error:
        raise Problem(f"{source.name}: objects are nested too deeply") from error


def tag(api: str) -> str:
    """`uploads` of `uploads_2020-11-01`."""
    return api.split("_")[0]


def specify(models: dict[str, Document], overlays: list[Overlay]) -> Specification:
    """Step 3: merge the models, apply the overlays, and describe what no overlay describes."""
    merged = merge({tag(api): models[api] for api in APIS})
    document, unmatched = apply_overlays(merged, overlays)
    waiting = undescribed(document)
    describe(document)
    error = next(iter(OpenAPIV30SpecValidator(document).iter_errors()), None)
    if error is not None:
        place = "/".join(str(part) for part in error.absolute_path)
        raise Problem(f"openapi.json: {place}: {error.message[:300]}")
    return Specification(document, unmatched, waiting)


def build(document: Document, spec: Path, scratch: Path) -> Project:
    """Step 4: write `spec/openapi.json` and `generated/` into the folder `scratch`."""
    project = Project(scratch)
    write(project.openapi, to_json(document))
    project.generated.mkdir(parents=True, exist_ok=True)
    generate(project.openapi, document, spec, project.generated)
    return project
