"""Builds what is published, twice, and compares the bytes. `scripts/build` runs it.

Both builds come from the last commit, in folders of different names, with different rights and times of the files. The
first wheel is made from the source distribution, the second one from the tree. So anybody who builds the tag gets the
published bytes, provided that the build tool is the one of requirements/dev.txt.
"""

import argparse
import hashlib
import io
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Sequence
from pathlib import Path

from releasing.problem import Problem

ROOT = Path(__file__).resolve().parents[2]
LONG_AGO = 1_000_000_000


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command. Returns 0 on success, and 1 after a line on stderr that says what is wrong."""
    parser = argparse.ArgumentParser(
        prog="scripts/build",
        description="Build the wheel and the source distribution of the last commit, without what is not committed.",
    )
    parser.add_argument("folder", type=Path, nargs="?", default=ROOT / "dist", help="where to put them; default: dist")
    folder = parser.parse_args(arguments).folder.absolute()
    try:
        for path in build(ROOT, folder):
            print(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}")
    except (Problem, OSError) as problem:
        print(f"build: {problem}", file=sys.stderr)
        return 1
    return 0


def build(repository: Path, folder: Path) -> list[Path]:
    """Build the last commit of a repository into a folder that has nothing else.

    Returns:
        The two files, which a second build gave in the same bytes and which the index would take.

    Raises:
        Problem: the folder is not empty, a build fails, or the bytes differ.
    """
    if folder.is_dir() and any(folder.iterdir()):
        raise Problem(f"{folder} is not empty: remove what is in it, so that only this build is published")
    archive = _run(repository, "git", "archive", "HEAD")
    epoch = _run(repository, "git", "log", "-1", "--format=%ct").decode().strip()
    with tempfile.TemporaryDirectory() as place:
        first, second = Path(place, "first"), Path(place, "a second place")
        for tree in (first, second):
            with tarfile.open(fileobj=io.BytesIO(archive)) as files:
                files.extractall(tree / "tree", filter="data")
        _disguise(second / "tree")
        built = _build(first, epoch, 0o022)
        again = _build(second, epoch, 0o077, "--sdist", "--wheel")
        _compare(built, again)
        _run(repository, sys.executable, "-m", "twine", "check", "--strict", *map(str, built))
        folder.mkdir(parents=True, exist_ok=True)
        return [Path(shutil.copy(path, folder)) for path in built]


def _disguise(tree: Path) -> None:
    """Give files the rights and times that they have elsewhere."""
    for path in tree.rglob("*"):
        executable = path.is_dir() or path.stat().st_mode & 0o100
        path.chmod(0o700 if executable else 0o600)
        os.utime(path, (LONG_AGO, LONG_AGO))


def _build(place: Path, epoch: str, umask: int, *what: str) -> list[Path]:
    """Without an environment of its own for the build tool, so that it is the locked one, and needs no network."""
    environment = {**os.environ, "SOURCE_DATE_EPOCH": epoch}
    command = (
        sys.executable,
        "-m",
        "build",
        "--no-isolation",
        *what,
        "--outdir",
        str(place / "built"),
        str(place / "tree"),
    )
    _run(place, *command, environment=environment, umask=umask)
    return sorted((place / "built").iterdir())


def _compare(built: list[Path], again: list[Path]) -> None:
    if [path.name for path in built] != [path.name for path in again]:
        raise Problem(f"two builds gave different files: {built} and {again}")
    if different := [
        one.name for one, other in zip(built, again, strict=True) if one.read_bytes() != other.read_bytes()
    ]:
        raise Problem(f"two builds gave different bytes: {', '.join(different)}")


def _run(folder: Path, *command: str, environment: dict[str, str] | None = None, umask: int = -1) -> bytes:
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, umask=umask)
    if done.returncode:
        said = (done.stdout + done.stderr).decode(errors="replace")
        raise Problem(f"`{' '.join(command[:4])} …` fails: {said[-2000:]}")
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
