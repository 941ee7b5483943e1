"""The options that every command takes, before its name and after it, and the commands that take them."""

from __future__ import annotations

import os
from typing import Any

import click
from click.shell_completion import CompletionItem

from spapi_messaging.cli.once import given_twice
from spapi_messaging.cli.session import Session
from spapi_messaging.credentials import ENVIRONMENT, profile_names
from spapi_messaging.errors import ConfigurationError
from spapi_messaging.marketplaces import Marketplace


def remember(ctx: click.Context, parameter: click.Parameter, values: tuple[Any, ...]) -> None:
    """Keep what was given. Two values that differ are refused, so that no message goes where nobody wanted it."""
    session, name = ctx.ensure_object(Session), str(parameter.name)
    for value in values:
        if getattr(session, name) not in (None, value):
            raise given_twice(parameter, ctx)
        setattr(session, name, value)


def remember_marketplaces(ctx: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> None:
    """Keep a marketplace that exists, by whichever of its names."""
    try:
        marketplaces = tuple(map(Marketplace.parse, values))
    except ConfigurationError as unknown:
        raise click.BadParameter(str(unknown), ctx, parameter) from unknown
    remember(ctx, parameter, marketplaces)


def switch_on(ctx: click.Context, parameter: click.Parameter, given: bool) -> None:
    """Keep a flag that was given before the command or after it."""
    if given:
        setattr(ctx.ensure_object(Session), str(parameter.name), True)


def complete_marketplace(_ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The country codes that begin with what was typed."""
    return [
        CompletionItem(code, help=f"region {marketplace.region.value}")
        for code, marketplace in Marketplace.__members__.items()
        if code.startswith(incomplete.upper())
    ]


def complete_profile(_ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """The accounts of credentials.yml and of the environment that begin with what was typed."""
    try:
        names = profile_names()
    except Exception:  # whatever is wrong with the file: a traceback must not land in the line that is being typed
        names = []
    return [name for name in dict.fromkeys([*names, *accounts_of_environment()]) if name.startswith(incomplete)]


def accounts_of_environment() -> list[str]:
    """The accounts that have a refresh token in a variable of their own."""
    prefix = f"{ENVIRONMENT['refresh_token']}_"
    return sorted(name.removeprefix(prefix) for name, value in os.environ.items() if name.startswith(prefix) and value)


GLOBAL_OPTIONS: list[click.Option] = [
    # `multiple`, so that a second value is seen and does not silently replace the first.
    click.Option(
        ["--profile"],
        metavar="NAME",
        multiple=True,
        expose_value=False,
        callback=remember,
        shell_complete=complete_profile,
        help="An account of credentials.yml, or NAME of SP_API_REFRESH_TOKEN_NAME.",
    ),
    click.Option(
        ["--marketplace"],
        metavar="M",
        multiple=True,
        expose_value=False,
        callback=remember_marketplaces,
        shell_complete=complete_marketplace,
        help="Country code or marketplace id, such as DE.",
    ),
    click.Option(
        ["--sandbox"],
        type=click.Choice(["local", "amazon"]),
        multiple=True,
        expose_value=False,
        callback=remember,
        help="Talk to a sandbox: Amazon's, or the one that `sandbox serve` runs, which needs no credentials.",
    ),
    # Session.json is set before anything is parsed, because errors in the options are printed as JSON as well.
    click.Option(
        ["--json"],
        is_flag=True,
        expose_value=False,
        help="One JSON document on stdout; text for people goes to stderr.",
    ),
    click.Option(
        ["--curl"],
        is_flag=True,
        expose_value=False,
        callback=switch_on,
        help="Print each request on stderr, as a curl command for a POSIX shell with variables in place of secrets.",
    ),
]


class TakesGlobalOptions(click.Command):
    """A command whose help lists its own options first, and the global ones apart from them."""

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        return [*super().get_params(ctx), *GLOBAL_OPTIONS]

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        own = [each for each in super().get_params(ctx) if isinstance(each, click.Option)]
        for title, parameters in (("Options", own), ("Options of every command", GLOBAL_OPTIONS)):
            with formatter.section(title):
                formatter.write_dl([shown for each in parameters if (shown := each.get_help_record(ctx))])
        if isinstance(self, click.Group):
            self.format_commands(ctx, formatter)


class Command(TakesGlobalOptions):
    """A command."""


class Group(TakesGlobalOptions, click.Group):
    """A group of commands."""

    command_class = Command


def examples(*lines: str) -> str:
    """An epilog that shows how a command is typed, line by line."""
    return "\n".join(["\b", "Examples:" if len(lines) > 1 else "Example:", *(f"  {line}" for line in lines)])
