"""Real commands whose stdout or stderr cannot be written. The exit code tells what happened at Amazon all the same."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Protocol

import pytest

from spapi_messaging.sandbox import Sandbox
from tests.cli.conftest import ORDER
from tests.support.thorough import select
from tests.support.warm_command import WarmCommand

FULL_DISK = Path("/dev/full")
MAIN = [sys.executable, "-m", "spapi_messaging"]
SEND = ["send", "confirmOrderDetails", ORDER, "--text", "Hello"]

pytestmark = [
    pytest.mark.usefixtures("environment"),
    pytest.mark.skipif(not FULL_DISK.exists(), reason="needs /dev/full"),
]


@contextmanager
def output(kind: str) -> Iterator[int]:
    """A file descriptor: a full disk, a pipe whose reader has gone, or one that takes everything."""
    with ExitStack() as opened:
        if kind == "gone":
            reader, writer = os.pipe()
            os.close(reader)
        else:
            writer = os.open(FULL_DISK if kind == "full" else os.devnull, os.O_WRONLY)
        opened.callback(os.close, writer)
        yield writer


class ExitCode(Protocol):
    """Runs a command with such outputs, and returns its exit code."""

    def __call__(self, *arguments: str, stdout: str = "fine", stderr: str = "fine") -> int: ...


@pytest.fixture(scope="module")
def exit_code() -> Iterator[ExitCode]:
    with WarmCommand() as command:

        def run(*arguments: str, stdout: str = "fine", stderr: str = "fine") -> int:
            with output(stdout) as out, output(stderr) as complaints:
                return command.run(*arguments, stdout=out, stderr=complaints)

        yield run


OUTCOMES = {"sent": 0, "refused": 1, "wrong": 2, "unknown": 3, "unauthorized": 4}


@pytest.fixture
def outcome(request: pytest.FixtureRequest, sandbox: Sandbox) -> str:
    """What the sandbox lets happen to a message."""
    name: str = request.param
    if name == "unknown":
        sandbox.faults.add("reset-recorded", "sends", times=None)
    if name == "unauthorized":
        sandbox.faults.add("invalid_grant", "token", times=None)
    if name == "refused":
        sandbox.orders.set(ORDER, state="cancelled")
    return name


BOTH = [("full", "full"), ("gone", "gone"), ("full", "fine"), ("fine", "full"), ("gone", "fine"), ("fine", "gone")]
FORMS: list[list[str]] = [[], ["--json"]]
#: Each outcome and each pair of streams comes in both forms. With THOROUGH=1, each outcome with each pair does.
CASES = [
    pytest.param(outcome, streams, form, id=" ".join([outcome, *streams, *form]))
    for row, outcome in enumerate(OUTCOMES)
    for column, streams in enumerate(BOTH)
    for form in select([FORMS[(row + column) % 2]], [FORMS[(row + column + 1) % 2]])
]


@pytest.mark.parametrize("outcome, streams, form", CASES, indirect=["outcome"])
def test_a_failing_stream_changes_no_outcome(
    exit_code: ExitCode, outcome: str, streams: tuple[str, str], form: list[str]
) -> None:
    command = SEND if outcome != "wrong" else [*SEND, "--colour"]
    stdout, stderr = streams

    assert exit_code(*command, *form, stdout=stdout, stderr=stderr) == OUTCOMES[outcome]


@pytest.mark.parametrize("form, stderr", [([], "gone"), (["--json"], "fine")], ids=["text", "json"])
@pytest.mark.parametrize("command", [["demo"], ["actions", ORDER], ["attributes", ORDER], ["sandbox", "env"], SEND])
def test_nobody_reads_the_output(exit_code: ExitCode, command: list[str], form: list[str], stderr: str) -> None:
    assert exit_code(*command, *form, stdout="gone", stderr=stderr) == 0


@pytest.mark.parametrize("command", [["demo"], ["actions", ORDER], ["sandbox", "env"], [*SEND, "--dry-run"]])
def test_an_answer_that_cannot_be_stored_is_a_failure_where_nothing_was_sent(command: list[str]) -> None:
    with FULL_DISK.open("w") as full:
        done = subprocess.run([*MAIN, *command], stdout=full, stderr=subprocess.PIPE, text=True)

    assert done.returncode == 1
    assert done.stderr.endswith("Error: The output could not be written: No space left on device.\n")


@pytest.mark.parametrize("command", [["demo"], ["actions", ORDER], ["sandbox", "env"]])
def test_a_note_that_cannot_be_written_is_none(exit_code: ExitCode, command: list[str]) -> None:
    assert exit_code(*command, "--json", stderr="full") == 0


def test_a_receipt_that_cannot_be_stored_is_told(sandbox: Sandbox) -> None:
    with FULL_DISK.open("w") as full:
        done = subprocess.run([*MAIN, *SEND, "--json"], stdout=full, stderr=subprocess.PIPE, text=True)

    assert done.returncode == 0
    assert sandbox.inbox[0].request_id in done.stderr
    assert "No space left on device" in done.stderr


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_a_file_name_that_the_terminal_cannot_show(sandbox: Sandbox, tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "Fatura Ş€.txt"
    file.write_text("Merhaba")
    command = [*MAIN, "send", "invoice", ORDER, "--attach", str(file)]
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    done = subprocess.run(command, env=environment, capture_output=True)

    assert done.returncode == 0
    assert b"Error" not in done.stderr
    assert sandbox.inbox[0].attachments[0].file_name == file.name
    assert b"Fatura" in done.stdout


def test_closed_streams(sandbox: Sandbox) -> None:
    for closed in (">&-", "2>&-", ">&- 2>&-", ">&- 2>&- <&-"):
        done = subprocess.run(["sh", "-c", f'"$@" {closed}', "sh", *MAIN, *SEND], capture_output=True)
        assert done.returncode == 0
    assert len(sandbox.inbox) == 4


def test_unbuffered_output(sandbox: Sandbox) -> None:
    unbuffered = {**os.environ, "PYTHONUNBUFFERED": "1"}
    done = subprocess.run([*MAIN, *SEND, "--json"], env=unbuffered, capture_output=True, text=True)

    assert json.loads(done.stdout)["request_id"] == sandbox.inbox[0].request_id
    with output("gone") as gone:
        assert subprocess.run([*MAIN, *SEND], env=unbuffered, stdout=gone, stderr=gone).returncode == 0
