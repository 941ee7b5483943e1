"""The copy of this repository that mutmut changes."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COPIES = Path(os.environ.get("MUTATION_FOLDER") or ROOT / "build/mutation")
#: What the tests need besides the code and themselves.
NEEDED = ["generated", "scripts", "spec", "tests"]


def folder_for(names: Iterable[str]) -> Path:
    """The copy for these modules. Each choice has a copy of its own, in which nothing else is changed."""
    return COPIES / "+".join(sorted(set(names)))


def refresh(copy: Path) -> None:
    """Brings a copy up to date. The results of earlier runs stay with the functions that have not changed.

    mutmut takes the name of a module from its path, and leaves out one folder: src.
    """
    _copy(ROOT / "wrapper", copy / "src")
    for name in NEEDED:
        shutil.rmtree(copy / "mutants" / name, ignore_errors=True)
        _copy(ROOT / name, copy / name)
    settings = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    (copy / "pyproject.toml").write_text(settings.replace("wrapper", "src"), encoding="utf-8")


def _copy(source: Path, target: Path) -> None:
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
