"""Settings of Celery that do not do what they seem to. Each is a sentence for the log of a worker that starts."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

from spapi_messaging.bulk.celery.plan import LONGEST_REQUEST, Plan
from spapi_messaging.bulk.celery.pools import GREEN_THREADS, has_green_threads
from spapi_messaging.bulk.celery.task import TASK_NAME


def warnings_of_worker(app: Any, plan: Plan, worker: Any) -> Iterator[str]:
    """What is wrong for a worker.

    Args:
        app: the Celery app.
        plan: how long slices take.
        worker: Celery's worker, which knows its command line.
    """
    yield from warnings_of_app(app)
    task = app.tasks[TASK_NAME]
    yield from _of_acknowledgement(task)
    yield from _of_limits(task, plan)
    yield from _of_broker(app, plan, worker)
    yield from _of_shutdown(app)
    if has_green_threads():
        yield GREEN_THREADS


def warnings_of_app(app: Any) -> Iterator[str]:
    """What is wrong for every process, beat included."""
    if app.conf.task_always_eager:
        yield (
            "task_always_eager is set: whoever publishes a tick serves the slice itself, and waits for it. No worker "
            "is used. Remove the setting, except in tests."
        )


def _of_acknowledgement(task: Any) -> Iterator[str]:
    if task.acks_late or task.reject_on_worker_lost or getattr(task, "retry_on_worker_lost", False):
        yield (
            f"{TASK_NAME} has acks_late, reject_on_worker_lost or retry_on_worker_lost. These guarantee nothing here: "
            "the ledger remembers what is sent, and the next tick goes on. With them, the broker hands out a tick "
            "again while its slice still runs, or after its process was killed, so more slices run than you want. "
            "Leave this task out of task_annotations."
        )
    if not task.ignore_result:
        yield (
            f"{TASK_NAME} stores its results. They are always None, and fill the result backend. Set "
            "ignore_result=True for it in task_annotations, or leave it out of them."
        )


def _of_limits(task: Any, plan: Plan) -> Iterator[str]:
    if task.rate_limit:
        yield (
            f"{TASK_NAME} has a rate_limit. Celery counts it for each worker and for all sellers together, but "
            "Amazon's plans are for each seller, and the sender keeps to them by itself. It only delays slices: "
            "remove it from task_annotations."
        )
    needed = plan.seconds + LONGEST_REQUEST
    for name in ("soft_time_limit", "time_limit"):
        limit = getattr(task, name)
        if limit and limit < needed:
            what = "kills the process, and its messages in flight become unknown" if name == "time_limit" else "ends it"
            yield (
                f"{name} of {TASK_NAME} is {limit:g} s, but a slice of {plan.seconds:g} s may take {needed:g} s until "
                f"its last message is answered. Then Celery {what}. Set at least {needed:g} in task_annotations, or "
                "leave it out of them."
            )


def _of_broker(app: Any, plan: Plan, worker: Any) -> Iterator[str]:
    timeout = (app.conf.broker_transport_options or {}).get("visibility_timeout")
    if timeout is not None and timeout < plan.seconds:
        yield (
            f"visibility_timeout is {timeout:g} s, and a slice takes {plan.seconds:g} s. A tick that waits in a busy "
            "worker for longer is handed out again, so more slices run than you want. Nothing is sent twice. Set at "
            f"least {plan.expires:g}."
        )
    if worker.prefetch_multiplier != 1 and not _has_no_prefetch(app):
        yield (
            f"worker_prefetch_multiplier is {worker.prefetch_multiplier}: a busy worker takes ticks that wait behind "
            "its slices while other workers have nothing to do. Set worker_prefetch_multiplier = 1, or with Redis "
            "worker_disable_prefetch = True."
        )


def _has_no_prefetch(app: Any) -> bool:
    """Whether a worker takes only what it can begin. Celery does that with Redis alone."""
    if not app.conf.get("worker_disable_prefetch", False):
        return False
    return bool(app.connection_for_read().transport.driver_type == "redis")  # it does not connect


def _of_shutdown(app: Any) -> Iterator[str]:
    timeout = app.conf.get("worker_soft_shutdown_timeout", 0.0)
    is_remapped = os.environ.get("REMAP_SIGTERM") == "SIGQUIT"
    if timeout < LONGEST_REQUEST and (timeout or is_remapped):
        cause = "REMAP_SIGTERM makes SIGTERM a cold shutdown, and " if is_remapped else ""
        yield (
            f"{cause}worker_soft_shutdown_timeout is {timeout:g} s. Then the processes of slices are ended by a "
            "signal, and messages that are not answered by then may become unknown. Set "
            f"{LONGEST_REQUEST:g} or more."
        )
