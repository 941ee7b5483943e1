"""Step 5, report: what changed, as Markdown for a pull request and for the changelog. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from regeneration.documents import Document
from regeneration.generating.table import table
from regeneration.reporting.change import BREAKS, BUMPS, MARK, OTHER, SECTIONS, TEXTS, Change
from regeneration.reporting.changes import changes
from regeneration.reporting.markdown import code
from regeneration.reporting.pace import DEFAULT, pace
from regeneration.reporting.versions import MEANING, next_version
from regeneration.words import plural


class Origin(NamedTuple):
    """The commit of Amazon's repository that a model was taken from."""

    api: str
    repository: str
    commit: str
    date: str | None


@dataclass(frozen=True)
class Run:
    """What the report tells of a run, besides the differences.

    `unmatched` are the overlay actions that match nothing, `pruned` says whether the run removes them, and
    `undescribed` is everything that no overlay describes.
    """

    version: str
    origins: Sequence[Origin] = ()
    unmatched: Sequence[str] = ()
    pruned: bool = False
    undescribed: Sequence[str] = ()


def report(old: Document | None, new: Document, run: Run) -> str:
    """The report. It is empty when the specification is the same and every overlay action matches something."""
    found = changes(old, new) if old else []
    if not found and not run.unmatched:
        return ""
    gone = "Pruned from the overlays" if run.pruned else "Overlay actions that match nothing"
    parts = [
        _verdict(found, run.version),
        _origins(run.origins),
        *(_section(found, name) for name in (*SECTIONS, OTHER, TEXTS)),
        _listed(gone, map(code, run.unmatched)),
        _listed("Described from their names alone", map(code, run.undescribed)),
        _listed("What to do", _tasks(found, run, _without_plan(old or new, new))),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _verdict(found: list[Change], version: str) -> str:
    if not found:
        return ""
    bump = min((change.bump for change in found), key=BUMPS.index)
    counted = [change for change in found if change.section in SECTIONS]
    breaking = sum(change.bump == BREAKS for change in counted)
    breaks = f"{breaking or 'none'} of which break{'s' if breaking < 2 else ''} callers"
    count = f"{plural(len(counted), 'change')} for users, {breaks}." if counted else "No change for users is known."
    return f"Next version: **{next_version(version, bump)}** ({MEANING[bump]}). {count}"


def _origins(origins: Sequence[Origin]) -> str:
    return f"Taken from Amazon's repository: {', '.join(map(_origin, origins))}." if origins else ""


def _origin(origin: Origin) -> str:
    commit = code(origin.commit[:7])
    if origin.repository.startswith("https://"):
        commit = f"[{commit}]({origin.repository}/commit/{origin.commit})"
    return f"{code(origin.api)} at {commit}" + (f" of {origin.date}" if origin.date else "")


def _section(found: list[Change], name: str) -> str:
    return _listed(name, [_line(change) for change in found if change.section == name])


def _line(change: Change) -> str:
    return f"{MARK if change.bump == BREAKS else ''}{change.text}"


def _listed(title: str, lines: Iterable[str]) -> str:
    items = [f"- {line}" for line in dict.fromkeys(lines)]
    return "\n".join([f"### {title}", "", *items]) if items else ""


def _without_plan(old: Document, new: Document) -> list[str]:
    """Operations without a usage plan that are new, or had a plan before."""
    known = {each.operation.operation_id for each in table(old)[0] if each.operation.rate is None}
    found = [each.operation.operation_id for each in table(new)[0] if each.operation.rate is None]
    return [name for name in found if name not in known]


def _tasks(found: list[Change], run: Run, without_plan: list[str]) -> list[str]:
    """What a person must look at before the change is merged."""
    tasks = []
    if any(change.bump == BREAKS for change in found):
        tasks.append(
            "Review each line that breaks callers: can they go on with what the client does now? Say in `CHANGELOG.md` "
            "what they must change. The failing tests show what they would see."
        )
    if any(change.section == OTHER for change in found):
        tasks.append("Look at the other differences. The version above does not count them: do they break callers?")
    if run.unmatched and run.pruned:
        tasks.append(
            "Look at what was pruned. Where Amazon has made the correction itself, nothing is to be done; where the "
            "place was only moved, put the action back with the new place."
        )
    if run.unmatched and not run.pruned:
        tasks.append("Remove the overlay actions that match nothing, with `--prune`, or mend their targets.")
    if run.undescribed:
        tasks.append(
            "Describe what is described from its name alone in `spec/overlays/30-documentation.yaml`, then run "
            "`.venv/bin/python scripts/regenerate.py`."
        )
    if without_plan:
        tasks.append(
            f"Look for the usage plan of {', '.join(map(code, without_plan))}. None is published, so the client keeps "
            f"to {pace(DEFAULT)}. A plan that Amazon documents elsewhere goes into `spec/overlays/10-corrections.yaml`."
        )
    return tasks
