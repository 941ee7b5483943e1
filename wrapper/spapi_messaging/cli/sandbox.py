"""`sandbox serve`: the local sandbox as a server of its own."""

from __future__ import annotations

import signal
import threading
from pathlib import Path

import click

from spapi_messaging.cli.session import Session, pass_session
from spapi_messaging.sandbox import DEFAULT_PORT


@click.group(short_help="Run the local sandbox.")
def sandbox() -> None:
    """A local stand-in for Amazon, with an inbox that shows what the buyer gets."""


@sandbox.command()
@click.option(
    "--port",
    metavar="P",
    type=click.IntRange(0, 65535),
    default=DEFAULT_PORT,
    show_default=True,
    help="0 takes a free one.",
)
@click.option(
    "--mode",
    type=click.Choice(["simulated", "static"]),
    default="simulated",
    show_default=True,
    help="Any order in some state, or Amazon's published cases alone.",
)
@click.option(
    "--orders",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A YAML file that describes orders.",
)
@pass_session
def serve(session: Session, port: int, mode: str, orders: Path | None) -> None:
    """Serve the local sandbox on 127.0.0.1 until Ctrl-C."""
    from spapi_messaging.sandbox import Sandbox

    try:
        running = Sandbox(mode, port, orders=orders).start()
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--orders") from error
    except OSError as error:
        raise click.ClickException(
            f"Port {port} cannot be used ({error.strerror}): give another one with --port."
        ) from error
    ended = end_of_service()
    session.document({"url": running.url, "lwa_endpoint": running.lwa_endpoint, "mode": mode})
    session.say(f"The local sandbox ({mode}) listens at {running.url}; its inbox is there as well. Ctrl-C ends it.")
    ended.wait()
    running.stop()


def end_of_service() -> threading.Event:
    """An event that Ctrl-C sets, and SIGTERM, which the first process of a container would otherwise not notice."""
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    return ended
