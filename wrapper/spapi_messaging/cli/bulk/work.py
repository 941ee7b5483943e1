"""`bulk work`: a process that sends what is in a ledger. Any number of them may run side by side."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from spapi_messaging.cli.bulk.copies import refuse_copy
from spapi_messaging.cli.bulk.exit_codes import OF_WORST_MESSAGE
from spapi_messaging.cli.bulk.ledger import ledger_option, open_ledger, refuse_production
from spapi_messaging.cli.bulk.metrics import serve_metrics, worker_options
from spapi_messaging.cli.bulk.option_values import FolderOrUrl
from spapi_messaging.cli.bulk.running.accounts import make_sender
from spapi_messaging.cli.bulk.running.events import EventCommand, Events
from spapi_messaging.cli.bulk.running.following import Interruption
from spapi_messaging.cli.global_options import examples
from spapi_messaging.cli.interruption import handle_interruptions, ignore_interruptions
from spapi_messaging.cli.once import Once
from spapi_messaging.cli.session import Session

if TYPE_CHECKING:
    from spapi_messaging.limiters import Limiter

__all__ = ["work"]


def module_function(ctx: click.Context, parameter: click.Parameter, name: str | None) -> str | None:
    """The name of a function. As with `python -m`, its module may lie in the working directory."""
    if name is not None:
        sys.path.insert(0, str(Path.cwd()))
    return name


def limiter_of(url: str | None, share: float | None) -> Limiter | None:
    """The limiter that several programs share; None for that of this process."""
    if url is None:
        if share is not None:
            raise click.UsageError("--share-without-redis is for --limiter.")
        return None
    from spapi_messaging.limiters import RedisLimiter

    return RedisLimiter(url, share_without_redis=share)


@click.pass_context
def callback(
    ctx: click.Context,
    /,
    ledger: str | None,
    accounts: str | None,
    limiter: str | None,
    share_without_redis: float | None,
    attachments_root: Path | str | None,
    sellers: int,
    seconds: float | None,
    once: bool,
    check: bool,
    strict: bool,
    keep_texts: bool,
    pooler: bool | None,
    metrics_port: int | None,
    metrics_host: str,
) -> None:
    """Send what is in the ledger."""
    from spapi_messaging.bulk.slices import slice_exit_code
    from spapi_messaging.cli.bulk.running.working import watch_worker  # it needs what a shell's completion does without

    session = ctx.ensure_object(Session)
    asked: bool | Literal["strict"] = "strict" if strict else check
    shared = limiter_of(limiter, share_without_redis)
    interruption = Interruption()
    handle_interruptions(ctx, interruption)
    stay = seconds is None and not once
    options: dict[str, Any] = {"check": asked, "sellers": sellers, "seconds": seconds, "stay": stay}
    if shared is not None:
        options["limiter"] = shared
    try:
        with (
            serve_metrics(session, metrics_port, metrics_host) as count,
            open_ledger(ledger, attachments_root=attachments_root, keep_texts=keep_texts, pooler=pooler) as opened,
        ):
            refuse_production(session, opened)
            refuse_copy(opened, ledger)
            make = partial(make_sender, session, opened, accounts, **options)
            states = watch_worker(opened, interruption, Events(session), make, count)
            code = 0 if stay and interruption.count < 2 else slice_exit_code(opened, states)
    except KeyboardInterrupt:
        if not interruption.is_before_run:
            raise
        code = 0  # it was told to end, and had not begun
    finally:
        ignore_interruptions()
    ctx.exit(code)


work = EventCommand(
    "work",
    callback=callback,
    params=[
        ledger_option(),
        Once(
            ["--accounts"],
            metavar="MODULE:FUNCTION",
            callback=module_function,
            help="What finds the credentials of an account: it takes the account's name, and returns Credentials, or "
            "None for one that is not served here. Default: the profiles of credentials.yml and the environment.",
        ),
        Once(
            ["--limiter"],
            metavar="URL",
            envvar="SPAPI_MESSAGING_LIMITER",  # others see the words of a command, and a password in its URL
            help="A Redis, redis://…, by which programs share the usage plans of sellers. Workers of one ledger need "
            "no Redis: one of them at a time serves a seller. Default: $SPAPI_MESSAGING_LIMITER.",
        ),
        Once(
            ["--share-without-redis"],
            type=click.FloatRange(0, 1, min_open=True),
            metavar="SHARE",
            help="While that Redis is gone, send at this share of the plan, such as 0.25. Default: send nothing.",
        ),
        Once(
            ["--attachments-root"],
            type=FolderOrUrl(),
            metavar="FOLDER|URL",
            help="Where all files lie, as this machine reaches it, if they were added with --attachments-root.",
        ),
        Once(
            ["--sellers"],
            type=click.IntRange(1),
            default=200,
            show_default=True,
            metavar="N",
            help="How many sellers are served side by side. If more wait, they take turns of 30 s.",
        ),
        Once(
            ["--seconds"],
            type=click.FloatRange(0, min_open=True),
            metavar="S",
            help="End after about this many seconds, or when nothing is left: for cron. Default: until it is stopped.",
        ),
        click.Option(["--once"], is_flag=True, help="End when nothing is left that can be done now."),
        click.Option(["--check"], is_flag=True, help="Ask Amazon about each message just before it goes."),
        click.Option(["--strict"], is_flag=True, help="Like --check, and warnings stop a message too."),
        click.Option(["--keep-texts"], is_flag=True, help="Keep texts in the ledger after they were sent."),
        click.Option(
            ["--pooler/--no-pooler"],
            default=None,
            help="Whether a pooler such as PgBouncer stands in front of PostgreSQL. Default: it is found out.",
        ),
        *worker_options(),
    ],
    short_help="Send what is in a ledger, as one of several workers.",
    help="""Send what is in a ledger, until the process is stopped.

    Start as many as you like, on any machine, with one ledger in PostgreSQL. Each seller is served by one of them at a
    time. A worker leaves alone the sellers for which it has no credentials. SIGTERM or Ctrl-C ends it after what is in
    flight; twice, at once. If a worker is killed, its sellers go to the others.

    With --json, each line of stdout is an event: outcome, progress or error.
    """,
    epilog=examples(
        "spapi-messaging bulk work --ledger postgresql+psycopg://db.example/ledger --accounts shop.accounts:find",
        "spapi-messaging bulk work --ledger sqlite:///sent.db --seconds 50",
    )
    + f"\n\nExit codes: 0 when it was stopped; with --seconds and --once, {OF_WORST_MESSAGE}; 2 for wrong usage.",
)
