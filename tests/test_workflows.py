"""The workflow files are what GitHub takes, use pinned actions and ask for no more rights than they need."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from proposal.change import FILES, FOLDERS
from tests.support.tools import tool

GITHUB = Path(__file__).parents[1] / ".github"
WORKFLOWS = sorted((GITHUB / "workflows").glob("*.yml"))
ROOT = GITHUB.parent
# An action by the hash of its commit, which nobody can move; a release can be moved. The comment is for people.
PINNED = re.compile(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")


def test_there_are_workflows() -> None:
    assert {path.stem for path in WORKFLOWS} == {"ci", "regenerate", "rehearse", "sandbox"}


def check(*command: str) -> None:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("schema", "files"),
    [("vendor.github-workflows", WORKFLOWS), ("vendor.dependabot", [GITHUB / "dependabot.yml"])],
    ids=["workflows", "dependabot"],
)
def test_files_follow_their_schema(schema: str, files: list[Path]) -> None:
    check(sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, *map(str, files))


def test_zizmor_finds_no_weak_place() -> None:
    check(tool("zizmor"), "--offline", "--quiet", "--persona=pedantic", ".github")


def test_actionlint_finds_nothing() -> None:
    """With shellcheck, which reads the commands in the workflows."""
    actionlint = tool("actionlint")  # in the dependency group of its name; CI's job for the workflows has it
    check(actionlint, "-shellcheck", tool("shellcheck"), "-pyflakes=", *map(str, WORKFLOWS))


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_actions_are_pinned_to_commits(path: Path) -> None:
    used = used_actions(path)

    assert used
    assert [action for action in used if not PINNED.fullmatch(action)] == []


def test_an_action_has_one_pin_everywhere() -> None:
    used = {action for path in WORKFLOWS for action in used_actions(path)}

    assert len({action.partition("@")[0] for action in used}) == len(used)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_rights_are_written_down_and_least(path: Path) -> None:
    assert read(path.stem)["permissions"] in ({}, {"contents": "read"})


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_secrets_are_in_steps_only(path: Path) -> None:
    """A job may ask whether there are secrets. What they are is for the step that needs them."""
    workflow = read(path.stem)
    outside = [workflow.get("env"), *({**job, "steps": None} for job in workflow["jobs"].values())]

    assert re.findall(r"secrets\.\w+ (?!!= '')", str(outside)) == []


def test_only_the_job_that_runs_nothing_of_the_change_may_write() -> None:
    make, propose = (read("regenerate")["jobs"][name] for name in ("make", "propose"))

    assert "permissions" not in make
    assert propose["permissions"] == {"contents": "write", "pull-requests": "write", "actions": "write"}
    commands = [step["run"].split()[:2] for step in propose["steps"] if "run" in step]
    assert commands == [["python3", "scripts/propose.py"]] * 2


def test_the_patch_holds_all_that_may_be_proposed() -> None:
    commands = "\n".join(step.get("run", "") for step in read("regenerate")["jobs"]["make"]["steps"])

    assert f"git add {' '.join([*(name.rstrip('/') for name in FOLDERS), *FILES])}\n" in commands


def test_one_check_stands_for_all_jobs_of_ci() -> None:
    jobs = read("ci")["jobs"]

    assert {*jobs["checks"]["needs"], "checks"} == set(jobs)
    assert jobs["checks"]["if"] == "always()"
    assert not [step for step in jobs["checks"]["steps"] if "uses" in step]


def used_actions(path: Path) -> list[str]:
    """Each with the comment beside it."""
    return re.findall(r"^ +(?:- )?uses: (.+)$", path.read_text(), re.MULTILINE)


def read(name: str) -> dict[str, Any]:
    workflow: dict[str, Any] = yaml.safe_load((GITHUB / "workflows" / f"{name}.yml").read_text())
    return workflow
