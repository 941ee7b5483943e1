"""Step 5, report: what changed for users, as Markdown for a pull request and for the changelog. Pure."""

from collections.abc import Sequence

from regeneration.changes import Change, changes
from regeneration.describe import places
from regeneration.documents import Document

SECTIONS = ("Added", "Changed", "Deprecated", "Removed")
BUMPS = ("major", "minor", "patch")
BREAKING = "**breaks callers:** "


def report(old: Document | None, new: Document, unmatched: Sequence[str] = (), undescribed: Sequence[str] = ()) -> str:
    """The report. It is empty when nothing changed for users and every overlay action matches something.

    `undescribed` is everything that no overlay describes. The report names what is new of it.
    """
    found = changes(old, new) if old else []
    known = places(old) if old and found else undescribed
    parts = [
        _verdict(found),
        *(_section(found, name) for name in SECTIONS),
        _listed("Overlay actions that match nothing", unmatched),
        _listed("Described from their names alone", [place for place in undescribed if place not in known]),
    ]
    return "\n\n".join(part for part in parts if part) + "\n" if found or unmatched else ""


def _verdict(found: list[Change]) -> str:
    if not found:
        return ""
    bump = min((change.bump for change in found), key=BUMPS.index)
    breaking = sum(change.bump == "major" for change in found)
    count = f"{len(found)} change{'' if len(found) == 1 else 's'} for users"
    return (
        f"Next version: **{bump}**. {count}, {breaking or 'none'} of which break{'s' if breaking < 2 else ''} callers."
    )


def _section(found: list[Change], name: str) -> str:
    lines = [
        f"- {BREAKING if change.bump == 'major' else ''}{change.text}" for change in found if change.section == name
    ]
    return "\n".join([f"### {name}", "", *dict.fromkeys(lines)]) if lines else ""


def _listed(title: str, lines: Sequence[str]) -> str:
    return "\n".join([f"### {title}", "", *(f"- `{line}`" for line in lines)]) if lines else ""
