"""A sandbox in a process of its own, with faults on: python -m proofs.server [SETTINGS, as JSON].

It must survive whoever is killed around it. It prints its URL, and answers each line on its input with one of JSON:
"inbox", "arrived" (how many messages of the ledger are in it), "counts", "lately" (how many messages arrived just now)
or "settled" (once no request is under way). It ends with its input.
"""

from __future__ import annotations

import itertools
import json
import sys
import threading
import time
from collections import Counter, deque
from typing import Any

from proofs.workload import OUTSIDE
from spapi_messaging.sandbox import Sandbox
from tests.support.proof import Arrival

PATIENCE = 20.0
#: Seconds within which a sender commits a result, on a machine that is busy.
COMMITTED_WITHIN = 1.0


class UnderWay:
    """Counts the requests that are not answered yet. One whose client was killed is carried out all the same."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self._open: set[int] = set()  # numbers of the requests
        self._numbers = itertools.count()
        self._changed = threading.Condition()
        self._answered: deque[float] = deque(maxlen=10_000)  # when messages were
        self._sends = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        is_send = int(scope["type"] == "http" and scope["path"].startswith("/messaging/"))
        number = next(self._numbers)
        with self._changed:
            self._open.add(number)
            self._sends += is_send
        try:
            await self._app(scope, receive, send)
        finally:
            self._answered.extend(is_send * [time.monotonic()])
            with self._changed:
                self._open.discard(number)
                self._sends -= is_send
                self._changed.notify_all()

    def lately(self) -> int:
        """How many messages are under way, or were answered so lately that the result may not be committed."""
        now = time.monotonic()
        return self._sends + sum(now - at <= COMMITTED_WITHIN for at in list(self._answered))

    def wait(self) -> None:
        """Until those are answered that are there now. Another sender may go on all the time."""
        with self._changed:
            now = set(self._open)
            ended = self._changed.wait_for(lambda: not now & self._open, PATIENCE)
            assert ended, f"{len(now & self._open)} requests do not end"


def main(given: str = "{}") -> None:
    settings = json.loads(given)
    sandbox = Sandbox(plans={"*": tuple(settings["plan"])} if "plan" in settings else None, retired=True)
    for fault in settings.get("faults", ()):
        sandbox.faults.add(**fault)
    under_way = UnderWay(sandbox.app)
    sandbox.app = under_way  # type: ignore[assignment]
    with sandbox:
        print(sandbox.url, flush=True)
        for line in sys.stdin:
            print(json.dumps(answer(line.strip(), sandbox, under_way)), flush=True)


def answer(question: str, sandbox: Sandbox, under_way: UnderWay) -> Any:
    """The answer to a line."""
    if question == "inbox":
        return [Arrival.of(message) for message in list(sandbox.inbox)]
    if question == "arrived":
        return sum(not message.order_id.startswith(OUTSIDE) for message in list(sandbox.inbox))
    if question == "settled":
        under_way.wait()
        return True
    if question == "lately":
        return under_way.lately()
    if question == "counts":
        return counts(sandbox)
    raise ValueError(f"{question} is not a question")


def counts(sandbox: Sandbox) -> dict[str, int]:
    """How many answers with 429 there were, and how often the fate of a message was left open.

    Those that are "over_plan" were no faults: a usage plan was exceeded.
    """
    statuses = Counter(request.status for request in list(sandbox.requests))
    faults = sum(fault.hits for fault in sandbox.faults.active if fault.kind == "throttle")
    return {
        "throttled": statuses[429],
        "over_plan": statuses[429] - faults,
        "requests": statuses.total(),
        "ambiguous": sum(fault.hits for fault in sandbox.faults.active if is_ambiguous(fault)),
    }


def is_ambiguous(fault: Any) -> bool:
    """Whether a sender cannot tell from the answer if its message was accepted."""
    refuses = {"throttle", "delay", "expired-token", "revoked-token", "denied"}
    return fault.on not in ("token", "s3", "uploads") and fault.effect not in refuses


if __name__ == "__main__":
    main(*sys.argv[1:])
