"""Step 5, report: what changed for users between two runs, as Markdown for a pull request and for CHANGELOG. Pure."""

from regeneration.changes import Change, changes
from regeneration.documents import Document

SECTIONS = ("Added", "Changed", "Deprecated", "Removed")
BUMPS = ("major", "minor", "patch")
BREAKING = "**breaks callers:** "


def report(old: Document | None, new: Document, unmatched: list[str]) -> str:
    """Empty when nothing matters to users, and no overlay has become needless."""
    found = changes(old, new) if old is not None else []
    parts = [_verdict(found), *(_section(found, name) for name in SECTIONS), _needless(unmatched)]
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


def _needless(unmatched: list[str]) -> str:
    if not unmatched:
        return ""
    lines = (f"- `{line}`" for line in unmatched)
    return "\n".join(["### Overlay actions that match nothing", "", *lines])
