"""The exact versions that development installs: they fit pyproject.toml, are complete, and name no index."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from locking.listing import HEAD, listing

ROOT = Path(__file__).parents[2]
LOCK = ROOT / "requirements" / "dev.txt"
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PINNED: dict[str, str] = dict(
    line.split("==") for line in LOCK.read_text(encoding="utf-8").splitlines() if not line.startswith("#")
)


def declared() -> Iterator[Requirement]:
    """What the core, the extras and the groups want, on any system."""
    project, groups = PYPROJECT["project"], PYPROJECT["dependency-groups"]
    lists = [project["dependencies"], *project["optional-dependencies"].values()]
    lists += [each for name, each in groups.items() if name != "actionlint"]
    for line in (line for lines in lists for line in lines if isinstance(line, str)):
        if not line.startswith(f"{project['name']}["):
            yield Requirement(line)


def test_all_that_is_declared_is_pinned_to_a_version_that_fits() -> None:
    """After a change of pyproject.toml, run `scripts/lock`."""
    wrong = [
        str(each)
        for each in declared()
        if not each.specifier.contains(PINNED.get(canonicalize_name(each.name), "0"), prereleases=True)
    ]

    assert wrong == [], "run scripts/lock"


def test_what_the_pinned_ones_want_is_pinned_too() -> None:
    """As far as they are installed here, in these versions."""
    missing = {
        canonicalize_name(each.name)
        for name, number in PINNED.items()
        if installed(name) == number
        for each in map(Requirement, requires(name) or [])
        if (each.marker is None or each.marker.evaluate({"extra": ""})) and canonicalize_name(each.name) not in PINNED
    }

    assert missing <= {"pip", "setuptools"}


def installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def test_each_line_is_a_name_and_a_version_and_nothing_else() -> None:
    text = LOCK.read_text(encoding="utf-8")
    lines = text.removeprefix(HEAD).splitlines()

    assert text.startswith(HEAD)
    assert lines == sorted(lines)
    assert [line for line in lines if not re.fullmatch(r"[a-z0-9-]+==[a-z0-9.]+", line)] == []
    assert "://" not in text


def distribution(name: str, number: str, **download_info: Any) -> dict[str, Any]:
    return {
        "metadata": {"name": name, "version": number},
        "download_info": {"url": "https://x.example", **download_info},
    }


def test_a_report_becomes_a_list() -> None:
    report = {
        "install": [
            distribution("spapi-messaging", "0.1.0", dir_info={}),
            distribution("Zope.Some_Thing", "2.0"),
            distribution("attrs", "26.1.0", archive_info={}),
            distribution("torch", "2.13.0+cpu"),
        ]
    }

    assert listing(report) == HEAD + "attrs==26.1.0\ntorch==2.13.0\nzope-some-thing==2.0\n"


@pytest.mark.parametrize("path", ["scripts/environment.sh", "scripts/test-wheel"])
def test_every_installation_uses_it(path: str) -> None:
    text = (ROOT / path).read_text(encoding="utf-8")
    commands = [line for line in text.splitlines() if '"${pip[@]}" ' in line and "pip>=" not in line]

    assert [line for line in commands if '--constraint "$lock"' not in line and "wheel --no-deps" not in line] == []
    assert commands
