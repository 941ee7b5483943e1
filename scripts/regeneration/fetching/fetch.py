"""Reads published models from Amazon's repository at one commit, with git. Needs the network."""

import subprocess
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from regeneration.apis import Api
from regeneration.problem import Problem


@dataclass(frozen=True)
class Fetched:
    """One file and the last commit that changed it, so that later commits to other files change nothing here."""

    api: Api
    content: bytes
    commit: str
    date: str


def fetch(apis: Iterable[Api], revision: str) -> list[Fetched]:
    """The files of `apis`, as they are at `revision`."""
    with tempfile.TemporaryDirectory() as folder:
        clones: dict[str, Path] = {}
        for api in apis:
            if api.repository not in clones:
                clones[api.repository] = _clone(api.repository, Path(folder, str(len(clones))))
        return [_file(clones[api.repository], api, revision) for api in apis]


def _clone(repository: str, target: Path) -> Path:
    # Without file contents: the history is enough to find the last commit that changed a file.
    _git("clone", "--quiet", "--bare", "--filter=blob:none", "--", repository, str(target))
    return target


def _file(clone: Path, api: Api, revision: str) -> Fetched:
    try:
        content = _git("show", "--end-of-options", f"{revision}:{api.path}", clone=clone)
    except Problem as problem:
        place = f"spec/sources.toml: {api.name}: {api.path} cannot be read at {revision} of {api.repository}"
        raise Problem(f"{place}: {problem}") from problem
    log = ("log", "-1", "--format=%H %cs", "--end-of-options", revision, "--", api.path)
    last = _git(*log, clone=clone).decode().split()
    return Fetched(api, content, *last)


def _git(*arguments: str, clone: Path | None = None) -> bytes:
    where = ("--git-dir", str(clone)) if clone else ()
    try:
        done = subprocess.run(["git", *where, *arguments], capture_output=True, check=False)
    except OSError as error:
        raise Problem(f"git cannot be run: {error}") from error
    if done.returncode:
        raise Problem(f"git {arguments[0]}: {done.stderr.decode(errors='replace')}")
    return done.stdout
