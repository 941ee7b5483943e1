"""`bulk` where stdin, stdout or stderr was closed before it began, as some schedulers do."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.cli.bulk.conftest import Desk
from tests.support.thorough import select

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="closes streams with a shell")

CLOSED = (">&-", "2>&-", "<&- >&- 2>&-")


def run(closed: str, *words: str) -> int:
    """Runs the command with closed streams, and returns its exit code."""
    command = ["sh", "-c", f'"$@" {closed}', "sh", sys.executable, "-m", "spapi_messaging", *words]
    return subprocess.run(command, capture_output=True).returncode


@pytest.mark.parametrize("json", select([[]], [["--json"]]))
def test_messages_are_sent_all_the_same(desk: Desk, json: list[str]) -> None:
    for number, closed in enumerate(CLOSED):
        assert run(closed, *json, "bulk", "send", str(desk.texts(number)), "--ledger", desk.ledger_url) == 0
    assert desk.received() == [0, 1, 2]


#: Each command, and each way to close streams. With THOROUGH=1, each way with each form of each command.
USUAL = [(["export"], CLOSED[::2]), (["status"], CLOSED[1:])]
MORE = [(words, CLOSED) for words in (["export"], ["status"], ["export", "--json"], ["status", "--html", "-"])]


@pytest.mark.parametrize("words, ways", select(USUAL, MORE))
def test_nothing_is_printed_and_nothing_fails(desk: Desk, words: list[str], ways: tuple[str, ...]) -> None:
    desk.send(desk.texts(1))

    for closed in ways:
        assert run(closed, "bulk", *words, "--ledger", desk.ledger_url) == 0


def test_a_file_of_stdin_is_empty(desk: Desk) -> None:
    assert run("<&-", "bulk", "send", "-", "--ledger", desk.ledger_url) in (1, 2)
    assert desk.received() == []
