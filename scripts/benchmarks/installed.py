"""Virtual environments with one distribution and its dependencies, all compiled, as an installer leaves them.

The packages for development would change the figures: ``import httpx`` also loads rich and click, if they are there.
"""

from __future__ import annotations

import atexit
import os
import subprocess
import sys
import tempfile
import venv
from functools import cache
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@cache
def python_with_ours() -> Path:
    """The Python of an environment with the wheel of this working tree."""
    wheels = _folder()
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(wheels)]
    subprocess.run(build, cwd=ROOT, env={**os.environ, "HATCH_QUIET": "1"}, check=True)
    return _environment(str(next(wheels.glob("*.whl"))))


@cache
def python_with(distribution: str) -> Path:
    """The Python of an environment with the release that is installed here."""
    return _environment(distribution)


def _environment(requirement: str) -> Path:
    folder = _folder()
    venv.create(folder, symlinks=True)
    python = folder / "bin" / "python"
    constraints = folder / "constraints.txt"
    constraints.write_text("\n".join(_installed_here()))
    install = ["install", "-qq", "--compile", "--disable-pip-version-check", "--constraint", str(constraints)]
    subprocess.run([sys.executable, "-m", "pip", "--python", str(python), *install, requirement], check=True)
    return python


def _installed_here() -> list[str]:
    """The releases that are installed here. All environments get the same."""
    pins = {dist.name: dist.version for dist in metadata.distributions() if dist.name != "spapi-messaging"}
    return [f"{name}=={version}" for name, version in pins.items()]


def _folder() -> Path:
    folder = tempfile.TemporaryDirectory(prefix="benchmark-")
    atexit.register(folder.cleanup)
    return Path(folder.name)
