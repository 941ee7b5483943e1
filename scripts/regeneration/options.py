"""Checks the options of `scripts/regenerate.py`. An option that would do nothing is refused, not ignored."""

import argparse
import datetime
import re

from regeneration.problem import Problem

NAMES = {"source": "--from"}
# Options that do nothing without one of these.
NEEDS = {"commit": ("source",), "date": ("source",), "retire": ("source", "fetch")}
REASONS = {
    "commit": "it says where the model of that file comes from",
    "date": "it says when the model of that file was published",
    "retire": "the model without the operation, or the last model that had it",
}
# Options that do nothing beside this one.
EXCLUDES = {
    "check": ("source", "fetch", "commit", "date", "report", "changelog", "retire", "prune"),
    # Only the repository's own overlays are pruned.
    "into": ("prune",),
}
_HASH = re.compile("[0-9a-f]{7,40}")


def refuse_idle_options(options: argparse.Namespace) -> None:
    """Refuse options that do nothing together, and values that are not valid."""
    given = {name for name, value in vars(options).items() if value not in (None, False, [])}
    for name, excluded in EXCLUDES.items():
        for other in excluded:
            if {name, other} <= given:
                raise Problem(f"{_called(other)} does nothing beside {_called(name)}: leave one of them out")
    for name, needed in NEEDS.items():
        if name in given and not given & set(needed):
            raise Problem(f"{_called(name)} needs {' or '.join(map(_called, needed))}: {REASONS[name]}")
    _check_values(options)


def _called(name: str) -> str:
    return NAMES.get(name, f"--{name}")


def _check_values(options: argparse.Namespace) -> None:
    if options.commit is not None and not _HASH.fullmatch(options.commit):
        raise Problem(f"--commit {options.commit}: not the hash of a commit, which has 7 to 40 digits from 0 to f")
    if options.date is not None:
        _check_date(options.date)


def _check_date(date: str) -> None:
    try:
        same = datetime.date.fromisoformat(date).isoformat() == date
    except ValueError:
        same = False
    if not same:
        raise Problem(f"--date {date}: not a date such as 2026-01-30")
