"""One run of `scripts/regenerate.py`. Files are written only after everything has been made."""

import datetime
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from regeneration import provenance
from regeneration.documents import Document, operation_ids, to_json
from regeneration.fetch import fetch
from regeneration.overlay import Overlay, Unmatched
from regeneration.pipeline import APIS, Specification, build, published, specify
from regeneration.problem import Problem
from regeneration.project import REPOSITORY, Project, read_json, write
from regeneration.prune import prune
from regeneration.report import Origin, Run, report
from regeneration.retire import retired_overlay, to_yaml
from regeneration.source import MESSAGING, find_sources, read_source
from regeneration.table import table
from regeneration.versions import read_version

EVERY = ""


@dataclass(frozen=True)
class Request:
    """What a run shall do. `retire` has names of operations, or `EVERY` for all that are no longer in the model."""

    target: Project
    source: Path | None = None
    commit: str | None = None
    date: str | None = None
    fetch: str | None = None
    retire: tuple[str, ...] = ()
    prune: bool = False


@dataclass(frozen=True)
class Taken:
    """The result of steps 1 and 2: the reduced models, and where they come from."""

    models: dict[str, Document]
    entries: provenance.Sources


@dataclass(frozen=True)
class Outcome:
    """What a run gives besides files: the change report, and notes for the terminal."""

    report: str
    notes: list[str]


def regenerate(request: Request) -> Outcome:
    """Make `spec/` and `generated/`, then write them into the target."""
    repository = Project(REPOSITORY)
    before = request.target if request.target.openapi.is_file() else repository
    sources = provenance.read(before.sources)
    provenance.check_tools(sources["tools"])
    taken = _take(request, before, sources)
    retired = _retired(request, before, taken)
    if retired.keys() & operation_ids(taken.models.get(MESSAGING, {})):
        # The given model is an old one, which still has the operation. It must not replace the newer one.
        taken = Taken({}, {})
    models = {api: taken.models.get(api) or before.read_published(api) for api in APIS}
    overlays = _overlays(repository, before, retired)
    specification = specify(models, overlays)
    if request.target == repository and specification.unmatched and not request.prune:
        raise Problem(f"an overlay action matches nothing: {'; '.join(map(str, specification.unmatched))}")
    outcome = _outcome(request, before, taken, specification)
    with tempfile.TemporaryDirectory() as folder:
        scratch = build(specification.document, repository.spec, Path(folder))
        for api, model in models.items():
            write(scratch.published(api), to_json(model))
        write(scratch.sources, provenance.to_toml(sources | taken.entries))
        if request.target != repository:
            _copy_hand_written(repository, scratch)
        if request.prune:
            _prune(specification.unmatched, repository, scratch)
        for overlay in retired.values():
            write(scratch.overlays / overlay.file_name, to_yaml(overlay.document))
        _install(scratch, request.target)
    return outcome


def _outcome(request: Request, before: Project, taken: Taken, specification: Specification) -> Outcome:
    previous = read_json(before.openapi) if before.openapi.is_file() else None
    unmatched = [str(action) for action in specification.unmatched]
    told = Run(
        version=read_version(before.root),
        origins=_origins(taken.entries),
        unmatched=unmatched,
        pruned=request.prune,
        undescribed=specification.undescribed,
    )
    text = report(previous, specification.document, told)
    return Outcome(text, [*unmatched, *table(specification.document)[1]])


def _origins(entries: provenance.Sources) -> list[Origin]:
    return [
        Origin(api, entry["repository"], entry["commit"], entry.get("date"))
        for api, entry in entries.items()
        if "commit" in entry
    ]


def _take(request: Request, before: Project, sources: provenance.Sources) -> Taken:
    if request.date is not None:
        _check_date(request.date)
    if request.fetch is not None:
        return _fetch(request.fetch, before, sources)
    if request.source is None:
        return Taken({}, {})
    found = [read_source(api, path) for api, path in find_sources(request.source).items()]
    return Taken(
        models={source.api: published(source) for source in found},
        entries={source.api: provenance.entry(sources, source, request.commit, request.date) for source in found},
    )


def _fetch(revision: str, before: Project, sources: provenance.Sources) -> Taken:
    """Take the models from Amazon's repository. Where only prose changed, the earlier entry in sources.toml stays."""
    repository, paths = provenance.origin(sources)
    taken = Taken({}, {})
    with tempfile.TemporaryDirectory() as folder:
        for api, file in fetch(repository, paths, revision, Path(folder)).items():
            source = read_source(api, file.path)
            model = published(source)
            if model != before.read_published(api):
                taken.models[api] = model
                taken.entries[api] = provenance.entry(sources, source, file.commit, file.date)
    return taken


def _check_date(date: str) -> None:
    try:
        datetime.date.fromisoformat(date)
    except ValueError as error:
        raise Problem(f"--date {date}: not a date such as 2026-01-30") from error


def _retired(request: Request, before: Project, taken: Taken) -> dict[str, Overlay]:
    """An overlay for each operation that this run retires, by operationId."""
    if not request.retire:
        return {}
    if request.source is None and request.fetch is None:
        raise Problem("--retire needs --from: the model without the operation, or the last model that had it")
    committed = before.read_published(MESSAGING)
    given = taken.models.get(MESSAGING, committed)
    names = set(request.retire) - {EVERY}
    if EVERY in request.retire:
        names |= operation_ids(committed) - operation_ids(given)
    when = taken.entries.get(MESSAGING, {})
    return {name: _retire(name, committed, given, when) for name in sorted(names)}


def _retire(name: str, committed: Document, given: Document, when: provenance.Entry) -> Overlay:
    holders = [model for model in (committed, given) if name in operation_ids(model)]
    if not holders:
        raise Problem(f"--retire {name}: neither the committed model nor the given one has this operation")
    if len(holders) == 2:
        raise Problem(f"--retire {name}: the committed model and the given one both have it, so it cannot be retired")
    document = retired_overlay(holders[0], name, when.get("date"), when.get("commit"))
    return Overlay(f"20-retired-{name}.yaml", document)


def _overlays(repository: Project, before: Project, retired: dict[str, Overlay]) -> list[Overlay]:
    """The overlays of the repository, those of operations that earlier runs retired, and those of this run."""
    found = {overlay.file_name: overlay for overlay in repository.read_overlays()}
    if before != repository:
        found = {overlay.file_name: overlay for overlay in before.read_overlays() if overlay.retired} | found
    found |= {overlay.file_name: overlay for overlay in retired.values()}
    return [found[name] for name in sorted(found)]


def _copy_hand_written(repository: Project, scratch: Project) -> None:
    """Copy the hand-written files too, so that `spec/` in the folder of `--into` is complete."""
    shutil.copytree(repository.spec / "templates", scratch.spec / "templates")
    shutil.copytree(repository.overlays, scratch.overlays)
    shutil.copy(repository.spec / "generator.yaml", scratch.spec)


def _prune(unmatched: list[Unmatched], repository: Project, scratch: Project) -> None:
    """Remove the actions that match nothing from their files."""
    for file_name in sorted({action.file_name for action in unmatched}):
        numbers = {action.number for action in unmatched if action.file_name == file_name}
        text = (repository.overlays / file_name).read_text(encoding="utf-8")
        write(scratch.overlays / file_name, prune(text, numbers))


def _install(scratch: Project, target: Project) -> None:
    shutil.copytree(scratch.spec, target.spec, dirs_exist_ok=True)
    shutil.rmtree(target.package, ignore_errors=True)
    shutil.copytree(scratch.package, target.package)
