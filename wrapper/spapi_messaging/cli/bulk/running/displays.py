"""What people see on stderr while a run goes on."""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

import click

from spapi_messaging.cli.bulk.running.wording import TOLD, as_sentence, outcome_told
from spapi_messaging.cli.session import Session

if TYPE_CHECKING:
    from spapi_messaging.bulk import Outcome
    from spapi_messaging.cli.bulk.running.tally import Tally

__all__ = ["Display", "Lines", "displayed", "tell_outcome"]

#: In the client's warnings about one attempt.
OF_ONE_ATTEMPT = ("outcome=unknown", "trying again in")
#: Seconds between two lines where there is no terminal.
BETWEEN_LINES = 60.0


class Display(Protocol):
    """Shows how a run goes on."""

    def begin(self) -> None:
        """The run begins."""
        ...

    def tick(self) -> None:
        """Called several times a second."""
        ...

    def tell(self, text: str, colour: str | None = None) -> None:
        """Print a line. Any thread may call it."""
        ...

    def end(self) -> None:
        """The run has ended."""
        ...


class Lines:
    """A line a minute, and one at the end.

    Args:
        tally: how far the run has come.
        clock: seconds, as of time.monotonic.
    """

    def __init__(self, tally: Tally, clock: Callable[[], float]) -> None:
        self._tally, self._clock = tally, clock
        self._told_at = clock()

    def begin(self) -> None:
        """Nothing is shown at first."""

    def tick(self) -> None:
        """Print a line if a minute has passed."""
        if self._clock() - self._told_at >= BETWEEN_LINES:
            self._tell_all()

    def tell(self, text: str, colour: str | None = None) -> None:
        """Print a line."""
        click.echo(click.style(text, fg=colour), err=True)

    def end(self) -> None:
        """Print the last line."""
        self._tell_all()

    def _tell_all(self) -> None:
        self._told_at = now = self._clock()
        if (line := self._tally.line_of_all(now)).total:
            self.tell(f"{time.strftime('%H:%M:%S')} {as_sentence(line)}")


class LogLines(logging.Handler):
    """What the library warns of, as lines of a display."""

    def __init__(self, display: Display) -> None:
        super().__init__(logging.WARNING)
        self._display = display

    def filter(self, record: logging.LogRecord) -> bool:
        """Leave out what the client says of one attempt: the outcome of each message is told besides."""
        return not any(part in record.getMessage() for part in OF_ONE_ATTEMPT)

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._display.tell(f"warning: {record.getMessage()}", "yellow")
        except Exception:
            self.handleError(record)


@contextmanager
def displayed(session: Session, tally: Tally, clock: Callable[[], float]) -> Iterator[Display]:
    """The display of a run: bars on a terminal, and lines elsewhere. The library's warnings stand above the bars.

    Args:
        session: the command's.
        tally: how far the run has come.
        clock: seconds, as of time.monotonic.
    """
    display = bars(tally, clock) if is_free_terminal(session) else None
    shown: Display = display or Lines(tally, clock)
    handler, log = LogLines(shown), logging.getLogger("spapi_messaging")
    log.addHandler(handler)
    shown.begin()
    try:
        yield shown
    finally:
        log.removeHandler(handler)
        shown.end()


def bars(tally: Tally, clock: Callable[[], float]) -> Display | None:
    """Bars; None if their library is missing, without which messages are sent all the same."""
    try:
        from spapi_messaging.cli.bulk.running.bars import Bars
    except ModuleNotFoundError:
        return None
    return Bars(tally, clock)


def is_free_terminal(session: Session) -> bool:
    """Whether stderr is a terminal that can move its cursor, and nothing else is printed there during the run."""
    others = session.curl or (session.json and sys.stdout.isatty())
    return not others and sys.stderr.isatty() and os.environ.get("TERM", "") not in ("dumb", "unknown")


def tell_outcome(display: Display, outcome: Outcome) -> None:
    """Print a message of which a person must know. The library's log tells of an account that is parked."""
    if (colour := TOLD.get(outcome.state)) is not None:
        display.tell(outcome_told(outcome), colour)
