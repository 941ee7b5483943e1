"""The command group: the global options, and how an error ends a command."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import Any, NoReturn

import click

from spapi_messaging.cli import colour
from spapi_messaging.cli.bulk.group import bulk
from spapi_messaging.cli.check import check
from spapi_messaging.cli.completion import completion
from spapi_messaging.cli.demo import demo
from spapi_messaging.cli.doctor import doctor
from spapi_messaging.cli.failures import exit_code, report
from spapi_messaging.cli.global_options import Group, examples
from spapi_messaging.cli.reads import actions, attributes
from spapi_messaging.cli.sandbox import sandbox
from spapi_messaging.cli.send import send
from spapi_messaging.cli.session import Session
from spapi_messaging.errors import SpApiMessagingError


class Application(Group):
    """A group that turns the errors of its commands into a message and an exit code."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if ctx.resilient_parsing:  # the shell asks what could come next, and nothing else may be printed
            return super().parse_args(ctx, args)
        session = ctx.ensure_object(Session)
        session.json = "--json" in args  # needed when the options themselves are wrong
        session.arguments = tuple(args)
        ctx.color = colour.wanted(os.environ, json=session.json)
        try:
            return super().parse_args(ctx, args)
        except click.ClickException as error:
            end(ctx, error)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        # A missing module is an extra's, and the message says which. An OSError: for example, the disk is full.
        except (SpApiMessagingError, click.ClickException, ModuleNotFoundError, OSError) as error:
            end(ctx, error)
        finally:
            tell_of_no_request(ctx.ensure_object(Session))


def tell_of_no_request(session: Session) -> None:
    """With --curl, say so if there was nothing to print."""
    if session.curl and not session.printed_request:
        with suppress(OSError):
            click.echo("# No request was made.", err=True)


def end(ctx: click.Context, error: Exception) -> NoReturn:
    """Print an error, and end the command. The exit code stands, even if nothing can be printed."""
    with suppress(OSError):
        report(ctx.ensure_object(Session), error)
    ctx.exit(exit_code(error))


@click.group(
    cls=Application,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=examples(
        "spapi-messaging demo",
        "spapi-messaging actions 303-1234567-1234567 --marketplace DE",
        "spapi-messaging check invoice 303-1234567-1234567 --attach invoice.pdf",
        "spapi-messaging send invoice 303-1234567-1234567 --attach invoice.pdf",
    )
    + "\n\nExit codes: 0 done, 1 rejected or failed, 2 wrong usage, 3 outcome unknown, 4 not authorized, 5 throttled.",
)
@click.version_option(package_name="spapi-messaging", prog_name="spapi-messaging")
def application() -> None:
    """Send messages and invoices to Amazon buyers, within the rules of SP-API Messaging."""


for command in (demo, actions, attributes, check, send, bulk, doctor, sandbox, completion):
    application.add_command(command)
