"""The command group: the global options, and how an error ends a command."""

from __future__ import annotations

from errno import EPIPE
from typing import Any

import click

from spapi_messaging.cli.demo import demo
from spapi_messaging.cli.failures import error_document, exit_code, without_arguments
from spapi_messaging.cli.reads import actions, attributes
from spapi_messaging.cli.sandbox import sandbox
from spapi_messaging.cli.send import send
from spapi_messaging.cli.session import Session
from spapi_messaging.errors import NetworkError, SpApiMessagingError


class Application(click.Group):
    """A group that turns the errors of its commands into a message and an exit code."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        session = ctx.ensure_object(Session)
        session.json = "--json" in args  # needed when the options themselves are wrong
        session.arguments = tuple(args)
        try:
            return super().parse_args(ctx, args)
        except click.ClickException as error:
            vars(error)["message"] = without_arguments(error.message, session.arguments)
            session.document(error_document(error))
            raise

    def invoke(self, ctx: click.Context) -> Any:
        session = ctx.ensure_object(Session)
        try:
            return super().invoke(ctx)
        except SpApiMessagingError as error:
            session.document(error_document(error))
            click.echo(f"Error: {error}", err=True)
            if session.sandbox == "local" and isinstance(error, NetworkError):
                click.echo("Does the local sandbox run? `spapi-messaging sandbox serve` starts it.", err=True)
            return ctx.exit(exit_code(error))
        except ModuleNotFoundError as error:  # an extra is missing, and the message says which
            session.document(error_document(error))
            raise click.ClickException(str(error)) from error
        except click.ClickException as error:
            vars(error)["message"] = without_arguments(error.message, session.arguments)
            session.document(error_document(error))
            raise
        except OSError as error:  # for example, the disk is full; click handles a closed pipe
            if error.errno == EPIPE:
                raise
            raise click.ClickException(str(error)) from error


@click.group(
    cls=Application,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog="Exit codes: 0 done, 1 rejected or failed, 2 wrong usage, 3 outcome unknown, 4 not authorized, 5 throttled.",
)
@click.option("--profile", metavar="NAME", help="An account of credentials.yml.")
@click.option("--marketplace", metavar="M", help="Country code or marketplace id, such as DE.")
@click.option(
    "--sandbox",
    type=click.Choice(["local", "amazon"]),
    help="Talk to a sandbox: Amazon's, or the one that `sandbox serve` runs, which needs no credentials.",
)
@click.option("--json", is_flag=True, help="One JSON document on stdout; text for people goes to stderr.")
@click.version_option(package_name="spapi-messaging")
@click.pass_context
def application(
    ctx: click.Context, profile: str | None, marketplace: str | None, sandbox: str | None, json: bool
) -> None:
    """Send messages and invoices to Amazon buyers, within the rules of SP-API Messaging."""
    session = ctx.ensure_object(Session)
    session.profile, session.marketplace, session.sandbox, session.json = profile, marketplace, sandbox, json


for command in (demo, actions, attributes, send, sandbox):
    application.add_command(command)
