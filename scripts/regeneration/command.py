"""The command line of `scripts/regenerate.py`."""

import argparse
import datetime
import sys
from collections.abc import Sequence
from pathlib import Path

from regeneration.drift import drift
from regeneration.files import read_text
from regeneration.options import refuse_idle_options
from regeneration.problem import Problem
from regeneration.project import REPOSITORY, Project
from regeneration.reporting.changelog import UNRELEASED, add
from regeneration.run import EVERY, Request, regenerate


def main(arguments: Sequence[str] | None = None, today: datetime.date | None = None, root: Path = REPOSITORY) -> int:
    """Run the command for the repository at `root`.

    Returns 0 on success, and 1 after a line on stderr that says what is wrong.
    """
    options = _parser().parse_args(arguments)
    try:
        refuse_idle_options(options)
        if options.check:
            return _check(options, root)
        return _regenerate(options, root, today or datetime.datetime.now(datetime.UTC).date())
    except (Problem, OSError) as problem:
        print(f"regenerate: {problem}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="scripts/regenerate.py",
        description="Make spec/ and generated/ from Amazon's published models, or again from the committed ones.",
    )
    origin = parser.add_mutually_exclusive_group()
    origin.add_argument(
        "--from", dest="source", type=Path, metavar="PATH", help="take a published model, or all those in a folder"
    )
    origin.add_argument("--fetch", nargs="?", const="main", metavar="REVISION", help="take Amazon's repository (main)")
    parser.add_argument("--commit", metavar="HASH", help="the commit of the model of --from")
    parser.add_argument("--date", metavar="YYYY-MM-DD", help="the date of that commit")
    parser.add_argument("--into", type=Path, metavar="FOLDER", help="write here, and not into the repository")
    parser.add_argument("--check", action="store_true", help="compare the files with what would be made, offline")
    parser.add_argument("--report", type=Path, metavar="FILE", help="write what changed for users, as Markdown")
    parser.add_argument("--changelog", type=Path, metavar="FILE", help="add the report to this changelog")
    parser.add_argument(
        "--retire",
        action="append",
        nargs="?",
        const=EVERY,
        default=[],
        metavar="OPERATION",
        help="keep an operation that is no longer in the model, as a retired one; without a name: all of them",
    )
    parser.add_argument(
        "--prune", action="store_true", help="remove overlay actions that match nothing from spec/overlays"
    )
    return parser


def _check(options: argparse.Namespace, root: Path) -> int:
    found = drift(Project(options.into or root))
    for line in found:
        print(f"regenerate: {line}", file=sys.stderr)
    if found:
        print("regenerate: run `.venv/bin/python scripts/regenerate.py` and commit what it writes", file=sys.stderr)
    return 1 if found else 0


def _regenerate(options: argparse.Namespace, root: Path, today: datetime.date) -> int:
    changelog = read_text(options.changelog) if options.changelog else UNRELEASED
    # Before anything is written, because the report of a run cannot be had a second time.
    add(changelog, "")
    if options.report and not options.report.parent.is_dir():
        raise Problem(f"--report {options.report}: there is no folder {options.report.parent}")
    outcome = regenerate(
        Request(
            repository=Project(root),
            target=Project(options.into.resolve() if options.into else root),
            today=today,
            source=options.source,
            commit=options.commit,
            date=options.date,
            fetch=options.fetch,
            retire=tuple(options.retire),
            prune=options.prune,
        )
    )
    for note in outcome.notes:
        print(f"regenerate: {note}", file=sys.stderr)
    if options.changelog and outcome.report:
        options.changelog.write_text(add(changelog, outcome.report), encoding="utf-8")
    if options.report:
        options.report.write_text(outcome.report, encoding="utf-8")
    return 0
