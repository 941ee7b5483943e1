"""Who may import whom: the contracts in pyproject.toml, and two rules that they cannot express."""

from __future__ import annotations

import subprocess
import sys
from functools import cache
from pathlib import Path

import grimp

ROOT = Path(__file__).parents[1]
GENERATED_MAY_IMPORT = sys.stdlib_module_names | {"httpx", "attrs", "attr"}
SURROUNDINGS = [f"spapi_messaging.{name}" for name in ("cli", "sandbox", "bulk", "preflight", "doctor")]


@cache
def graph() -> grimp.ImportGraph:
    return grimp.build_graph("spapi_messaging", "spapi_messaging_client", include_external_packages=True)


def below(package: str) -> set[str]:
    return {name for name in graph().modules if name == package or name.startswith(f"{package}.")}


def test_contracts_are_kept() -> None:
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as lint; lint()"]
    done = subprocess.run([*command, "--no-cache"], cwd=ROOT, capture_output=True, text=True)

    assert done.returncode == 0, done.stdout


def test_generated_package_imports_httpx_and_attrs_alone() -> None:
    own = below("spapi_messaging_client")
    imported = {name for module in own for name in graph().find_modules_directly_imported_by(module)}

    assert {name.split(".")[0] for name in imported - own} <= GENERATED_MAY_IMPORT


def test_surroundings_use_public_names_only() -> None:
    """A leading underscore is private to the package's core; the generated package is private altogether."""
    for package in SURROUNDINGS:
        for module in below(package):
            foreign = graph().find_modules_directly_imported_by(module) - below(package)
            private = {
                name
                for name in foreign - below("spapi_messaging._safeguards")  # every part may use these
                if "._" in name or name.split(".")[0] == "spapi_messaging_client"
            }
            assert not private, f"{module} imports {private}"
