"""The version that follows from a change."""

from __future__ import annotations

from pathlib import Path

import pytest

from regeneration.problem import Problem
from regeneration.reporting.versions import next_version, read_version
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
    with pytest.raises(Problem, match=r"pyproject\.toml: the version 'soon'"):
        next_version("soon", "patch")


def test_the_version_is_that_of_the_project_or_else_of_the_repository(tmp_path: Path) -> None:
    assert read_version(tmp_path) == read_version(ROOT)
    (tmp_path / "pyproject.toml").write_text('[project]\nversion = "98.7.6"\n')
    assert read_version(tmp_path) == "98.7.6"


@pytest.mark.parametrize("content", ["", "[project", "[project]\nname = 'x'\n", "project = 1\n"])
def test_a_project_without_a_version_is_refused(content: str, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(content)

    with pytest.raises(Problem, match=r"pyproject\.toml: no `version` can be read"):
        read_version(tmp_path)
