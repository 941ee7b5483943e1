"""The list of tests that Windows skips names tests that there are."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from tests.support.on_windows import FORKS, SKIPPED, reason

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("pattern", SKIPPED)
def test_there_are_such_tests(pattern: str) -> None:
    path, _, name = pattern.partition("::")
    names = [
        name
        for file in ROOT.glob(path if name else f"{path}.py")
        for name in re.findall(r"^(?:async )?def (test_\w+)", file.read_text(encoding="utf-8"), re.MULTILINE)
    ]

    assert [each for each in names if fnmatchcase(each, name or "*")]


def test_parameters_do_not_matter_and_other_tests_run() -> None:
    assert reason("tests/bulk/test_fork.py::test_a_child_writes_by_itself[sqlite]") == FORKS
    assert reason("tests/test_client.py::test_anything") is None
