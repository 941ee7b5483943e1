"""Commands that take long, and tell what happens as it happens: with --json, a line for each event."""

from __future__ import annotations

from typing import Any

import click

from spapi_messaging.cli.global_options import Command
from spapi_messaging.cli.session import Session

__all__ = ["EventCommand", "Events"]


class EventCommand(Command):
    """A command whose JSON is a line for each event. Its errors are such a line too."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        ctx.ensure_object(Session).tells_events = True
        return super().parse_args(ctx, args)


class Events:
    """Tells events of a run. What cannot be printed must not end the run: messages would stay unsent for it.

    Args:
        session: the command's.

    Attributes:
        failure: why something could not be printed.
    """

    failure: OSError | None = None

    def __init__(self, session: Session) -> None:
        self._session = session

    def tell(self, event: str, content: dict[str, Any]) -> None:
        """Print a line of JSON, if --json asks for it."""
        if self.failure is None:
            try:
                self._session.event({"event": event, **content})
            except OSError as error:
                self.failure = error

    def say(self, text: str) -> None:
        """Print a line for people. With --json it stands on stderr, which may work where stdout does not."""
        try:
            self._session.say(text)
        except OSError as error:
            self.failure = error

    def tell_failure(self) -> None:
        """Say on stderr that something is missing in the output."""
        if self.failure is not None:
            click.echo(f"{self.failure.strerror}. The ledger has all outcomes: see `bulk status`.", err=True)
