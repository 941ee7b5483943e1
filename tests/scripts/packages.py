"""What is done with a regenerated package, each time in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from regeneration.documents import operations
from tests.scripts.fixture_repository import openapi
from tests.scripts.published import ROOT

CALLS = Path(__file__).with_name("calls.py")
SETTINGS = Path(__file__).with_name("packages.ini")


def type_check(made: Path, cache: Path) -> None:
    """Check the package with mypy. The settings of the repository do not count."""
    command = [sys.executable, "-m", "mypy", "--config-file", str(SETTINGS), "--cache-dir", str(cache)]
    done = subprocess.run([*command, "."], cwd=made / "generated", capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def call_everything(made: Path) -> None:
    """Call every operation that has a published success, with both clients."""
    done = _run(made, str(CALLS), str(made))
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == callable_operations(made)


def callable_operations(made: Path) -> list[str]:
    """The operations on an order that have a published success: what `calls.py` can call."""
    return sorted(
        node["operationId"]
        for path, _, node in operations(openapi(made))
        if "{amazonOrderId}" in path and "x-kind" not in node
        for status, answer in node["responses"].items()
        if status.startswith("2") and answer.get("x-amzn-api-sandbox", {}).get("static")
    )


def run_tests(made: Path, tests: Path) -> None:
    """Run a file of tests that import the package."""
    plugins = ["-p", "tests.scripts.package_fixtures", "-p", "anyio.pytest_plugin", "-p", "no:cacheprovider"]
    done = _run(
        made, "-m", "pytest", "-q", "--noconftest", *plugins, "-c", os.devnull, "--rootdir", str(made), str(tests)
    )
    assert done.returncode == 0, done.stdout + done.stderr


def _run(made: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run Python with the package in front of the committed one."""
    path = os.pathsep.join(map(str, (made / "generated", ROOT / "wrapper", ROOT)))
    # The plugins of this project's own tests take longer to load than tests of a package.
    environment = os.environ | {"PYTHONPATH": path, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    return subprocess.run([sys.executable, *command], env=environment, capture_output=True, text=True)
