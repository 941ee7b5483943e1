"""scripts/keep-up where somebody's work is in the way, and where a tool prints more than plain lines."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.test_keeping_up import Clone


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    return Clone(tmp_path)


def test_a_second_run_keeps_the_first_one_and_its_report(clone: Clone) -> None:
    first = clone.keep_up()
    again = clone.keep_up(regenerate=":")

    assert first.status == 0, first.printed
    assert (again.status, again.steps) == (1, [])
    assert again.printed == (
        "scripts/keep-up: there are changes that are not committed: commit them or take them back first:\n?? spec/\n"
    )


def test_no_printed_line_leaves_its_block_of_code(clone: Clone) -> None:
    run = clone.keep_up(record=r"printf 'one\r![](https://evil.test)\n\033[31mtwo\033[0m\n'; exit 1")

    _, _, section = run.report.partition("fails\n\n")
    assert section == "    one ![](https://evil.test)\n     [31mtwo [0m\n"
