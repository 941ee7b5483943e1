"""`scripts/release.py`: what it changes, what it refuses, what it prints."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from regeneration.reporting.versions import PLACE, read_version
from releasing.command import main
from tests.release.test_changelog import CUT, FIRST

PYPROJECT = '[project.urls]\nRepository = "https://example.com/project"\n'


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A clone with an unreleased change."""
    (tmp_path / PLACE).parent.mkdir(parents=True)
    (tmp_path / PLACE).write_text('__version__ = "0.0.1"\n')
    (tmp_path / "pyproject.toml").write_text(PYPROJECT)
    (tmp_path / "CHANGELOG.md").write_text(FIRST)
    git(tmp_path, "init", "--quiet")
    commit(tmp_path)
    return tmp_path


def git(project: Path, *arguments: str) -> None:
    someone = ("-c", "user.name=Someone", "-c", "user.email=someone@example.com", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *someone, *arguments], cwd=project, check=True, capture_output=True)


def commit(project: Path) -> None:
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "--message", "A change")


def test_a_release_from_the_first_step_to_the_notes(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cut", "0.1.0", "--date", "2027-01-02"], project) == 0
    assert (project / "CHANGELOG.md").read_text() == CUT
    assert read_version(project) == "0.1.0"
    assert "commit it: Release 0.1.0" in capsys.readouterr().out

    commit(project)
    assert main(["check", "v0.1.0"], project) == 0
    assert capsys.readouterr().out == "The tag, the package and CHANGELOG.md say 0.1.0.\n"
    assert main(["notes"], project) == 0
    assert capsys.readouterr().out == "### Added\n\n- A client with two methods.\n"


def refused(project: Path, capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What it says. It changes nothing."""
    before = {path: path.read_bytes() for path in project.rglob("*") if path.is_file() and ".git" not in path.parts}
    assert main(arguments, project) == 1
    assert {path: path.read_bytes() for path in before} == before
    return capsys.readouterr().err


def test_a_change_that_is_not_committed(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "pyproject.toml").write_text(PYPROJECT + "\n")
    (project / "new.py").touch()

    assert "not committed: commit them or take them back first: pyproject.toml, new.py" in refused(
        project, capsys, "cut", "0.1.0"
    )


def test_a_tag_that_is_there(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    git(project, "tag", "v0.1.0")

    assert "the tag v0.1.0 is there already" in refused(project, capsys, "cut", "0.1.0")


def test_a_second_cut_without_a_change(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cut", "0.1.0"], project) == 0
    commit(project)

    assert "nothing to release" in refused(project, capsys, "cut", "0.1.1")
    assert "not higher than 0.1.0" in refused(project, capsys, "cut", "0.1.0")


def test_a_folder_that_is_no_clone(tmp_path: Path, project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / ".git").rename(tmp_path / "gone")

    assert "git status --porcelain fails" in refused(project, capsys, "cut", "0.1.0")


@pytest.mark.parametrize("version", ["0.1", "1.0.0.0", "soon"])
def test_what_is_no_version(version: str, project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "three numbers, such as 0.1.0" in refused(project, capsys, "cut", version)


def test_a_tag_before_the_cut(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "the tag is v0.1.0, but the package is 0.0.1" in refused(project, capsys, "check", "v0.1.0")
    assert "the newest version in CHANGELOG.md is not there yet" in refused(project, capsys, "check", "v0.0.1")
