"""Adds a change report to the changelog, in the section for unreleased changes. Pure."""

import re

from regeneration.problem import Problem
from regeneration.reporting.change import SECTIONS

UNRELEASED = "## [Unreleased]"


def add(changelog: str, report: str) -> str:
    """The changelog with the lines of the report. A section that is missing is added."""
    if UNRELEASED not in changelog:
        raise Problem(f"the changelog has no section {UNRELEASED!r}")
    before, after = changelog.split(UNRELEASED, 1)
    end = re.search(r"^(?:## |\[)", after, re.MULTILINE)
    unreleased, rest = (after[: end.start()], after[end.start() :]) if end else (after, "")
    for name in SECTIONS:
        if lines := _section(report, name):
            unreleased = _extended(unreleased, name, lines)
    return before + UNRELEASED + unreleased.rstrip("\n") + "\n" + (f"\n{rest}" if rest else "")


def _section(text: str, name: str) -> str:
    """The text below a heading, up to the next heading."""
    found = re.search(rf"^### {name}\n\n(.*?)\s*(?=^###? |\Z)", text, re.MULTILINE | re.DOTALL)
    return found.group(1) if found else ""


def _extended(unreleased: str, name: str, lines: str) -> str:
    there = _section(unreleased, name)
    if there:
        return unreleased.replace(there, f"{there}\n{lines}", 1)
    return f"{unreleased.rstrip()}\n\n### {name}\n\n{lines}\n"
