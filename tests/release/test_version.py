"""Which version may follow another one, and the one place where it stands."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

import spapi_messaging
from regeneration.reporting.versions import PLACE
from releasing.problem import Problem
from releasing.version import check_next, with_version

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("before", "version", "breaks"),
    [
        (None, "0.1.0", False),
        (None, "0.1.0", True),
        ("0.1.0", "0.1.1", False),
        ("0.1.0", "0.2.0", False),
        ("0.1.9", "0.1.10", False),
        ("0.1.3", "0.2.0", True),
        ("0.9.3", "1.0.0", True),
        ("1.2.3", "1.2.4", False),
        ("1.2.3", "1.3.0", False),
        ("1.2.3", "2.0.0", True),
    ],
)
def test_versions_that_follow(before: str | None, version: str, breaks: bool) -> None:
    check_next(version, before, breaks=breaks)


@pytest.mark.parametrize(
    ("before", "version", "breaks", "says"),
    [
        (None, "0.1", False, "is not a version"),
        (None, "v0.1.0", False, "is not a version"),
        (None, "0.01.0", False, "is not a version"),
        ("0.1.0", "0.1.0rc1", False, "is not a version"),
        ("0.1.0", "0.1.0", False, "not higher than 0.1.0"),
        ("0.1.10", "0.1.9", False, "not higher than 0.1.10"),
        ("0.1.0", "0.1.2", False, "leaves out a version: after 0.1.0 comes one of 0.1.1, 0.2.0, 1.0.0"),
        ("0.1.0", "0.2.1", False, "leaves out a version"),
        ("0.1.3", "0.1.4", True, "the version after 0.1.3 is 0.2.0 or higher"),
        ("1.2.3", "1.3.0", True, "the version after 1.2.3 is 2.0.0 or higher"),
    ],
)
def test_versions_that_do_not_follow(before: str | None, version: str, breaks: bool, says: str) -> None:
    with pytest.raises(Problem, match=says):
        check_next(version, before, breaks=breaks)


def test_the_version_is_set_where_it_stands() -> None:
    source = (ROOT / PLACE).read_text(encoding="utf-8")
    changed = with_version(source, "98.7.6")

    assert changed == source.replace(f'"{spapi_messaging.__version__}"', '"98.7.6"')
    assert with_version(changed, spapi_messaging.__version__) == source


@pytest.mark.parametrize("source", ["", '__version__ = "1"\n__version__ = "2"\n'])
def test_there_must_be_one_place(source: str) -> None:
    with pytest.raises(Problem, match="lines `__version__"):
        with_version(source, "1.0.0")


def test_no_other_file_has_the_version() -> None:
    """But the changelog, examples in texts, and tests with versions of their own."""
    command = [
        "git",
        "grep",
        "--files-with-matches",
        "--fixed-strings",
        spapi_messaging.__version__,
        "--",
        "*.py",
        "*.toml",
    ]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True).stdout.split()
    if not (ROOT / ".git").exists():
        pytest.skip("the tree is not a clone")

    assert [name for name in found if not name.startswith(("tests/", "scripts/"))] == [PLACE]
