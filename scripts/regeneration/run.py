"""One run of `scripts/regenerate.py`. Files are written only after everything has been made."""

import datetime
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from regeneration.documents import Document, operation_ids, to_json
from regeneration.fetching import provenance
from regeneration.fetching.provenance import Entry, Sources
from regeneration.fetching.take import NOTHING, Taken, from_amazon, from_path
from regeneration.files import read_text, read_yaml, write
from regeneration.generating.table import table
from regeneration.merging.overlay import Overlay, Unmatched
from regeneration.merging.prune import prune
from regeneration.merging.retire import gone, retired_overlay, successor, to_yaml
from regeneration.pipeline import Specification, build, merged, specify
from regeneration.problem import Problem
from regeneration.project import Project
from regeneration.reporting.report import Origin, Run, report
from regeneration.reporting.versions import read_version
from regeneration.tools import check_tools

EVERY = ""


@dataclass(frozen=True)
class Request:
    """What a run shall do. `retire` has names of operations, or `EVERY` for all that are no longer in the model."""

    repository: Project
    target: Project
    today: datetime.date
    source: Path | None = None
    commit: str | None = None
    date: str | None = None
    fetch: str | None = None
    retire: tuple[str, ...] = ()
    prune: bool = False


@dataclass(frozen=True)
class Outcome:
    """What a run gives besides files: the change report, and notes for the terminal."""

    report: str
    notes: list[str]


def regenerate(request: Request) -> Outcome:
    """Make `spec/` and `generated/`, then write them into the target."""
    repository = request.repository
    before = request.target if request.target.sources.is_file() else repository
    sources = provenance.read(before.sources)
    check_tools(sources.tools)
    committed = _committed(before, sources)
    taken = _take(request, sources, committed)
    retired = _retired(request, sources, committed, taken)
    if any(retired.keys() & operation_ids(model) for model in taken.models.values()):
        # The given model is an old one, which still has the operation. It must not replace the newer one.
        taken = NOTHING
    models = committed | taken.models
    _refuse_missing(before, sources, models)
    specification = specify(sources.apis, models, _overlays(repository, before, retired))
    if request.target == repository and specification.unmatched and not request.prune:
        raise Problem(f"an overlay action matches nothing: {'; '.join(map(str, specification.unmatched))}")
    outcome = _outcome(request, before, sources, taken, specification)
    with tempfile.TemporaryDirectory() as folder:
        scratch = build(specification.document, repository.spec, Path(folder))
        for name, model in models.items():
            write(scratch.published(name), to_json(model))
        write(scratch.sources, provenance.to_toml(sources.text, taken.entries))
        if request.target != repository:
            _copy_hand_written(repository, scratch)
        emptied = _prune(specification.unmatched, repository, scratch) if request.prune else []
        for overlay in retired.values():
            write(scratch.overlays / overlay.file_name, to_yaml(overlay.document))
        _install(scratch, request.target)
    for file_name in emptied:
        (request.target.overlays / file_name).unlink()
    return outcome


def _committed(before: Project, sources: Sources) -> dict[str, Document]:
    """The reduced models that are there. That of a new API is not."""
    names = [api.name for api in sources.apis if before.published(api.name).is_file()]
    return {name: before.read_published(name) for name in names}


def _refuse_missing(before: Project, sources: Sources, models: dict[str, Document]) -> None:
    for api in sources.apis:
        if api.name not in models:
            raise Problem(f"{before.published(api.name)}: there is no such file: take the model with --from or --fetch")


def _outcome(
    request: Request, before: Project, sources: Sources, taken: Taken, specification: Specification
) -> Outcome:
    previous = before.read_openapi() if before.openapi.is_file() else None
    unmatched = [str(action) for action in specification.unmatched]
    told = Run(
        version=read_version(before.root),
        origins=_origins(sources, taken),
        unmatched=unmatched,
        pruned=request.prune,
        undescribed=specification.undescribed,
    )
    text = report(previous, specification.document, told)
    return Outcome(text, [*unmatched, *table(specification.document)[1]])


