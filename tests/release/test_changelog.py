"""From unreleased changes to those of a version."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from regeneration.reporting.changelog import add
from releasing.changelog import breaks_callers, cut, notes, released, section
from releasing.problem import Problem

ROOT = Path(__file__).parents[2]
HOME = "https://example.com/project"
DAY = date(2027, 1, 2)
FIRST = """\
# Changelog

All changes.

## [Unreleased]

### Added

- A client with
  two methods.
"""
CUT = """\
# Changelog

All changes.

## [Unreleased]

## [0.1.0] - 2027-01-02

### Added

- A client with
  two methods.

[Unreleased]: https://example.com/project/compare/v0.1.0...HEAD
[0.1.0]: https://example.com/project/releases/tag/v0.1.0
"""
REPORT = "Next version: **0.1.1**.\n\n### Added\n\n- A field.\n"


def test_the_first_release() -> None:
    assert cut(FIRST, "0.1.0", DAY, HOME) == CUT


def test_a_later_release_links_to_the_changes_since_the_one_before() -> None:
    later = cut(add(CUT, REPORT), "0.1.1", date(2027, 2, 3), HOME)

    assert released(later) == ["0.1.1", "0.1.0"]
    assert section(later, "0.1.1") == "### Added\n\n- A field."
    assert section(later, "0.1.0") == section(CUT, "0.1.0")
    assert section(later, "Unreleased") == ""
    assert later.endswith(f"""
  two methods.

[Unreleased]: {HOME}/compare/v0.1.1...HEAD
[0.1.1]: {HOME}/compare/v0.1.0...v0.1.1
[0.1.0]: {HOME}/releases/tag/v0.1.0
""")


def test_what_amazon_changes_afterwards_stands_above_the_release() -> None:
    assert add(CUT, REPORT) == CUT.replace("## [0.1.0]", "### Added\n\n- A field.\n\n## [0.1.0]")


@pytest.mark.parametrize("changelog", [CUT, CUT.replace("## [0.1.0]", "### Added\n\n## [0.1.0]")])
def test_nothing_to_release(changelog: str) -> None:
    with pytest.raises(Problem, match="nothing is listed under \\[Unreleased\\]"):
        cut(changelog, "0.1.1", DAY, HOME)


def test_a_changelog_without_the_section() -> None:
    with pytest.raises(Problem, match="no section for Unreleased"):
        cut("# Changelog\n", "0.1.0", DAY, HOME)


def test_notes_of_a_release_have_no_broken_lines_and_no_links() -> None:
    assert notes(CUT, "0.1.0") == "### Added\n\n- A client with two methods."


def test_lists_in_a_list_stay_lists() -> None:
    assert notes("## [Unreleased]\n\n- One:\n  - a\n    b\n  - c\n", "Unreleased") == "- One:\n  - a b\n  - c"


@pytest.mark.parametrize(
    ("text", "breaks"),
    [
        ("### Changed\n\n- **breaks callers:** a method is gone", True),
        ("### Removed\n\n- A method", True),
        ("### Removed\n\n### Fixed\n\n- A fault that breaks callers", False),
    ],
)
def test_changes_that_break_callers(text: str, breaks: bool) -> None:
    assert breaks_callers(text) is breaks


def test_the_changelog_of_this_project_can_be_cut_and_its_links_are_right() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    versions = released(changelog)
    text = section(changelog, "Unreleased") or section(changelog, versions[0])

    assert text.startswith("### ")
    assert len(set(versions)) == len(versions)
    for version in versions:
        assert f"\n[{version}]: " in changelog
    again = cut(changelog.replace("## [Unreleased]\n", "## [Unreleased]\n\n- Something.\n", 1), "99.0.0", DAY, HOME)
    assert released(again) == ["99.0.0", *versions]
