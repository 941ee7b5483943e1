"""A sender that stops itself as soon as it has committed that a message begins to leave.

python -m tests.bulk.stopping SETTINGS, as JSON. Its clock says afterwards that ``paused`` seconds passed while it
was stopped.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection

from spapi_messaging.bulk.claiming import transitions
from spapi_messaging.bulk.claiming.session import Session
from spapi_messaging.bulk.claiming.transitions import Begun

_begin_sending, _transaction = transitions.begin_sending, Session.transaction


class PausedLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock can jump."""

    jumped = 0.0

    def time(self) -> float:
        return super().time() + PausedLoop.jumped


class Stop:
    """Stops this process once, after the transaction in which a message became ``sending``."""

    def __init__(self, paused: float) -> None:
        self._paused = paused
        self._is_due = self._has_been = False

    def begin_sending(self, *arguments: Any) -> Begun:
        begun = _begin_sending(*arguments)
        self._is_due = bool(begun)
        return begun

    @contextmanager
    def transaction(self, session: Session) -> Iterator[Connection]:
        with _transaction(session) as connection:
            yield connection
        if self._is_due and not self._has_been:
            self._has_been = True
            before = time.monotonic()
            os.kill(os.getpid(), signal.SIGSTOP)
            # However long it really took.
            PausedLoop.jumped = self._paused - (time.monotonic() - before)


def main(given: str) -> None:
    settings = json.loads(given)
    stop = Stop(settings["paused"])
    # Before the modules are loaded that take these names.
    transitions.begin_sending = stop.begin_sending  # type: ignore[assignment]
    Session.transaction = lambda session: stop.transaction(session)  # type: ignore[method-assign,assignment]
    with asyncio.Runner(loop_factory=PausedLoop) as runner:
        runner.run(send(settings))
    print("done", flush=True)


async def send(settings: dict[str, Any]) -> None:
    from proofs.workload import accounts
    from spapi_messaging.bulk import AsyncSender, Ledger

    with Ledger(settings["ledger"]) as ledger:
        sender = AsyncSender(ledger, accounts(settings["url"], settings["sellers"], settings["plan"]))
        print("ready", flush=True)
        async for outcome in sender.run():
            print(str(outcome.state), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
