"""Figures for Prometheus: `bulk metrics` serves those of a ledger, and `bulk work --metrics-port` those of a worker."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import click

from spapi_messaging.cli.bulk.ledger import ledger_option, open_existing
from spapi_messaging.cli.global_options import Command, examples
from spapi_messaging.cli.interruption import Ending
from spapi_messaging.cli.once import Once
from spapi_messaging.cli.session import Session, pass_session
from spapi_messaging.local_sandbox import DEFAULT_HOST

if TYPE_CHECKING:  # loaded on first use: the command line works without the extra `bulk`
    from spapi_messaging.bulk import Ledger, Outcome

__all__ = ["metrics", "serve_metrics", "worker_options"]

DEFAULT_PORT = 9108
HOST = "The address to listen on for Prometheus: 0.0.0.0 is reached from other machines, and from other containers."


def worker_options() -> list[click.Option]:
    """The options of `bulk work`. Give their values to `serve_metrics`."""
    return [
        Once(
            ["--metrics-port"],
            metavar="P",
            type=click.IntRange(0, 65535),
            help="Serve this worker's own figures to Prometheus at this port. `bulk metrics` serves the ledger's.",
        ),
        Once(["--metrics-host"], metavar="H", default=DEFAULT_HOST, show_default=True, help=HOST),
    ]


@contextmanager
def serve_metrics(session: Session, port: int | None, host: str) -> Iterator[Callable[[Outcome], object] | None]:
    """Serves what a worker does while it runs. Gives a function that takes each outcome; None without a port.

    Args:
        session: the command's. Its clients tell of their requests.
        port: where to listen; None: nowhere.
        host: the address to listen on.
    """
    if port is None:
        yield None
        return
    from spapi_messaging.bulk.metrics import start_metrics_server  # it needs the extra `metrics`

    with start_metrics_server(port, host=host) as server:
        session.observers.append(server.observer)
        click.echo(f"Metrics: {server.url}", err=True)
        yield server.on_outcome


@click.command(
    cls=Command,
    params=[
        ledger_option(),
        Once(["--host"], metavar="H", default=DEFAULT_HOST, show_default=True, help=HOST),
        Once(
            ["--port"],
            metavar="P",
            type=click.IntRange(0, 65535),
            default=DEFAULT_PORT,
            show_default=True,
            help="0 takes a free port.",
        ),
    ],
    short_help="Serve the ledger's figures to Prometheus.",
    epilog=examples(
        "spapi-messaging bulk metrics",
        "spapi-messaging bulk metrics --ledger postgresql+psycopg://metrics@db/shop --host 0.0.0.0",
    ),
)
@pass_session
def metrics(session: Session, /, ledger: str | None, host: str, port: int) -> None:
    """Serve the ledger's figures to Prometheus until Ctrl-C: messages by state and type, what is late, who is parked.

    One for each ledger is enough, whatever the workers are. It writes nothing to the ledger. While the database is away
    it says so. It asks for no password: let only Prometheus reach it. Needs the extra `metrics`.
    """
    from spapi_messaging.bulk.metrics import start_metrics_server  # it needs the extra `metrics`

    ending = Ending()
    with ExitStack() as stack:

        def opened() -> Ledger:
            return stack.enter_context(open_existing(session, ledger, None))

        with start_metrics_server(port, opened, host=host) as server:
            session.document({"url": server.url})
            session.say(f"The metrics are at {server.url}. Ctrl-C ends it.")
            ending.wait()
