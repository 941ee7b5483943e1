"""Reads the published models from Amazon's repository at one commit, with git. Needs the network."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from regeneration.problem import Problem


@dataclass(frozen=True)
class Fetched:
    """One file and the last commit that changed it, so that later commits to other files change nothing here."""

    path: Path
    commit: str
    date: str


def fetch(repository: str, paths: dict[str, str], revision: str, folder: Path) -> dict[str, Fetched]:
    """Write the files at `paths` (by API), as they are at `revision`, into `folder`."""
    clone = folder / "clone"
    # Without file contents: the history is enough to find the last commit that changed a file.
    _git("clone", "--quiet", "--bare", "--filter=blob:none", repository, str(clone))
    return {api: _file(clone, path, revision, folder / f"{api}.json") for api, path in paths.items()}


def _file(clone: Path, path: str, revision: str, target: Path) -> Fetched:
    where = ("--git-dir", str(clone))
    target.write_bytes(_git(*where, "show", f"{revision}:{path}"))
    last = _git(*where, "log", "-1", "--abbrev=7", "--format=%h %cs", revision, "--", path).decode().split()
    return Fetched(target, *last)


def _git(*arguments: str) -> bytes:
    try:
        done = subprocess.run(["git", *arguments], capture_output=True, check=False)
    except OSError as error:
        raise Problem(f"git cannot be run: {error}") from error
    if done.returncode:
        raise Problem(f"git {arguments[0]}: {done.stderr.decode(errors='replace')}")
    return done.stdout
