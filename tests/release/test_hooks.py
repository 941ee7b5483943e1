"""The hooks for git run what scripts/test runs before the tests, with the tools of the same environment."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
LATER = {"mkdocs", "pytest"}  # they take too long for a hook
# `step NAME COMMAND`, as scripts/test calls it. A name of two words is quoted.
STEP = re.compile(r"^ *step ('[^']+'|\S+) (.+?)(?: *#.*)?$", re.MULTILINE)
# A command that runs beside other steps begins with this, and its own step waits for its end.
BEGUN = re.compile(r"^begin (.+?)(?: *#.*)?$", re.MULTILINE)


def steps() -> dict[str, str]:
    """The commands of scripts/test by their names."""
    script = (ROOT / "scripts" / "test").read_text(encoding="utf-8")
    begun = {command.split()[0]: command for command in BEGUN.findall(script)}
    return {name.strip("'"): begun.get(name, command) for name, command in STEP.findall(script)}


def hooks() -> list[dict[str, Any]]:
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    return [hook for repository in config["repos"] for hook in repository["hooks"]]


def test_hooks_run_what_the_gate_runs_before_the_tests() -> None:
    commands = {hook["name"]: hook["entry"].removeprefix("scripts/in-venv ") for hook in hooks()}

    assert commands == {name: command for name, command in steps().items() if name not in LATER}


def test_hooks_have_no_tools_of_their_own() -> None:
    """A second pin of a tool would be forgotten."""
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))

    assert [repository["repo"] for repository in config["repos"]] == ["local"]
    assert [hook["id"] for hook in hooks() if not hook["entry"].startswith("scripts/in-venv ")] == []
    assert {hook["language"] for hook in hooks()} == {"system"}
    assert not any(hook["pass_filenames"] for hook in hooks())
