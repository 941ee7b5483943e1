"""The recipes of docs/schedulers.md: each block is written into a shop's folder and run, against a sandbox."""

from __future__ import annotations

import configparser
import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from proofs.programs import ROOT
from spapi_messaging.bulk import Job, Ledger, State
from spapi_messaging.sandbox import Sandbox
from tests.support import postgres, redis_server
from tests.support.celery_workers import PATIENCE, until_finished, wait_until
from tests.support.sandboxes import complete_sandbox

PAGE = (ROOT / "docs" / "schedulers.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL)
FILES = {text.splitlines()[0].removeprefix("# "): text for _, text in BLOCKS if text.startswith("# ")}
CONSOLES = [text.splitlines() for kind, text in BLOCKS if kind == "console"]
(CRON,) = [text for kind, text in BLOCKS if kind == "cron"]
ACCOUNTS = ("anna", "bert")


class Folder:
    """The folder of a shop, with the files of the page, whose addresses lead to servers of the test."""

    def __init__(self, path: Path, ledger: str, broker: str, sandbox: Sandbox) -> None:
        self.path, self.ledger, self.sandbox = path, ledger, sandbox
        addresses = {
            "postgresql+psycopg://localhost/shop": ledger,
            "postgresql://localhost/shop": ledger.replace("+psycopg", ""),
            "redis://localhost/1": broker,
        }
        for name, text in FILES.items():
            for shown, real in addresses.items():
                text = text.replace(shown, real)
            (path / name).write_text(text, encoding="utf-8")
        tokens = {f"REFRESH_TOKEN_{name}": sandbox.credentials_for(name).refresh_token for name in ACCOUNTS}
        self._environment = {
            **os.environ,
            **sandbox.environment(),
            **{name: str(token) for name, token in tokens.items()},
            "PYTHONPATH": os.pathsep.join([str(path), *sys.path]),
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        }

    def add(self, messages: int = 3) -> None:
        """Adds messages of both accounts."""
        text = "Your parcel waits with the neighbour."
        with Ledger(self.ledger) as ledger:
            ledger.add(
                Job(f"303-{number:07d}-{place:07d}", "confirmOrderDetails", text=text, account=name, marketplace="DE")
                for number in range(messages)
                for place, name in enumerate(ACCOUNTS)
            )

    def start(self, command: str) -> subprocess.Popen[bytes]:
        """Starts a command, as a person types it."""
        with (self.path / "log").open("ab") as log:
            return subprocess.Popen(
                shlex.split(command), cwd=self.path, env=self._environment, stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip

    def run(self, command: str) -> int:
        """Runs a command to its end. Returns its exit code."""
        return self.start(command).wait(PATIENCE)

    @property
    def log(self) -> str:
        """What the commands wrote."""
        return (self.path / "log").read_text(encoding="utf-8")

    def until_sent(self, messages: int) -> None:
        """Waits until so many messages are sent, and all of them are."""
        until_finished(self.ledger)
        with Ledger(self.ledger) as ledger:
            assert ledger.status().states == {State.SENT: messages}, self.log
        orders = [message.order_id for message in self.sandbox.inbox]
        assert len(orders) == len(set(orders)) == messages


class Running:
    """Commands that run until the end of the block, and end by SIGTERM."""

    def __init__(self, folder: Folder, commands: list[str]) -> None:
        self._folder, self._commands = folder, commands

    def __enter__(self) -> None:
        with ExitStack() as started:
            for command in self._commands:
                started.callback(self._end, self._folder.start(command))
            self._ends = started.pop_all()

    def __exit__(self, *_: object) -> None:
        self._ends.close()

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        process.send_signal(signal.SIGTERM)
        try:
            assert process.wait(PATIENCE) == 0, self._folder.log
        finally:
            if process.returncode is None:
                os.killpg(process.pid, signal.SIGKILL)


@pytest.fixture
def folder(tmp_path: Path, postgres_server: postgres.Server, redis_server: redis_server.Server) -> Iterator[Folder]:
    redis_server.flush()
    with complete_sandbox(plans={"*": (1000.0, 1000)}) as sandbox:
        yield Folder(tmp_path, postgres_server.fresh_url(), redis_server.url, sandbox)


@pytest.mark.parametrize("commands", [each for each in CONSOLES if "celery" in each[0]])
def test_celery(folder: Folder, commands: list[str]) -> None:
    with Running(folder, commands):
        assert folder.run("python add.py") == 0, folder.log
        folder.until_sent(1)
        wait_until(lambda: "A slice ended: 1 sent" in folder.log, "the line of the slice")
        wait_until(lambda: "beat: Starting" in folder.log, "beat")
        assert "WARNING" not in folder.log


def test_procrastinate(folder: Folder) -> None:
    ((schema, worker),) = (each for each in CONSOLES if "procrastinate" in each[0])
    folder.add()
    assert folder.run(schema) == 0, folder.log

    with Running(folder, [worker]):
        folder.until_sent(6)


def test_cron(folder: Folder) -> None:
    found = re.fullmatch(r"\* \* \* \* \* cd /srv/shop && \.venv/bin/(python serve\.py)\n", CRON)
    assert found is not None
    folder.add()

    assert folder.run(found[1]) == 0, folder.log
    folder.until_sent(6)


def test_systemd(folder: Folder) -> None:
    unit = configparser.ConfigParser()
    unit.optionxform = str  # type: ignore[assignment]  # systemd knows names by their case
    unit.read(folder.path / "shop-serve.service")
    service = unit["Service"]
    program = service["ExecStart"].removeprefix(service["WorkingDirectory"] + "/.venv/bin/")
    folder.add()

    assert folder.run(program) == 0, folder.log
    folder.until_sent(6)


def test_a_program_that_is_stopped_ends_early(folder: Folder) -> None:
    folder.sandbox.faults.add("delay", on="sends", every=1, seconds=0.5)
    folder.add(messages=400)

    process = folder.start("python serve.py")
    wait_until(lambda: len(folder.sandbox.inbox) > 0, "the first message")
    process.send_signal(signal.SIGTERM)

    assert process.wait(20) == 0
    with Ledger(folder.ledger) as ledger:
        states = ledger.status().states
    assert set(states) == {State.SENT, State.PENDING}


def test_every_block_is_run() -> None:
    assert set(FILES) == {"accounts.py", "tasks.py", "add.py", "jobs.py", "serve.py", "shop-serve.service"}
    assert len(BLOCKS) == len(FILES) + len(CONSOLES) + 1
    assert len(CONSOLES) == 3
