"""`sandbox serve`: the local sandbox as a server of its own. `sandbox env`: how other programs get there."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from spapi_messaging.cli.global_options import Group, examples
from spapi_messaging.cli.interruption import Ending
from spapi_messaging.cli.once import Once
from spapi_messaging.cli.session import Session, pass_session
from spapi_messaging.local_sandbox import DEFAULT_HOST, DEFAULT_PORT
from spapi_messaging.sandbox.environment import SHELLS, variables
from spapi_messaging.sandbox.hosts import reachable_url

DEFAULT_SHELL = "powershell" if os.name == "nt" else "posix"
OPTIONS = {"host": "--host", "allowed_hosts": "--allow-host", "port": "--port"}
"""The option for what a ValueError of the sandbox begins with; any other is about the orders."""


def host_option(help: str) -> Callable[[Any], Any]:
    """The option --host of a command."""
    return click.option("--host", cls=Once, metavar="H", default=DEFAULT_HOST, show_default=True, help=help)


def port_option(least: int, help: str) -> Callable[[Any], Any]:
    """The option --port of a command."""
    numbers = click.IntRange(least, 65535)
    return click.option(
        "--port", cls=Once, metavar="P", type=numbers, default=DEFAULT_PORT, show_default=True, help=help
    )


SHELL = click.option(
    "--shell",
    cls=Once,
    type=click.Choice(list(SHELLS)),
    default=DEFAULT_SHELL,
    show_default=True,
    help="The shell that shall read the variables.",
)


@click.group(
    cls=Group,
    short_help="Run the local sandbox.",
    epilog=examples("spapi-messaging sandbox serve", 'eval "$(spapi-messaging sandbox env)"'),
)
def sandbox() -> None:
    """Run a local sandbox instead of Amazon, and see in its inbox what buyers received."""


@sandbox.command(
    short_help="Serve the local sandbox until Ctrl-C.",
    epilog=examples(
        "spapi-messaging sandbox serve",
        "spapi-messaging sandbox serve --port 9000 --orders orders.yaml",
        "spapi-messaging sandbox serve --host 0.0.0.0 --allow-host sandbox      # in a container",
    ),
)
@host_option("The address to listen on.")
@port_option(0, "0 takes a free port.")
@click.option(
    "--allow-host",
    "allowed_hosts",
    metavar="NAME",
    multiple=True,
    help="Another name by which clients may call the sandbox. Can be given several times.",
)
@click.option(
    "--mode",
    cls=Once,
    type=click.Choice(["simulated", "static"]),
    default="simulated",
    show_default=True,
    help="Answer for any order, or only the requests that Amazon published.",
)
@click.option("--retired", is_flag=True, help="Answer the operations that Amazon retired, too.")
@click.option(
    "--orders",
    cls=Once,
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A YAML file that describes orders.",
)
@SHELL
@pass_session
def serve(
    session: Session,
    host: str,
    port: int,
    allowed_hosts: tuple[str, ...],
    mode: str,
    retired: bool,
    orders: Path | None,
    shell: str,
) -> None:
    """Serve the local sandbox until Ctrl-C, and print the variables that point other programs at it."""
    from spapi_messaging.sandbox import Sandbox

    try:
        running = Sandbox(mode, port, host=host, allowed_hosts=allowed_hosts, retired=retired, orders=orders).start()
    except ValueError as error:
        raise wrong_option(error) from error
    except OSError as error:
        if host != DEFAULT_HOST:
            told = f"Port {port} of that --host cannot be used ({error.strerror}): give an address of this machine."
        else:
            told = f"Port {port} cannot be used ({error.strerror}): give another port with --port."
        raise click.ClickException(told) from error
    except RuntimeError as error:
        raise click.ClickException(str(error)) from error
    ending = Ending()
    environment = variables(running.url)
    session.document(
        {"url": running.url, "lwa_endpoint": running.lwa_endpoint, "mode": mode, "environment": environment}
    )
    session.say(f"The local sandbox ({mode}) listens at {running.url}; its inbox is there as well. Ctrl-C ends it.")
    session.say(
        f"\nThese variables point any client at it that reads them. `{again(host, running.port)}` prints them alone."
    )
    session.say(SHELLS[shell](environment).rstrip())
    ending.wait()
    running.stop()


def again(host: str, port: int) -> str:
    """The command that prints the variables of a sandbox that listens there."""
    given = {"--host": (host, DEFAULT_HOST), "--port": (port, DEFAULT_PORT)}
    options = [f"{option} {value}" for option, (value, default) in given.items() if value != default]
    return " ".join(["spapi-messaging sandbox env", *options])


def wrong_option(error: ValueError) -> click.BadParameter:
    """What the sandbox refuses, and the option that it was given with."""
    about = OPTIONS.get(re.split(r"\W", str(error))[0], "--orders")
    return click.BadParameter(str(error), param_hint=f"'{about}'")


@sandbox.command(
    short_help="Print the variables that point other programs at the sandbox.",
    epilog=examples(
        'eval "$(spapi-messaging sandbox env)"',
        "spapi-messaging sandbox env --shell powershell | Invoke-Expression",
    ),
)
@host_option("The --host that `sandbox serve` was given.")
@port_option(1, "Its port.")
@SHELL
@pass_session
def env(session: Session, host: str, port: int, shell: str) -> None:
    """Print the variables that point any client at the sandbox that `sandbox serve` runs there.

    Does not look whether it runs.
    """
    try:
        environment = variables(reachable_url(host, port))
    except ValueError as error:
        raise wrong_option(error) from error
    if session.json:
        session.document(environment)
    else:
        session.say(SHELLS[shell](environment).rstrip())
