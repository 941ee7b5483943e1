"""The version that follows from what changed, by Semantic Versioning. Reads `pyproject.toml`."""

import re
import tomllib
from pathlib import Path

from regeneration.problem import Problem
from regeneration.reporting.change import ADDS, BREAKS, HARMLESS

OWN = Path(__file__).resolve().parents[3] / "pyproject.toml"
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
        raise Problem(f"pyproject.toml: the version {version!r} does not begin with three numbers, such as 0.1.0")
    major, minor, patch = map(int, found.groups())
    if bump == BREAKS and major:
        return f"{major + 1}.0.0"
    if bump == BREAKS or (bump == ADDS and major):
        return f"{major}.{minor + 1}.0"
    return f"{major}.{minor}.{patch + 1}"


def read_version(root: Path) -> str:
    """The version of the project in the folder `root`; our own where `root` has no `pyproject.toml`."""
    path = root / "pyproject.toml"
    if not path.is_file():
        path = OWN
    try:
        version = tomllib.loads(path.read_text(encoding="utf-8"))["project"]["version"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Problem(f"{path}: no `version` can be read from [project]: {error!r}") from error
    return str(version)
