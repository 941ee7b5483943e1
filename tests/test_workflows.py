"""The workflow files are what GitHub takes, use released actions and ask for no more rights than they need."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

WORKFLOWS = sorted((Path(__file__).parents[1] / ".github" / "workflows").glob("*.yml"))


def test_there_are_workflows() -> None:
    assert {path.stem for path in WORKFLOWS} == {"ci", "regenerate", "sandbox"}


def test_workflows_follow_their_schema() -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows"]
    done = subprocess.run([*command, *map(str, WORKFLOWS)], capture_output=True, text=True)

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_actions_are_pinned_to_releases(path: Path) -> None:
    used = re.findall(r"uses: (\S+)", path.read_text())

    assert used
    assert [action for action in used if not re.fullmatch(r"[\w-]+/[\w-]+@v\d+\.\d+\.\d+", action)] == []


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_rights_are_written_down_and_least(path: Path) -> None:
    workflow = yaml.safe_load(path.read_text())

    assert workflow["permissions"] in ({}, {"contents": "read"})


def test_the_pull_request_holds_all_that_regeneration_writes() -> None:
    workflow = yaml.safe_load((WORKFLOWS[0].parent / "regenerate.yml").read_text())
    proposed = workflow["jobs"]["regenerate"]["steps"][-1]["with"]["add-paths"].split()

    assert proposed == ["spec", "generated", "cassettes", "CHANGELOG.md"]
