"""`bulk metrics`: serves the ledger's figures to Prometheus, beside workers of any kind."""

from __future__ import annotations

import click

from spapi_messaging.cli.bulk.ledger import ledger_option, open_existing
from spapi_messaging.cli.global_options import Command, examples
from spapi_messaging.cli.once import Once
from spapi_messaging.cli.sandbox import stop_event
from spapi_messaging.cli.session import Session, pass_session
from spapi_messaging.local_sandbox import DEFAULT_HOST

__all__ = ["metrics"]

DEFAULT_PORT = 9108


@click.command(
    cls=Command,
    params=[
        ledger_option(),
        Once(
            ["--host"],
            metavar="H",
            default=DEFAULT_HOST,
            show_default=True,
            help="The address to listen on; in a container, 0.0.0.0.",
        ),
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

    One for each ledger is enough, whatever the workers are. It writes nothing to the ledger. It asks for no password:
    let only Prometheus reach it. Needs the extra `metrics`.
    """
    from spapi_messaging.bulk.metrics import start_metrics_server  # it needs the extra `metrics`

    stopped = stop_event()
    with open_existing(session, ledger, None) as opened, start_metrics_server(port, opened, host=host) as server:
        session.document({"url": server.url})
        session.say(f"The metrics are at {server.url}. Ctrl-C ends it.")
        stopped.wait()
