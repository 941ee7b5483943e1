"""The command line of `scripts/release.py`."""

import argparse
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from regeneration.problem import Problem as VersionProblem
from regeneration.reporting.versions import PLACE, read_version
from releasing.changelog import breaks_callers, cut, notes, released, section
from releasing.problem import Problem
from releasing.version import check_form, check_next, with_version

ROOT = Path(__file__).resolve().parents[2]


def main(arguments: Sequence[str] | None = None, root: Path = ROOT) -> int:
    """Run the command. Returns 0 on success, and 1 after a line on stderr that says what is wrong."""
    options = _parser().parse_args(arguments)
    try:
        print(options.run(root, options))
    except (Problem, VersionProblem, OSError) as problem:
        print(f"release: {problem}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="scripts/release.py",
        description="Prepare a release, and check one. It commits and publishes nothing. All steps: CONTRIBUTING.md.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    one = commands.add_parser("cut", help="give what is unreleased a version, in CHANGELOG.md and in the package")
    one.add_argument("version", metavar="VERSION", help="three numbers, such as 0.1.0")
    today = datetime.now(UTC).date()
    one.add_argument(
        "--date", type=date.fromisoformat, default=today, metavar="YYYY-MM-DD", help="default: today, in UTC"
    )
    one.set_defaults(run=_cut)

    one = commands.add_parser("check", help="check that a tag, the package and CHANGELOG.md name one version")
    one.add_argument("tag", metavar="TAG", help="such as v0.1.0")
    one.set_defaults(run=_check)

    one = commands.add_parser("notes", help="print the changes of a version, as the text of its release")
    one.add_argument(
        "version", metavar="VERSION", nargs="?", help="default: the newest; before the first one, what is unreleased"
    )
    one.set_defaults(run=_notes)
    return parser


def _cut(root: Path, options: argparse.Namespace) -> str:
    version: str = options.version
    changelog, package = _read(root, "CHANGELOG.md"), _read(root, PLACE)
    check_form(version)
    _check_repository(root, version)
    before = next(iter(released(changelog)), None)
    check_next(version, before, breaks=breaks_callers(section(changelog, "Unreleased")))
    home = tomllib.loads(_read(root, "pyproject.toml"))["project"]["urls"]["Repository"]
    files = {
        "CHANGELOG.md": cut(changelog, version, options.date, home),
        PLACE: with_version(package, version),
    }
    for name, text in files.items():
        (root / name).write_text(text, encoding="utf-8", newline="\n")
    return f"CHANGELOG.md and the package say {version} now. Look at `git diff`, and commit it: Release {version}"


def _check_repository(root: Path, version: str) -> None:
    if changes := _git(root, "status", "--porcelain"):
        names = ", ".join(line[3:] for line in changes.splitlines())
        raise Problem(f"there are changes that are not committed: commit them or take them back first: {names}")
    if _git(root, "tag", "--list", f"v{version}"):
        raise Problem(
            f"the tag v{version} is there already: a version that was released never changes, so take a higher one"
        )


def _check(root: Path, options: argparse.Namespace) -> str:
    tag, version = options.tag, read_version(root)
    newest = next(iter(released(_read(root, "CHANGELOG.md"))), None)
    if tag != f"v{version}":
        raise Problem(
            f"the tag is {tag}, but the package is {version}: `scripts/release.py cut` sets it, before the tag"
        )
    if newest != version:
        raise Problem(
            f"the package is {version}, but the newest version in CHANGELOG.md is {newest or 'not there yet'}: "
            f"run `scripts/release.py cut {version}` before the tag"
        )
    return f"The tag, the package and CHANGELOG.md say {version}."


def _notes(root: Path, options: argparse.Namespace) -> str:
    changelog = _read(root, "CHANGELOG.md")
    return notes(changelog, options.version or next(iter(released(changelog)), "Unreleased"))


def _read(root: Path, name: str) -> str:
    return (root / name).read_text(encoding="utf-8")


def _git(root: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, encoding="utf-8")
    if done.returncode:
        raise Problem(f"git {' '.join(arguments)} fails: {done.stderr}")
    return done.stdout.rstrip("\n")
