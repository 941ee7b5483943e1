"""A sandbox, a ledger and jobs, for tests that let real senders send real messages."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path
from typing import Any, Self

from sqlalchemy import create_engine, select
from sqlalchemy.pool import NullPool

from proofs import workload
from proofs.programs import Program
from spapi_messaging import AsyncMessagingClient
from spapi_messaging.bulk import Job, Ledger, Outcome, Sender, State
from spapi_messaging.bulk.storage.schema import messages
from tests.support.proof import Arrival, Proof, Report
from tests.support.sandboxes import complete_sandbox

#: A usage plan that never makes a test wait.
AMPLE = (10_000.0, 10_000)

#: Called with the number of a send (the first is 1), before the sandbox looks at it.
OnSend = Callable[[int], object]


class Shop:
    """A sandbox that runs in this process, and a ledger whose messages go there.

    Args:
        url: the ledger's.
        folder: for the files of the messages.
        sellers: how many accounts there are.
        plan: the usage plan of every operation: calls a second, and burst.
    """

    def __init__(self, url: str, folder: Path, sellers: int = 2, plan: tuple[float, int] = AMPLE) -> None:
        self.url, self.sellers, self.plan = url, sellers, plan
        self.sandbox = complete_sandbox(plans={"*": plan})
        self.sends = Sends(self.sandbox.app)
        self.sandbox.app = self.sends  # type: ignore[assignment]
        self.proof = Proof(url, self.inbox)
        self._folder = folder

    def inbox(self) -> list[Arrival]:
        """What buyers received so far."""
        return [Arrival.of(message) for message in list(self.sandbox.inbox)]

    def jobs(self, messages: int, batch: int = 0) -> list[Job]:
        """Messages of every account, half of them with files."""
        return list(workload.jobs(self._folder, self.sellers, messages, batch))

    def add(self, jobs: Sequence[Job]) -> None:
        """Adds jobs to the ledger."""
        self.proof.expect(jobs)
        with Ledger(self.url) as ledger:
            ledger.add(jobs)

    @property
    def accounts(self) -> dict[str, AsyncMessagingClient]:
        """A client for each account."""
        return workload.accounts(self.sandbox.url, self.sellers, self.plan)

    def run(self, **options: Any) -> list[Outcome]:
        """Lets a sender send what there is."""
        with Ledger(self.url) as ledger:
            return list(Sender(ledger, self.accounts, **options).run())

    def bury(self) -> list[Outcome]:
        """Lets a sender start that has no credentials for any account: it can only look after those that are gone."""
        with Ledger(self.url) as ledger:
            return list(Sender(ledger, lambda name: None).run())

    def program(self, module: str = "proofs.sender", **more: Any) -> Program:
        """A sender in a process of its own."""
        given = {"ledger": self.url, "url": self.sandbox.url, "sellers": self.sellers, "plan": self.plan}
        log = str(self._folder / "senders.log")
        return Program(module, json.dumps({**given, "log": log, **more}))

    def states(self) -> list[State]:
        """The states of the messages, in the order in which they were added."""
        return states_of(self.url)

    def hold(self, states: Collection[State] = (State.SENT,), **more: Any) -> Report:
        """Holds the inbox against the ledger. All rows must be in one of the states."""
        return self.proof.hold(states=states, **more)

    def __enter__(self) -> Self:
        self.sandbox.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.sandbox.stop()


class Sends:
    """Counts the messages that a sandbox gets, and does what a test says before the sandbox sees them.

    Attributes:
        on_send: what the test does.
    """

    def __init__(self, app: Any) -> None:
        self._app = app
        self._lock = threading.Lock()
        self.count = 0
        self.on_send: OnSend = lambda number: None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and scope["method"] == "POST" and scope["path"].startswith("/messaging/"):
            with self._lock:
                self.count += 1
                number = self.count
            await asyncio.get_running_loop().run_in_executor(None, self.on_send, number)
        await self._app(scope, receive, send)


def states_of(url: str) -> list[State]:
    """The states of a ledger's messages, in the order in which they were added."""
    return [State(state) for (state,) in rows_of(url, messages.c.state)]


def rows_of(url: str, *columns: Any) -> list[Any]:
    """Columns of a ledger's messages, in the order in which they were added."""
    return list(_rows(url, columns))


def _rows(url: str, columns: Sequence[Any]) -> Iterator[Any]:
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        yield from connection.execute(select(*columns).order_by(messages.c.id))
