"""A run as a person watches it: outcomes as they happen, progress, and what a signal does."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from spapi_messaging.cli.bulk.running.displays import displayed, tell_outcome
from spapi_messaging.cli.bulk.running.events import Events
from spapi_messaging.cli.bulk.running.following import Interruption, follow
from spapi_messaging.cli.bulk.running.later import later_of
from spapi_messaging.cli.bulk.running.tally import Tally
from spapi_messaging.cli.session import Session
from spapi_messaging.errors import LedgerError

if TYPE_CHECKING:  # loaded on first use: the command line works without the extra `bulk`
    from spapi_messaging.bulk import Ledger, Outcome, Sender

__all__ = ["watch"]

#: Seconds, for paces and for the line a minute.
CLOCK = time.monotonic


def watch(
    session: Session, ledger: Ledger, batch: str, sender: Sender, interruption: Interruption, *, check: bool
) -> Events:
    """Run the sender, show how it goes on, and tell what a person must know as it happens."""
    interruption.begin(sender)
    events, heard = Events(session), 0
    status = ledger.status(batch=batch)
    tally = Tally(status.counts, CLOCK(), check=check, later=later_of(ledger, status, batch).counts)
    with displayed(session, tally, CLOCK) as display:

        def tell(outcome: Outcome) -> None:
            tally.note(outcome, CLOCK())
            events.tell("outcome", outcome.to_dict())
            tell_outcome(display, outcome)

        def tick() -> None:
            nonlocal heard
            if heard < (heard := interruption.count):
                display.tell(ending_told(ledger, batch, heard))
            display.tick()

        follow(sender, tell, tick)
    return events


def ending_told(ledger: Ledger, batch: str, signals: int) -> str:
    """What a signal does."""
    if signals > 1:
        return "Ending at once. Messages that are in flight are unknown then."
    from spapi_messaging.bulk import State

    try:
        count = ledger.status(batch=batch, state="sending").states.get(State.SENDING, 0)
    except LedgerError:
        return "Stopping, after what is in flight. Ctrl-C again ends at once."
    air = "1 message is" if count == 1 else f"{count:,} messages are"
    return f"Stopping: {air} in flight. Ctrl-C again ends at once."
