"""The command line of `scripts/propose.py`, and what it decides."""

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from proposal.change import Change, read_change
from proposal.commands import gh, pull_requests, remote_git
from proposal.problem import Problem

MOST_CHARACTERS = 60_000  # GitHub takes 65,536 in the description of a pull request


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command. Returns 0 on success, and 1 after a line on stderr that says what is wrong."""
    options = _parser().parse_args(arguments)
    try:
        outcome = _propose(options.folder, options.base, start_ci=options.start_ci)
    except (Problem, OSError) as problem:
        print(f"propose: {problem}", file=sys.stderr)
        return 1
    print(outcome)
    if summary := os.environ.get("GITHUB_STEP_SUMMARY"):
        with Path(summary).open("a", encoding="utf-8") as file:
            print(outcome, file=file)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="scripts/propose.py",
        description="Open a pull request for a change that scripts/keep-up made, on a branch named after Amazon's "
        "commit. A branch that is there already is left alone.",
    )
    parser.add_argument("folder", type=Path, help="holds change.patch, report.md, and passed: `true` or `false`")
    parser.add_argument("--base", required=True, metavar="BRANCH", help="the branch that the change is for")
    parser.add_argument("--start-ci", action="store_true", help="start ci.yml on the new branch")
    return parser


def _propose(folder: Path, base: str, *, start_ci: bool) -> str:
    """Push and open what is missing. Returns a sentence for the summary of the run."""
    change = read_change(folder / "change.patch")
    if change is None:
        return "The change is empty, so nothing was proposed."
    report = (folder / "report.md").read_text(encoding="utf-8", errors="replace")
    passed = (folder / "passed").read_text(encoding="utf-8").strip() == "true"
    # Somebody may have committed to the branch, or may have closed its pull request because nobody wants the change.
    if _is_pushed(change.branch):
        if there := pull_requests("--head", change.branch, "--state", "all"):
            return f"The branch {change.branch} is there already, so it was left alone: {there[0]['url']}"
    else:
        _push(change)
    # Before the pull request: if this fails, no pull request is opened, and the next run tries both again.
    if start_ci:
        gh("workflow", "run", "ci.yml", "--ref", change.branch)
    url = _open(change, base, report, draft=not passed)
    return f"Opened {url}" if passed else f"Opened a draft, because the tests fail: {url}"


def _is_pushed(branch: str) -> bool:
    return bool(remote_git("ls-remote", "--heads", "origin", f"refs/heads/{branch}"))


def _push(change: Change) -> None:
    """Make the branch. The lease is for a branch that does not exist: where it does by now, nothing is pushed."""
    ref = f"refs/heads/{change.branch}"
    remote_git("push", "--quiet", f"--force-with-lease={ref}:", "origin", f"{change.commit}:{ref}")


def _open(change: Change, base: str, report: str, *, draft: bool) -> str:
    with tempfile.TemporaryDirectory() as folder:
        body = Path(folder) / "body.md"
        body.write_text(_shortened(report) + _superseded(change), encoding="utf-8")
        options = ("--draft",) if draft else ()
        place = ("--base", base, "--head", change.branch)
        return gh("pr", "create", *place, "--title", change.title, "--body-file", str(body), *options).strip()


def _shortened(report: str) -> str:
    if len(report) <= MOST_CHARACTERS:
        return report
    start = report[:MOST_CHARACTERS].rpartition("\n")[0]
    return f"{start}\n\nThe report is longer than a description may be. All of it is in the summary of the run.\n"


def _superseded(change: Change) -> str:
    """A sentence about older pull requests that are still open: this change holds what Amazon changed there."""
    older = [
        f"#{found['number']}"
        for found in pull_requests("--state", "open")
        if found["headRefName"].startswith("amazon/") and found["headRefName"] != change.branch
    ]
    if not older:
        return ""
    return f"\nThis takes the place of {', '.join(older)}. What people committed there is not in it.\n"
