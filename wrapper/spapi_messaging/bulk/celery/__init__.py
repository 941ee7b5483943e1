"""Sends what is in a ledger from the workers of a Celery app.

    from celery import Celery
    from spapi_messaging.bulk.celery import add_sender

    app = Celery("shop", broker="redis://localhost/1")
    add_sender(app, ledger="postgresql+psycopg://localhost/shop", accounts="shop.accounts:find")

It adds one task, and an entry to the schedule of beat. A task serves the ledger for one slice of time. No message and
no seller goes through the broker. It needs ``spapi-messaging[celery]``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import WeakSet

try:
    import celery  # noqa: F401  # nothing here works without it
except ModuleNotFoundError as error:
    if error.name != "celery":
        raise
    message = "spapi_messaging.bulk.celery needs celery: pip install 'spapi-messaging[celery]'"
    raise ModuleNotFoundError(message, name="celery") from error

from spapi_messaging.bulk.celery import signals
from spapi_messaging.bulk.celery.opening import LedgerSource, Opening
from spapi_messaging.bulk.celery.plan import Plan, check_sender
from spapi_messaging.bulk.celery.shutdown import Shutdown
from spapi_messaging.bulk.celery.task import TASK_NAME, Serving, register
from spapi_messaging.bulk.sending.accounts import AccountSource
from spapi_messaging.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["TASK_NAME", "add_sender"]

# The apps that have the task. Celery would silently ignore a second task of the same name.
_apps: WeakSet[Any] = WeakSet()


def add_sender(
    app: Any,
    *,
    ledger: str | LedgerSource,
    accounts: AccountSource = None,
    every: float | None = 10.0,
    seconds: float = 30.0,
    sellers: int = 200,
    limiter: Any = None,
    attachments_root: str | Path | None = None,
    **options: Any,
) -> Any:
    """Adds a sender to a Celery app: the task ``spapi_messaging.serve_slice``, and its entry for beat.

    About ``seconds / every`` slices run at once, if the workers have as many processes. Each process opens the ledger
    with its first slice, and keeps it. When a worker starts, it warns about settings that do not do what they seem to.

    Args:
        app: the Celery app.
        ledger: the ledger's URL, or a function that returns a Ledger. It is called once in each process.
        accounts: as for Sender.
        every: seconds between two ticks of beat. None: no entry for beat.
        seconds: how long a slice begins messages. It ends sooner when nothing is left.
        sellers: how many sellers a slice serves side by side.
        limiter: the URL of a Redis server for a RedisLimiter, or a limiter. None: as for Sender.
        attachments_root: as for Ledger. Only with a URL as ``ledger``.
        **options: the other arguments of Sender.

    Returns:
        The task. ``task.delay()`` sends at once what was just added.

    Raises:
        ConfigurationError: an argument cannot be used, or the app has a sender already.
    """
    plan = Plan(every, seconds, sellers)
    plan.check()
    check_sender(accounts, options if limiter is None else {**options, "limiter": limiter})
    opening = Opening(ledger, limiter, attachments_root)
    if app in _apps:
        raise ConfigurationError(f"The app has the task {TASK_NAME} already. Use another app for another ledger.")
    _apps.add(app)
    shutdown = Shutdown()
    task = register(app, plan, Serving(opening, plan, shutdown.has_begun, accounts, options))
    if every is not None:
        _add_ticks(app, plan)
    signals.connect(app, plan, opening, shutdown)
    return task


def _add_ticks(app: Any, plan: Plan) -> None:
    """Adds the entry for beat, also to an app whose configuration is not read yet."""
    app.add_periodic_task(plan.every, app.signature(TASK_NAME), name=TASK_NAME, expires=plan.expires)
