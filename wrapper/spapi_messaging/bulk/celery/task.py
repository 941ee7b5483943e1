"""The task: it serves one slice."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

from celery.exceptions import SoftTimeLimitExceeded

from spapi_messaging.bulk.celery.opening import Opening
from spapi_messaging.bulk.celery.plan import Plan
from spapi_messaging.bulk.celery.pools import GREEN_THREADS, has_green_threads
from spapi_messaging.bulk.slices import Slice, work
from spapi_messaging.errors import ConfigurationError

log = logging.getLogger("spapi_messaging.bulk")

#: The name of the task.
TASK_NAME = "spapi_messaging.serve_slice"


class Serving:
    """Serves slices.

    Args:
        opening: opens the ledger.
        plan: how long a slice takes, and how many sellers it serves.
        should_stop: whether the worker shuts down.
        accounts: as for Sender.
        options: the other arguments of Sender.
    """

    def __init__(
        self,
        opening: Opening,
        plan: Plan,
        should_stop: Callable[[], bool],
        accounts: Any,
        options: Mapping[str, Any],
    ) -> None:
        self._opening, self._plan, self._should_stop = opening, plan, should_stop
        self._accounts, self._options = accounts, dict(options)

    def serve(self) -> None:
        """Serves one slice.

        Raises:
            ConfigurationError: something about the ledger, the accounts or the pool cannot be used.
            LedgerError: the ledger cannot be reached or written.
        """
        if has_green_threads():
            raise ConfigurationError(GREEN_THREADS)
        ledger, more = self._opening()
        plan = self._plan
        try:
            served = work(
                ledger, self._accounts, seconds=plan.seconds, sellers=plan.sellers,
                should_stop=self._should_stop, **more, **self._options,
            )  # fmt: skip
        except SoftTimeLimitExceeded:
            log.warning("A slice took longer than its soft time limit, and was stopped. The next one goes on.")
        else:
            _tell(served)


def _tell(served: Slice) -> None:
    """One line for each slice; ticks that found nothing to do are not worth one, except for debugging."""
    if served.states:
        log.info("A slice ended: %s", ", ".join(f"{count} {state}" for state, count in served.states.items()))
    else:
        log.debug("A slice ended: nothing was to be done.")


def register(app: Any, plan: Plan, serving: Serving) -> Any:
    """Registers the task, with the settings that are right for it whatever the app's other tasks have."""

    def serve_slice() -> None:
        """Serves the ledger for one slice of time."""
        serving.serve()

    return app.task(
        name=TASK_NAME,
        shared=False,
        acks_late=False,
        reject_on_worker_lost=False,
        retry_on_worker_lost=False,
        ignore_result=True,
        store_errors_even_if_ignored=False,
        rate_limit=0,
        expires=plan.expires,
        soft_time_limit=plan.soft_time_limit,
        time_limit=plan.time_limit,
    )(serve_slice)
