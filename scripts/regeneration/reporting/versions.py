"""The version that follows from what changed, by Semantic Versioning, and where the version stands."""

import re
from pathlib import Path

from regeneration.problem import Problem
from regeneration.reporting.change import ADDS, BREAKS, HARMLESS

#: The one place of the version, from the project's folder. The build reads it there too.
PLACE = "wrapper/spapi_messaging/__init__.py"
OWN = Path(__file__).resolve().parents[3] / PLACE
VERSION = re.compile(r'^__version__ = "([^"]*)"$', re.MULTILINE)
#: What each part of a version that is raised means for callers.
MEANING = {
    BREAKS: "breaks callers",
    ADDS: "callers can do more",
    HARMLESS: "callers have nothing to do",
}


def next_version(version: str, bump: str) -> str:
    """The version after a change. Below 1.0.0, a break raises the second number and everything else the third."""
    found = re.match(r"(\d+)\.(\d+)\.(\d+)", version)
    if found is None:
        raise Problem(f"{PLACE}: the version {version!r} does not begin with three numbers, such as 0.1.0")
    major, minor, patch = map(int, found.groups())
    if bump == BREAKS and major:
        return f"{major + 1}.0.0"
    if bump == BREAKS or (bump == ADDS and major):
        return f"{major}.{minor + 1}.0"
    return f"{major}.{minor}.{patch + 1}"


def read_version(root: Path) -> str:
    """The version of the project in the folder `root`; our own where `root` holds no package."""
    path = root / PLACE
    if not path.is_file():
        path = OWN
    found = VERSION.search(path.read_text(encoding="utf-8"))
    if found is None:
        raise Problem(f'{path}: there is no line `__version__ = "…"`')
    return found[1]
