"""What Amazon may do next, taken by `scripts/keep-up` from a local git repository. Nobody writes a line for it.

tests/test_keep_up.py has what `scripts/keep-up` says and does around its steps.

Every run tries the changes with a few of the tests. The whole gate takes minutes for each change, so it is on request:
`REHEARSAL=folder pytest -n 0 tests/scripts/test_rehearsal.py` puts a report for each change into the folder.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from regeneration.documents import Document
from regeneration.fetching.provenance import read
from regeneration.project import Project
from tests.scripts import amazon_changes as changes
from tests.scripts.amazon_repository import AmazonRepository
from tests.scripts.published import ROOT, to_swagger
from tests.support.thorough import only_thorough

REPORTS = os.environ.get("REHEARSAL")
# The tests that a short run takes: those that look at every operation of the generated table.
PAGES = "tests/docs/test_messages.py::test_limits_are_those_of_the_model"
# One process: to start more takes longer than these tests.
ALONE = ["-n", "0"]
RECORDED = [*ALONE, "tests/recorded"]
# Without the recorded ones: `scripts/record --new` has just run them.
FEW = [*ALONE, "tests/scripts/test_generated.py", "tests/test_messages.py", "tests/call/test_requests.py", PAGES]
TOOLS = ("ruff", "mypy", "pyright", "lint-imports")
# They take long, and other tests check the types of regenerated code, and the pages.
LEFT_OUT = ("mypy", "pyright", "mkdocs")
AT_ONCE: dict[str, changes.Change] = {"all at once": changes.all_at_once}
ONE_BY_ONE: dict[str, changes.Change] = {
    "an operation comes": changes.an_operation_comes,
    "an operation returns": changes.an_operation_returns,
    "other limits": changes.other_limits,
    "other plans": changes.other_plans,
    "a sandbox case more": changes.a_sandbox_case_more,
    **{f"{name} leaves": changes.leaves(name) for name in changes.published_operations()},
}
GREEN = AT_ONCE if REPORTS is None else AT_ONCE | ONE_BY_ONE
pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not on PATH")


class Clone(NamedTuple):
    """A clone of this repository, whose sources.toml names a local repository as Amazon's."""

    folder: Path
    amazon: AmazonRepository
    environment: dict[str, str]

    def models(self) -> dict[str, Document]:
        """The models that are committed here, as Amazon would publish them: by path."""
        project = Project(self.folder)
        return {api.path: to_swagger(project.read_published(api.name)) for api in read(project.sources).apis}

    def messages(self) -> Document:
        """The main one of these models."""
        return next(iter(self.models().values()))

    def publish(self, change: changes.Change) -> str:
        """Let Amazon publish its messaging model with this change. Returns the hash of its commit."""
        models = self.models()
        change(next(iter(models.values())))
        return self.amazon.commit("2027-01-02", models)

    def keep_up(self, *tests: str) -> str:
        """Run `scripts/keep-up` with these tests. Returns the report."""
        report = self.folder.parent / "report.md"
        report.unlink(missing_ok=True)
        done = subprocess.run(
            ["scripts/keep-up", str(report), *tests],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return report.read_text() if report.exists() else ""

    def git(self, *arguments: str) -> str:
        return subprocess.run(
            ["git", "-C", str(self.folder), *arguments], capture_output=True, text=True, check=True
        ).stdout


def copy_of_this_repository(folder: Path, amazon: AmazonRepository) -> None:
    """Everything that git would commit, with another origin of the models, committed to a repository of its own."""
    listed = subprocess.run(
        ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        capture_output=True,
        text=True,
    )
    if listed.returncode:
        pytest.skip(f"git cannot list the files of this repository: {listed.stderr.strip()}")
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    # With their times, so that Python takes what it has compiled already.
    for place in [path for path in folder.rglob("*") if path.is_dir()]:
        compiled = ROOT / place.relative_to(folder) / "__pycache__"
        if compiled.is_dir():
            shutil.copytree(compiled, place / "__pycache__")
    sources = folder / "spec" / "sources.toml"
    sources.write_text(re.sub(r'repository = ".*"', f'repository = "{amazon.folder}"', sources.read_text()))
    for command in (
        ["init", "--quiet", "--initial-branch", "main"],
        ["add", "."],
        ["-c", "user.name=us", "-c", "user.email=us@example.com", "commit", "--quiet", "--message", "Ours"],
    ):
        subprocess.run(["git", *command], cwd=folder, check=True)


def borrow_tools(folder: Path) -> None:
    """A .venv that uses what is installed for this run, so that nothing is installed anew."""
    bin_folder = folder / ".venv" / "bin"
    bin_folder.mkdir(parents=True)
    programs = {"python": f'exec {sys.executable} "$@"'}
    programs |= {name: f'exec {Path(sys.executable).parent / name} "$@"' for name in TOOLS}
    programs |= dict.fromkeys(LEFT_OUT, "exit 0") | {"pytest": f'exec {sys.executable} -m pytest "$@"'}
    for name, line in programs.items():
        (bin_folder / name).write_text(f"#!/bin/sh\n{line}\n")
        (bin_folder / name).chmod(0o755)
    fingerprint = 'source scripts/environment.sh; fingerprint dev >"$venv/.installed-dev"'
    subprocess.run(["bash", "-c", fingerprint], cwd=folder, check=True)


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """A clone that keeps up with a local repository."""
    place = tmp_path_factory.mktemp("rehearsal")
    amazon, folder = AmazonRepository(place / "amazon"), place / "clone"
    copy_of_this_repository(folder, amazon)
    # Tests that the clone runs must not rehearse in their turn.
    foreign = ("PYTEST_", "GITHUB_", "REHEARSAL")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    if REPORTS is None:
        borrow_tools(folder)
        environment["PYTHONPATH"] = os.pathsep.join(str(folder / name) for name in ("wrapper", "generated"))
    clone = Clone(folder, amazon, environment)
    amazon.commit("2027-01-01", clone.models())
    return clone


@pytest.fixture
def fresh(clone: Clone) -> Clone:
    """The clone as it was before Amazon changed anything."""
    clone.git("checkout", "--quiet", ".")
    clone.git("clean", "--quiet", "-fd", "--exclude", ".venv")
    return clone


def keep(name: str, report: str) -> None:
    """Put the report where whoever asked for the whole gate looks for it."""
    if REPORTS is not None:
        path = Path(REPORTS) / f"{name.replace(' ', '-')}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(report)


def failing(report: str) -> list[str]:
    """The tests that the report says fail."""
    return re.findall(r"^- `(.+?)`", report.partition("\n### Failing tests")[2], re.MULTILINE)


@pytest.mark.parametrize("name", GREEN)
def test_no_line_is_needed(name: str, fresh: Clone) -> None:
    try:
        commit = fresh.publish(GREEN[name])
    except LookupError as absent:
        pytest.skip(str(absent))
    report = fresh.keep_up(*([] if REPORTS else FEW))
    keep(name, report)

    assert f"`{commit[:7]}`" in report
    assert "### Failing tests" not in report
    assert "`scripts/test` fails" not in report
    assert "`scripts/record --new` fails" not in report


@only_thorough
def test_prose_alone_is_nothing(fresh: Clone) -> None:
    fresh.publish(changes.prose)

    assert fresh.keep_up(*FEW) == ""
    assert fresh.git("status", "--porcelain") == ""


@only_thorough
def test_a_break_is_seen_by_callers_of_its_operation_alone(fresh: Clone) -> None:
    try:
        operation, field = changes.a_date(fresh.messages())
    except LookupError as absent:
        pytest.skip(str(absent))
    fresh.publish(changes.a_field_is_renamed)
    report = fresh.keep_up(*([] if REPORTS else RECORDED))
    keep("a field is renamed", report)

    assert re.search(rf"- \*\*breaks callers:\*\* .*field `{field}`", report)
    # Of all recorded cases, those of this operation fail.
    recorded = [name for name in failing(report) if name.startswith("test_published_case[")]
    assert recorded
    assert [name for name in recorded if operation["operationId"] not in name] == []
