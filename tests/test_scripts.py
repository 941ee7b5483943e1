"""The scripts' shared environment: which Python, when to install, what an error says."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.tools import tool

ROOT = Path(__file__).parents[1]
FAKE = """#!/bin/sh
echo "$@" >> "{log}"
case "$*" in
  *version_info*) exit {too_old} ;;
  "-m venv "*) mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;;
  --version) echo Python 3.99 ;;
esac
"""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """What the script looks at: itself, pyproject.toml and the lock, in a folder whose name has a space."""
    folder = tmp_path / "a clone"
    (folder / "scripts").mkdir(parents=True)
    shutil.copy(ROOT / "scripts" / "environment.sh", folder / "scripts")
    (folder / "pyproject.toml").write_text("[project]\n")
    (folder / "requirements").mkdir()
    (folder / "requirements" / "dev.txt").touch()
    return folder


def fake_python(path: Path, log: Path, *, too_old: bool = False) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(FAKE.format(log=log, too_old=int(too_old)))
    path.chmod(0o755)
    return path


def install(repository: Path, what: str = "cli", **environment: str) -> subprocess.CompletedProcess[str]:
    command = 'set -euo pipefail; source "$1/scripts/environment.sh"; install "$2"'
    return subprocess.run(
        ["bash", "-c", command, "bash", str(repository), what],
        env={"PATH": "/usr/bin:/bin", **environment},
        cwd="/",
        capture_output=True,
        text=True,
    )


def test_second_run_installs_nothing_until_the_project_changes(repository: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    python = fake_python(tmp_path / "a python", log)

    def installs() -> int:
        done = install(repository, PYTHON=str(python))
        assert done.returncode == 0, done.stderr
        return log.read_text().count(f"--constraint {repository}/requirements/dev.txt --editable {repository}[cli]")

    assert [installs(), installs()] == [1, 1]
    (repository / "pyproject.toml").write_text("[project]\nversion = '2'\n")
    assert [installs(), installs()] == [2, 2]
    (repository / "requirements" / "dev.txt").write_text("attrs==26.1.0\n")
    assert [installs(), installs()] == [3, 3]


def test_tools_come_from_the_group_which_older_installers_do_not_know(repository: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    done = install(repository, "dev", PYTHON=str(fake_python(tmp_path / "a python", log)))
    first, second = [line for line in log.read_text().splitlines() if "pip install" in line]

    assert done.returncode == 0, done.stderr
    assert first.endswith(" pip>=25.1")
    assert second.endswith(f" --editable {repository}[all] --group {repository}/pyproject.toml:dev")


def test_existing_environment_is_kept(repository: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    fake_python(repository / ".venv" / "bin" / "python", log)

    assert install(repository).returncode == 0
    assert "-m venv" not in log.read_text()


def test_python_that_is_too_old(repository: Path, tmp_path: Path) -> None:
    python = fake_python(tmp_path / "python", tmp_path / "log", too_old=True)
    done = install(repository, PYTHON=str(python))

    assert done.returncode == 1
    assert "Python 3.11 or newer is needed" in done.stderr
    assert str(python) in done.stderr
    assert not (repository / ".venv").exists()


def test_environment_that_is_too_old(repository: Path, tmp_path: Path) -> None:
    fake_python(repository / ".venv" / "bin" / "python", tmp_path / "log", too_old=True)
    done = install(repository)

    assert done.returncode == 1
    assert "remove it" in done.stderr


def test_no_python_at_all(repository: Path, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    for name in ("bash", "cat", "dirname", "cksum"):
        (tmp_path / "bin" / name).symlink_to(str(shutil.which(name)))
    done = install(repository, PATH=str(tmp_path / "bin"))

    assert done.returncode == 1
    assert done.stderr == "Python 3.11 or newer is needed. Set PYTHON to one.\n"


SHELL_SCRIPTS = [
    path.relative_to(ROOT).as_posix()
    for path in [*sorted((ROOT / "scripts").iterdir()), *sorted((ROOT / ".ci").iterdir())]
    if path.is_file() and not path.suffix
]


@pytest.mark.parametrize("script", SHELL_SCRIPTS)
def test_scripts_are_sound_and_executable(script: str) -> None:
    assert (ROOT / script).stat().st_mode & 0o111
    assert subprocess.run(["bash", "-n", str(ROOT / script)]).returncode == 0


@pytest.mark.parametrize("script", SHELL_SCRIPTS)
def test_shellcheck_finds_nothing(script: str) -> None:
    # It follows the scripts that a script sources, from the folder of the repository.
    done = subprocess.run([tool("shellcheck"), "-x", script], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
