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
    """Run a local sandbox instead of Amazon, and see in its inbox what buyers received."""


@sandbox.command()
@click.option(
    "--port",
    metavar="P",
    type=click.IntRange(0, 65535),
    default=DEFAULT_PORT,
    show_default=True,
    help="0 takes a free port.",
)
@click.option(
    "--mode",
    type=click.Choice(["simulated", "static"]),
    default="simulated",
    show_default=True,
    help="Answer for any order, or only the requests that Amazon published.",
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
            f"Port {port} cannot be used ({error.strerror}): give another port with --port."
        ) from error
    except RuntimeError as error:
        raise click.ClickException(str(error)) from error
    stopped = stop_event()
    session.document({"url": running.url, "lwa_endpoint": running.lwa_endpoint, "mode": mode})
    session.say(f"The local sandbox ({mode}) listens at {running.url}; its inbox is there as well. Ctrl-C ends it.")
    stopped.wait()
    running.stop()


def stop_event() -> threading.Event:
    """An event that Ctrl-C and SIGTERM set. The first process of a container would ignore SIGTERM without a handler."""
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    return stopped
