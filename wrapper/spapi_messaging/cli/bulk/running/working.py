"""A worker as its log shows it: what a person must know, and a line a minute."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from spapi_messaging.cli.bulk.running.displays import BETWEEN_LINES, LogLines, tell_outcome
from spapi_messaging.cli.bulk.running.events import Events
from spapi_messaging.cli.bulk.running.following import Interruption, follow
from spapi_messaging.cli.bulk.running.wording import states_told

if TYPE_CHECKING:
    from spapi_messaging.bulk import Ledger, Outcome, Progress, Sender, State

__all__ = ["watch_worker"]

#: Seconds, for the line a minute.
CLOCK = time.monotonic


class WorkerLines:
    """The lines of a worker, with the time before each: several workers may share a log.

    Args:
        events: where events go, with --json.
    """

    def __init__(self, events: Events) -> None:
        self._events = events
        self._progress: Progress | None = None
        self._told_at = CLOCK()
        self._told: Progress | None = None

    def note(self, progress: Progress) -> None:
        """How far the run has come. Called in the sender's thread."""
        self._progress = progress

    def begin(self) -> None:
        """Nothing is shown at first."""

    def tick(self) -> None:
        """Print a line if a minute has passed and something was done in it."""
        if CLOCK() - self._told_at >= BETWEEN_LINES:
            self.end()

    def tell(self, text: str, colour: str | None = None) -> None:
        """Print a line."""
        click.echo(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {click.style(text, fg=colour)}", err=True)

    def end(self) -> None:
        """Print how many messages there were so far, if it is news."""
        self._told_at, progress = CLOCK(), self._progress
        if progress is None or progress == self._told:
            return
        self._told = progress
        states = {state.value: count for state, count in progress.states.items()}
        self._events.tell("progress", {"states": states, "sellers": progress.sellers})
        self.tell(f"Since the start: {states_told(progress.states, unfinished=False) or 'nothing was sent'}.")


def watch_worker(
    ledger: Ledger,
    interruption: Interruption,
    events: Events,
    make: Callable[..., Sender],
    count: Callable[[Outcome], object] | None = None,
) -> set[State]:
    """Run a worker's sender, and tell what a person must know as it happens.

    Args:
        ledger: the ledger.
        interruption: what ends it.
        events: where events go.
        make: makes the sender; takes `on_progress` of Sender.
        count: is told of each outcome as well.

    Returns:
        The states of its messages.
    """
    lines = WorkerLines(events)
    sender = make(on_progress=lines.note)
    interruption.begin(sender)
    states: set[State] = set()
    heard = 0

    def tell(outcome: Outcome) -> None:
        states.add(outcome.state)
        if count is not None:
            count(outcome)
        events.tell("outcome", outcome.to_dict())
        tell_outcome(lines, outcome)

    def tell_signal() -> None:
        nonlocal heard
        if heard < (heard := interruption.count):
            lines.tell("Stopping, after what is in flight." if heard == 1 else "Ending at once.")

    def tick() -> None:
        tell_signal()
        lines.tick()

    handler, log = LogLines(lines), logging.getLogger("spapi_messaging")
    log.addHandler(handler)
    lines.tell(f"Working on {ledger.database.url_shown}")
    try:
        follow(sender, tell, tick)
    finally:
        log.removeHandler(handler)
        tell_signal()  # the run may have ended before the next tick
        lines.end()
    events.tell_failure()
    return states
