"""The version that follows from a change."""

from __future__ import annotations

from pathlib import Path

import pytest

import spapi_messaging
from regeneration.problem import Problem
from regeneration.reporting.versions import PLACE, next_version, read_version
from tests.scripts.published import ROOT


@pytest.mark.parametrize(
    ("version", "bump", "expected"),
    [
        ("0.1.4", "major", "0.2.0"),
        ("0.1.4", "minor", "0.1.5"),
        ("0.1.4", "patch", "0.1.5"),
        ("1.2.3", "major", "2.0.0"),
        ("1.2.3", "minor", "1.3.0"),
        ("1.2.3", "patch", "1.2.4"),
        ("1.10.9rc1", "minor", "1.11.0"),
    ],
)
def test_the_next_version(version: str, bump: str, expected: str) -> None:
    assert next_version(version, bump) == expected


def test_a_version_without_three_numbers_is_refused() -> None:
    with pytest.raises(Problem, match=r"__init__\.py: the version 'soon'"):
        next_version("soon", "patch")


def test_the_version_is_that_of_the_project_or_else_of_the_repository(tmp_path: Path) -> None:
    assert read_version(tmp_path) == read_version(ROOT) == spapi_messaging.__version__
    package(tmp_path).write_text('"""A package."""\n\n__version__ = "98.7.6"\n')
    assert read_version(tmp_path) == "98.7.6"


@pytest.mark.parametrize("content", ["", '# __version__ = "1.2.3"\n', "__version__ = f()\n"])
def test_a_package_without_a_version_is_refused(content: str, tmp_path: Path) -> None:
    package(tmp_path).write_text(content)

    with pytest.raises(Problem, match=r"__init__\.py: there is no line `__version__"):
        read_version(tmp_path)


def package(root: Path) -> Path:
    path = root / PLACE
    path.parent.mkdir(parents=True)
    return path
