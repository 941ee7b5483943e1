"""`bulk` on the command line: job files go in, and what is printed, the ledger and the buyers' inbox come out."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from spapi_messaging.bulk import Ledger, State
from spapi_messaging.sandbox import Sandbox
from tests.cli.conftest import Run, invoke
from tests.support.runs import TEXT, TEXT_TYPE, number_of, order
from tests.support.sandboxes import complete_sandbox


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """Each seller may do a thousand things a second there."""
    with complete_sandbox(plans={"*": (1000.0, 1000)}) as running:
        yield running


class Desk:
    """A person's folder, with job files and a ledger.

    Args:
        folder: the folder.
        sandbox: where messages go.
    """

    def __init__(self, folder: Path, sandbox: Sandbox) -> None:
        self.folder, self.sandbox = folder, sandbox
        self.ledger_url = f"sqlite:///{folder / 'ledger.db'}"

    def write(self, *rows: Sequence[str], headings: str = "order,type,text", name: str = "jobs.csv") -> Path:
        """A job file."""
        path = self.folder / name
        path.write_text("\n".join([headings, *map(",".join, rows)]) + "\n", encoding="utf-8")
        return path

    def texts(self, *numbers: int, text: str = TEXT) -> Path:
        """A job file of texts, each for an order of its own."""
        return self.write(*((order(number), TEXT_TYPE, text) for number in numbers))

    def send(self, file: Path | str, *options: str, stdin: str | None = None) -> Run:
        """`bulk send`, with this ledger."""
        return invoke("bulk", "send", str(file), "--ledger", self.ledger_url, *options, stdin=stdin)

    def events(self, file: Path | str, *options: str) -> list[dict[str, Any]]:
        """What `bulk send --json` prints."""
        return [json.loads(line) for line in self.send(file, "--json", *options).stdout.splitlines()]

    def received(self) -> list[int]:
        """The numbers of the orders whose buyers received something, sorted."""
        return sorted(number_of(message.order_id) for message in list(self.sandbox.inbox))

    def states(self) -> dict[State, int]:
        """How many messages the ledger has, by state."""
        with Ledger(self.ledger_url) as ledger:
            return dict(ledger.status().states)


@pytest.fixture
def desk(environment: pytest.MonkeyPatch, sandbox: Sandbox, tmp_path: Path) -> Desk:
    """A folder, a ledger and the environment of one seller."""
    # A failed request is tried again at once: nobody waits for a test.
    environment.chdir(tmp_path)
    return Desk(tmp_path, sandbox)
