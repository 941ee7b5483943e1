"""What every command shares: the global options, the client they describe, and where output goes."""

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
        json: Whether stdout carries one JSON document, so that people's text goes to stderr.
        profile: An account of credentials.yml.
        marketplace: A country code or a marketplace id.
        sandbox: "local", "amazon" or None for production.
    """

    json: bool = False
    profile: str | None = None
    marketplace: str | None = None
    sandbox: str | None = None

    def client(self) -> MessagingClient:
        """A client as the global options and the environment describe it."""
        if self.sandbox == "local":
            return MessagingClient(
                credentials=Credentials(**LOCAL_CREDENTIALS),
                marketplace=self.marketplace or os.environ.get("SP_API_DEFAULT_MARKETPLACE") or "DE",
                endpoint=LOCAL_URL,
                lwa_endpoint=LOCAL_LWA_ENDPOINT,
            )
        options: dict[str, Any] = {"marketplace": self.marketplace} if self.marketplace else {}
        if self.sandbox == "amazon":  # wherever the environment's endpoints lead
            options |= {"sandbox": True, "endpoint": None, "lwa_endpoint": None}
        return MessagingClient.from_env(self.profile, **options)

    def say(self, text: str = "") -> None:
        """Print a line for people."""
        click.echo(text, err=self.json)

    def document(self, content: dict[str, Any]) -> None:
        """Print the JSON document that --json asks for. Once per run."""
        if self.json:
            click.echo(json.dumps(content, indent=2))


pass_session = click.make_pass_decorator(Session, ensure=True)
