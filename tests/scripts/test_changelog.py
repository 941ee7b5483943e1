"""Adding a report to the changelog."""

import pytest

from regeneration.problem import Problem
from regeneration.reporting.changelog import add

REPORT = """\
Next version: **minor**. 2 changes for users, none of which breaks callers.

### Added

- A field.

### Deprecated

- A method.

### Overlay actions that match nothing

- `x`
"""
CHANGELOG = """\
# Changelog

## [Unreleased]

### Added

- A client.

### Fixed

- A fault.

## [0.1.0]

### Added

- Everything.
"""


def test_lines_join_their_sections() -> None:
    assert add(CHANGELOG, REPORT) == CHANGELOG.replace("- A client.\n", "- A client.\n- A field.\n").replace(
        "- A fault.\n", "- A fault.\n\n### Deprecated\n\n- A method.\n"
    )


def test_sections_are_made() -> None:
    changelog = "# Changelog\n\n## [Unreleased]\n"

    assert add(changelog, REPORT) == f"{changelog}\n### Added\n\n- A field.\n\n### Deprecated\n\n- A method.\n"


def test_links_stay_at_the_end() -> None:
    links = "\n[Unreleased]: https://example.com\n"

    assert add("## [Unreleased]\n" + links, REPORT).endswith("- A method.\n" + links)


def test_a_changelog_without_a_place_for_it() -> None:
    with pytest.raises(Problem, match="no section"):
        add("# Changelog\n", REPORT)
