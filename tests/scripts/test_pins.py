"""Each tool that writes the result has one exact version, the same in every file that names it."""

from __future__ import annotations

import json
import tomllib

from regeneration.provenance import TOOLS
from tests.scripts.published import ROOT

PINNED: dict[str, str] = tomllib.loads((ROOT / "spec" / "sources.toml").read_text())["tools"]


def test_python_tools_are_installed_at_their_pins() -> None:
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]["dev"]

    assert [f"{name}=={PINNED[name]}" for name in TOOLS if f"{name}=={PINNED[name]}" not in wanted] == []


def test_the_converter_and_all_that_it_needs_are_locked() -> None:
    folder = ROOT / "scripts" / "regeneration"
    package = json.loads((folder / "package.json").read_text())
    lock = json.loads((folder / "package-lock.json").read_text())

    assert package["dependencies"] == {"swagger2openapi": PINNED["swagger2openapi"]}
    assert lock["packages"]["node_modules/swagger2openapi"]["version"] == PINNED["swagger2openapi"]
    locked = [entry for name, entry in lock["packages"].items() if name]
    assert len(locked) > 20
    assert all(entry["integrity"] and "resolved" not in entry for entry in locked)
