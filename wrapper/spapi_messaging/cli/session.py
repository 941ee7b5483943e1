"""What all commands share: the global options, the client, and the output."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import click

from spapi_messaging.cli.streams import check_written
from spapi_messaging.errors import ConfigurationError, Problem
from spapi_messaging.local_sandbox import is_asked_for, local_credentials

if TYPE_CHECKING:  # loaded on first use: the shell asks for completions with every key
    from spapi_messaging import MessagingClient, ObservedExchange

WORDS = {"order_id": "ORDER", "message_type": "TYPE", "marketplace": "--marketplace"}
"""What the command line calls the arguments that every command has."""


@dataclass
class Session:
    """One run of the command.

    Attributes:
        json: Whether stdout holds JSON. Text for people then goes to stderr.
        tells_events: Whether that JSON is a line for each event, instead of one document.
        profile: An account of the environment or of credentials.yml; a seller of the local sandbox.
        marketplace: A country code or a marketplace id.
        sandbox: "local", "amazon" or None for production.
        arguments: The command line, as it was given.
        curl: Whether each request is printed as a curl command.
        observers: What else is told of each exchange of the client.
        printed_request: Whether a request was printed.
        is_whole_process: Whether the process ends with the command.
        options: What the command line calls the fields of a message, by the names that Python has for them.
        warnings: What a check warned of before the message was sent.
    """

    json: bool = False
    tells_events: bool = False
    profile: str | None = None
    marketplace: str | None = None
    sandbox: str | None = None
    arguments: tuple[str, ...] = ()
    options: dict[str, str] = field(default_factory=WORDS.copy)
    curl: bool = False
    observers: list[Callable[[ObservedExchange], object]] = field(default_factory=list)
    printed_request: bool = False
    is_whole_process: bool = False
    warnings: list[Problem] = field(default_factory=list)

    @property
    def is_local(self) -> bool:
        """Whether the client talks to the local sandbox."""
        return self.sandbox == "local" or (self.sandbox is None and is_asked_for())

    def client(self) -> MessagingClient:
        """The client that the global options and the environment describe."""
        try:
            return self.make_client()
        except ConfigurationError as error:
            if error.argument == "marketplace" and not self.marketplace_given():
                raise click.UsageError(
                    "No marketplace is given. Use --marketplace, for example DE, or set SP_API_DEFAULT_MARKETPLACE."
                ) from error
            if error.argument == "credentials":
                self._add_ways(error)
            raise

    def make_client(self) -> MessagingClient:
        """The same client. Errors stay in the words that are meant for programs."""
        from spapi_messaging import MessagingClient

        if self.sandbox == "local" and not is_asked_for():
            return self._client_of_local_sandbox()
        sandbox = True if self.sandbox == "amazon" else None
        return MessagingClient.from_env(
            self.profile, marketplace=self.marketplace, sandbox=sandbox, observer=self.observer
        )

    def _client_of_local_sandbox(self) -> MessagingClient:
        """A client of what `sandbox serve` runs. The variables may be those of production."""
        from spapi_messaging import Credentials, MessagingClient

        seller = Credentials(**local_credentials(self.profile or ""))
        marketplace = self.marketplace_given() or "DE"
        return MessagingClient.for_local_sandbox(credentials=seller, marketplace=marketplace, observer=self.observer)

    def marketplace_given(self) -> str:
        """The marketplace of the options or of the environment; empty if there is none."""
        return self.marketplace or os.environ.get("SP_API_DEFAULT_MARKETPLACE", "").strip(" \t\n\"'")

    def _add_ways(self, error: ConfigurationError) -> None:
        if self.profile is None:
            error.add_note("With --profile NAME, the command takes an account of credentials.yml or the environment.")
        error.add_note("With --sandbox local, it needs no credentials.")

    @property
    def observer(self) -> Callable[[ObservedExchange], None] | None:
        """What the client calls after each exchange. None: nothing needs it."""
        wanted = [*self.observers, *([self._print_request] if self.curl else [])]

        def tell(exchange: ObservedExchange) -> None:
            for each in wanted:
                each(exchange)

        return tell if wanted else None

    def _print_request(self, exchange: ObservedExchange) -> None:
        from spapi_messaging.cli.curl import shown

        self.show_request(shown(exchange, self.profile))

    def show_request(self, command: str) -> None:
        """Print a request on stderr."""
        self.printed_request = True
        click.echo(command, err=True)

    def say(self, text: str) -> None:
        """Print a line for people. If it belongs on stdout and cannot be written, this is an OSError."""
        click.echo(text, err=self.json)
        if not self.json:
            check_written(sys.stdout)

    def document(self, content: dict[str, Any]) -> None:
        """Print the JSON document, if --json asks for it. Once per run. If it cannot be written, this is an OSError."""
        if self.json:
            click.echo(json.dumps(content, indent=None if self.tells_events else 2))
            check_written(sys.stdout)

    def event(self, content: dict[str, Any]) -> None:
        """Print a line of JSON, if --json asks for it: a command that takes long tells what happens as it happens."""
        if self.json:
            click.echo(json.dumps(content))
            check_written(sys.stdout)


pass_session = click.make_pass_decorator(Session, ensure=True)