def _origins(sources: Sources, taken: Taken) -> list[Origin]:
    """The commits that this run took, as far as they are known."""
    entries = ((api, taken.entries.get(api.name, {})) for api in sources.apis)
    return [
        Origin(api.name, api.repository, entry["commit"], entry.get("date"))
        for api, entry in entries
        if "commit" in entry
    ]


def _take(request: Request, sources: Sources, committed: dict[str, Document]) -> Taken:
    if request.fetch is not None:
        return from_amazon(request.fetch, sources, committed, request.today)
    if request.source is not None:
        given = {key: value for key, value in (("commit", request.commit), ("date", request.date)) if value}
        return from_path(request.source, sources, committed, given)
    return NOTHING


def _retired(request: Request, sources: Sources, committed: dict[str, Document], taken: Taken) -> dict[str, Overlay]:
    """An overlay for each operation that this run retires, by operationId."""
    if not request.retire:
        return {}
    old, new = merged(sources.apis, committed), merged(sources.apis, committed | taken.models)
    names = set(request.retire) - {EVERY}
    if EVERY in request.retire:
        names |= gone(old, new)
    return {name: _retire(name, old, new, _origin(name, committed, taken)) for name in sorted(names)}


def _origin(name: str, committed: dict[str, Document], taken: Taken) -> Entry:
    """What is known of the model that was given instead of the one with this operation."""
    for models in (committed, taken.models):
        for api, model in models.items():
            if name in operation_ids(model):
                return taken.entries.get(api, {})
    return {}


def _retire(name: str, old: Document, new: Document, origin: Entry) -> Overlay:
    """The overlay that keeps one operation of the committed models, `old`, or of the given ones, `new`."""
    holders = [document for document in (old, new) if name in operation_ids(document)]
    if not holders:
        raise Problem(f"--retire {name}: neither the committed model nor the given one has this operation")
    if len(holders) == 2:
        raise Problem(f"--retire {name}: the committed model and the given one both have it, so it cannot be retired")
    if other := successor(name, holders[0], new if holders[0] is old else old):
        raise Problem(f"--retire {name}: it was renamed: the other model has {other} on its path")
    commit = origin.get("commit", "")[:7] or None
    return Overlay(f"20-retired-{name}.yaml", retired_overlay(holders[0], name, origin.get("date"), commit))


def _overlays(repository: Project, before: Project, retired: dict[str, Overlay]) -> list[Overlay]:
    """The overlays of the repository, those that only the folder of `--into` has, and those of this run."""
    found = {overlay.file_name: overlay for overlay in before.read_overlays()}
    found |= {overlay.file_name: overlay for overlay in repository.read_overlays()}
    found |= {overlay.file_name: overlay for overlay in retired.values()}
    return [found[name] for name in sorted(found)]


def _copy_hand_written(repository: Project, scratch: Project) -> None:
    """Copy the hand-written files too, so that `spec/` in the folder of `--into` is complete."""
    shutil.copytree(repository.spec / "templates", scratch.spec / "templates")
    shutil.copytree(repository.overlays, scratch.overlays)
    shutil.copy(repository.spec / "generator.yaml", scratch.spec)


def _prune(unmatched: list[Unmatched], repository: Project, scratch: Project) -> list[str]:
    """Remove the actions that match nothing from their files. Returns the files in which no action is left."""
    emptied = []
    for file_name in sorted({action.file_name for action in unmatched}):
        numbers = {action.number for action in unmatched if action.file_name == file_name}
        path = repository.overlays / file_name
        if len(numbers) == len(read_yaml(path)["actions"]):
            emptied.append(file_name)
        else:
            write(scratch.overlays / file_name, prune(read_text(path), numbers, str(path)))
    return emptied


def _install(scratch: Project, target: Project) -> None:
    """Copy everything into the target. The report compares with the document, so the document comes last.

    A run that stopped half way is then repeated with the same report.
    """
    shutil.rmtree(target.package, ignore_errors=True)
    shutil.copytree(scratch.package, target.package)
    last = target.openapi.with_suffix(".new")
    scratch.openapi.rename(scratch.spec / last.name)
    shutil.copytree(scratch.spec, target.spec, dirs_exist_ok=True)
    last.replace(target.openapi)
