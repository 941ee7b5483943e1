"""The changelog of a release: what is unreleased gets a version and a date. Pure.

`regeneration.reporting.changelog` writes into the same section, above the same links.
"""

import re
from datetime import date

from regeneration.reporting.change import MARK, REMOVED
from regeneration.reporting.changelog import UNRELEASED
from releasing.problem import Problem

SECTION = re.compile(r"^## \[([^\]]+)\].*$", re.MULTILINE)
LINKS = re.compile(r"^\[[^\]]+\]: \S+\n?", re.MULTILINE)


def released(changelog: str) -> list[str]:
    """The versions that have a section, the newest first."""
    return [name for name in SECTION.findall(changelog) if name != "Unreleased"]


def section(changelog: str, name: str) -> str:
    """What stands below the heading of a version, or of `Unreleased`.

    Raises:
        Problem: the changelog has no such section.
    """
    headings = list(SECTION.finditer(changelog))
    for number, heading in enumerate(headings):
        if heading[1] == name:
            end = headings[number + 1].start() if number + 1 < len(headings) else len(changelog)
            return LINKS.sub("", changelog[heading.end() : end]).strip()
    raise Problem(f"CHANGELOG.md has no section for {name}")


def notes(changelog: str, name: str) -> str:
    """A section as the text of a release, in which a line of the source is not a line of its own."""
    return re.sub(r"\n +(?![-*+\s])", " ", section(changelog, name))


def breaks_callers(text: str) -> bool:
    """Whether a section says so: a line is marked, or something was removed."""
    return MARK.strip() in text or re.search(rf"^### {REMOVED}\n\s*- ", text, re.MULTILINE) is not None


def cut(changelog: str, version: str, day: date, home: str) -> str:
    """The changelog in which the unreleased changes are those of a version.

    Args:
        changelog: the changelog as it is.
        version: the version that they get, such as `0.1.0`.
        day: the day of the release.
        home: the address of the repository, for the links at the end.

    Raises:
        Problem: there is no section for unreleased changes, or no change in it.
    """
    if not re.search(r"^- ", section(changelog, "Unreleased"), re.MULTILINE):
        raise Problem("CHANGELOG.md: nothing is listed under [Unreleased], so there is nothing to release")
    heading = f"{UNRELEASED}\n\n## [{version}] - {day.isoformat()}"
    text = LINKS.sub("", changelog.replace(UNRELEASED, heading, 1)).rstrip("\n")
    return f"{text}\n\n{_links(released(text), home)}"


def _links(versions: list[str], home: str) -> str:
    """One for each section: what changed since the version before. The oldest version has no version before it."""
    lines = [f"[Unreleased]: {home}/compare/v{versions[0]}...HEAD"]
    for version, before in zip(versions, [*versions[1:], None], strict=True):
        what = f"compare/v{before}...v{version}" if before else f"releases/tag/v{version}"
        lines.append(f"[{version}]: {home}/{what}")
    return "\n".join(lines) + "\n"
