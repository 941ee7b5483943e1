"""What all commands share: the global options, the client, and the output."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import Any

import click

from spapi_messaging import Credentials, MessagingClient
from spapi_messaging.sandbox import LOCAL_CREDENTIALS, LOCAL_LWA_ENDPOINT, LOCAL_URL


@dataclass
class Session:
    """One run of the command.

    Attributes:
        json: Whether stdout holds one JSON document. Text for people then goes to stderr.
        profile: An account of credentials.yml.
        marketplace: A country code or a marketplace id.
        sandbox: "local", "amazon" or None for production.
        arguments: The command line, as it was given.
    """

    json: bool = False
    profile: str | None = None
    marketplace: str | None = None
    sandbox: str | None = None
    arguments: tuple[str, ...] = ()

    def client(self) -> MessagingClient:
        """The client that the global options and the environment describe."""
        marketplace = self.marketplace or os.environ.get("SP_API_DEFAULT_MARKETPLACE")
        if not marketplace and self.sandbox != "local":
            raise click.UsageError(
                "No marketplace is given. Use --marketplace, for example DE, or set SP_API_DEFAULT_MARKETPLACE."
            )
        if self.sandbox != "local":
            sandbox = True if self.sandbox == "amazon" else None
            return MessagingClient.from_env(self.profile, marketplace=marketplace, sandbox=sandbox)
        return MessagingClient(
            credentials=Credentials(**LOCAL_CREDENTIALS),
            marketplace=marketplace or "DE",
            endpoint=LOCAL_URL,
            lwa_endpoint=LOCAL_LWA_ENDPOINT,
        )

    def say(self, text: str) -> None:
        """Print a line for people."""
        click.echo(text, err=self.json)

    def document(self, content: dict[str, Any]) -> None:
        """Print the JSON document, if --json asks for it. Once per run."""
        if self.json:
            click.echo(json.dumps(content, indent=2))


pass_session = click.make_pass_decorator(Session, ensure=True)
