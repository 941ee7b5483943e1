"""Each tool that writes the result has one exact version, the same in every file that names it."""

from __future__ import annotations

import tomllib

from regeneration.tools import TOOLS
from tests.scripts.published import ROOT

PINNED: dict[str, str] = tomllib.loads((ROOT / "spec" / "sources.toml").read_text())["tools"]


def test_python_tools_are_installed_at_their_pins() -> None:
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]["dev"]

    assert [f"{name}=={PINNED[name]}" for name in TOOLS if f"{name}=={PINNED[name]}" not in wanted] == []
