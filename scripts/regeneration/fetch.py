"""The published models of Amazon's repository at one of its commits, through git. Touches the network."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from regeneration.problem import Problem


@dataclass(frozen=True)
class Fetched:
    """One file, with the last commit that changed it: unrelated commits then change nothing here."""

    path: Path
    commit: str
    date: str


def fetch(repository: str, paths: dict[str, str], revision: str, folder: Path) -> dict[str, Fetched]:
    """Put the files at `paths` (by API) as of `revision` into `folder`."""
    clone = folder / "clone"
    # Without blobs: the history alone says which commit changed a file last.
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
