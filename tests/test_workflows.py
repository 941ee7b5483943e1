"""The workflow files are what GitHub takes, use pinned actions and ask for no more rights than they need."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from proposal.change import FILES, FOLDERS
from tests.support.schemas import assert_follows
from tests.support.tools import tool

GITHUB = Path(__file__).parents[1] / ".github"
WORKFLOWS = sorted((GITHUB / "workflows").glob("*.yml"))
ROOT = GITHUB.parent
# An action by the hash of its commit, which nobody can move; a release can be moved. The comment is for people.
PINNED = re.compile(r"[\w-]+/[\w-]+(/[\w-]+)?@[0-9a-f]{40} # v\d+\.\d+\.\d+")
JOBS = [(path.stem, name) for path in WORKFLOWS for name in yaml.safe_load(path.read_text())["jobs"]]
FORMS = sorted((GITHUB / "ISSUE_TEMPLATE").glob("[!c]*.yml"))


def test_there_are_workflows() -> None:
    assert {path.stem for path in WORKFLOWS} == {
        "audit",
        "ci",
        "codeql",
        "docs",
        "package",
        "regenerate",
        "rehearse",
        "release",
        "sandbox",
        "weekly",
    }


def check(*command: str) -> None:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("schema", "files"),
    [
        ("vendor.github-workflows", WORKFLOWS),
        ("vendor.dependabot", [GITHUB / "dependabot.yml"]),
        ("vendor.github-issue-forms", FORMS),
        ("vendor.github-issue-config", [GITHUB / "ISSUE_TEMPLATE" / "config.yml"]),
    ],
    ids=["workflows", "dependabot", "forms", "choice of forms"],
)
def test_files_follow_their_schema(schema: str, files: list[Path]) -> None:
    assert_follows(schema, files)


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


RIGHTS = {
    ("ci", "checks"): {"statuses": "write"},
    ("codeql", "analyze"): {"contents": "read", "security-events": "write"},
    ("docs", "publish"): {"contents": "write"},
    ("regenerate", "propose"): {"contents": "write", "pull-requests": "write", "actions": "write"},
    ("release", "attest"): {"id-token": "write", "attestations": "write"},
    ("release", "publish"): {"id-token": "write"},
    ("release", "announce"): {"contents": "write"},
}


@pytest.mark.parametrize(("workflow", "job"), JOBS)
def test_a_job_has_no_more_rights_than_it_needs(workflow: str, job: str) -> None:
    assert read(workflow)["jobs"][job].get("permissions") == RIGHTS.get((workflow, job))


@pytest.mark.parametrize("job", ["attest", "publish", "announce"])
def test_a_job_that_may_publish_runs_no_code_of_the_repository(job: str) -> None:
    """It gets the files of the build as they are, and one action or `gh` handles them."""
    steps = read("release")["jobs"][job]["steps"]

    assert [step for step in steps if "checkout" in step.get("uses", "")] == []
    assert [step["run"].split()[0] for step in steps if "run" in step] == (["gh"] if job == "announce" else [])


def test_a_release_goes_one_way_and_tests_the_files_that_it_publishes() -> None:
    jobs, package = read("release")["jobs"], read("package")["jobs"]
    way = {name: job.get("needs") for name, job in jobs.items()}
    builds = [step for job in package.values() for step in job["steps"] if "scripts/build" in step.get("run", "")]
    tests = [step["run"] for step in package["test"]["steps"] if "run" in step]

    assert way == {"check": None, "package": "check", "attest": "package", "publish": "attest", "announce": "publish"}
    assert len(builds) == 1
    assert package["test"]["needs"] == "build"
    assert tests == ['WHEEL=$(echo "$RUNNER_TEMP"/dist/*.whl) scripts/test-wheel']
    assert jobs["package"]["uses"] == read("ci")["jobs"]["package"]["uses"] == "./.github/workflows/package.yml"


def test_only_a_tag_publishes_and_only_in_an_environment() -> None:
    """The index trusts the workflow in this environment alone, and a person approves it there."""
    workflow: dict[Any, Any] = read("release")

    assert workflow[True] == {"push": {"tags": ["v*"]}}  # YAML reads the key `on` as a truth value
    assert workflow["jobs"]["publish"]["environment"] == "pypi"
    assert [name for name, job in workflow["jobs"].items() if "environment" in job] == ["publish"]


def test_the_oldest_and_the_newest_python_are_tested_on_each_system() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    jobs = read("ci")["jobs"]
    whole, part = (jobs[name]["strategy"]["matrix"] for name in ("test", "part"))
    versions = [line.rpartition(" ")[2] for line in project["classifiers"] if re.search(r":: 3\.\d+$", line)]

    assert {name.partition("-")[0] for name in whole["os"]} == {"ubuntu", "macos", "windows"}
    assert whole["python-version"] == read("package")["jobs"]["test"]["strategy"]["matrix"]["python-version"]
    assert whole["python-version"] == [versions[0], versions[-1]]
    assert part["python-version"] == versions[1:-1]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_installations_take_the_locked_versions(path: Path) -> None:
    """Except the workflow that looks what newer versions would break."""
    commands = re.findall(r"pip install (?!'pip>=).*", path.read_text(encoding="utf-8"))
    free = [command for command in commands if "--constraint requirements/dev.txt" not in command]

    assert free == ([command for command in commands if "--pre --upgrade" in command] if path.stem == "weekly" else [])


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
def test_forms_say_what_must_not_be_pasted(path: Path) -> None:
    text = path.read_text(encoding="utf-8")

    assert "no secrets and no buyer's texts" in text
    assert ("spapi-messaging doctor --json" in text) is (path.stem == "bug")


def used_actions(path: Path) -> list[str]:
    """Each with the comment beside it."""
    used = re.findall(r"^ +(?:- )?uses: (.+)$", path.read_text(), re.MULTILINE)
    return [action for action in used if not action.startswith("./")]  # a workflow of this repository, at this commit


def read(name: str) -> dict[str, Any]:
    workflow: dict[str, Any] = yaml.safe_load((GITHUB / "workflows" / f"{name}.yml").read_text())
    return workflow
