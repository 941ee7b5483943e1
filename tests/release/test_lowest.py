"""The lowest versions that pyproject.toml allows, and the README's measured figures."""

from __future__ import annotations

import tomllib
from pathlib import Path

from locking.lowest import lowest

ROOT = Path(__file__).parents[2]


def test_the_highest_of_the_lowest_versions_counts() -> None:
    project = {
        "dependencies": ["httpx>=0.27"],
        "optional-dependencies": {
            "bulk": ["sqlalchemy>=2.0.9,<3", "tzdata; sys_platform == 'win32'"],
            "postgres": ["spapi-messaging[bulk]", "psycopg[binary]>=3.2.13", "sqlalchemy>=2.0.40"],
        },
    }

    assert list(lowest(project)) == ["httpx==0.27", "psycopg==3.2.13", "sqlalchemy==2.0.40"]


def test_each_library_of_the_package_has_a_lowest_version() -> None:
    """Except the library without a choice of versions: the time zones for Windows."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = [*project["dependencies"], *(each for extra in project["optional-dependencies"].values() for each in extra)]
    missing = {line for line in lines if ">=" not in line and not line.startswith("spapi-messaging[")}

    assert missing == {"tzdata; sys_platform == 'win32'"}
