"""The change: made into a commit, and refused where it holds more than regeneration writes."""

import re
import tempfile
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from proposal.commands import git
from proposal.problem import Problem

SOURCES = "spec/sources.toml"
# What regeneration writes. The templates in spec/ are code of ours, which the next run would run.
FOLDERS = ("spec/published/", "spec/overlays/", "generated/", "cassettes/", "docs/messages/")
FILES = (SOURCES, "spec/openapi.json", "CHANGELOG.md")
# A file is gone, or it is a plain one. Symbolic links, submodules and programs are refused.
MODES = ("000000", "100644")
BOT = ("-c", "user.name=github-actions[bot]", "-c", "user.email=41898282+github-actions[bot]@users.noreply.github.com")


@dataclass(frozen=True)
class Change:
    """A commit on top of HEAD, and Amazon's commits that it follows, seven digits each."""

    commit: str
    amazon: tuple[str, ...]

    @property
    def branch(self) -> str:
        """Another commit of Amazon's makes another branch. Where two models changed, both commits name it."""
        return f"amazon/{'-'.join(self.amazon)}"

    @property
    def title(self) -> str:
        return title(self.amazon)


def title(amazon: tuple[str, ...]) -> str:
    """The subject of the commit and the title of the pull request."""
    return f"Follow Amazon's published models ({', '.join(amazon)})"


def read_change(patch: Path) -> Change | None:
    """The change in a patch of git's, or None where it changes nothing. The working tree stays as it is."""
    if not patch.is_file():
        raise Problem(f"{patch}: there is no such file")
    if not patch.stat().st_size:
        return None
    with tempfile.TemporaryDirectory() as folder:
        index = {"GIT_INDEX_FILE": str(Path(folder) / "index")}
        git("read-tree", "HEAD", environment=index)
        git("apply", "--cached", "--whitespace=nowarn", str(patch.resolve()), environment=index)
        tree = git("write-tree", environment=index).strip()
    if not _check_files(patch, tree):
        return None
    amazon = _amazons_commits(tree)
    commit = git(*BOT, "commit-tree", tree, "-p", "HEAD", "-m", title(amazon)).strip()
    return Change(commit, amazon)


def _check_files(patch: Path, tree: str) -> bool:
    """Whether the tree differs from HEAD, where it may."""
    parts = git("diff-tree", "-r", "--raw", "--no-renames", "-z", "HEAD", tree).split("\0")
    entries = list(zip(parts[::2], parts[1::2], strict=False))
    for description, path in entries:
        mode = description.split()[1]
        if not (path.startswith(FOLDERS) or path in FILES):
            raise Problem(f"{patch}: it changes {path!r}; only {', '.join([*FOLDERS, *FILES])} may change")
        if mode not in MODES:
            raise Problem(f"{patch}: {path!r} has the mode {mode}; only plain files may be in it")
    return bool(entries)


def _amazons_commits(tree: str) -> tuple[str, ...]:
    """The commits that are new in sources.toml. All of them, where none is new."""
    before, now = (_commits(_read_sources(version)) for version in ("HEAD", tree))
    found = [commit for place, commit in now.items() if before.get(place) != commit] or list(now.values())
    if not found:
        raise Problem(f"{SOURCES}: it names no commit of Amazon's, so the branch has no name")
    return tuple(dict.fromkeys(_short(commit) for commit in found))


def _read_sources(version: str) -> Any:
    try:
        return tomllib.loads(git("show", f"{version}:{SOURCES}"))
    except tomllib.TOMLDecodeError as error:
        raise Problem(f"{SOURCES}: not TOML: {error}") from error


def _commits(node: Any, place: tuple[str, ...] = ()) -> dict[tuple[str, ...], Any]:
    """Each `commit` in the file, by the place where it stands."""
    if not isinstance(node, dict):
        return {}
    here = {place: node["commit"]} if "commit" in node else {}
    below = (_commits(value, (*place, key)) for key, value in node.items())
    return here | {where: commit for found in below for where, commit in found.items()}


def _short(commit: Any) -> str:
    if not isinstance(commit, str) or not re.fullmatch(r"[0-9a-f]{7,64}", commit):
        raise Problem(f"{SOURCES}: the commit {commit!r} is not a hash of seven or more digits")
    return commit[:7]
