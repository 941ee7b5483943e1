"""What users install, built by the backend itself: with pip the same bytes take three times as long."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def build_wheel(folder: Path, source: Path = ROOT) -> Path:
    """Builds the wheel into a folder."""
    return _build("wheel", source, folder, "spapi_messaging-*-py3-none-any.whl")


def build_source_distribution(folder: Path) -> Path:
    """Builds the source distribution into a folder."""
    return _build("sdist", ROOT, folder, "spapi_messaging-*.tar.gz")


def _build(target: str, source: Path, folder: Path, pattern: str) -> Path:
    command = [sys.executable, "-m", "hatchling", "build", "--target", target, "--directory", str(folder)]
    subprocess.run(command, cwd=source, check=True, capture_output=True)
    (built,) = folder.glob(pattern)
    return built
