"""Connects the sender to what Celery tells of: a worker starts or ends, a tick is published or dropped."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from celery import signals

from spapi_messaging.bulk.celery.expired import Expired
from spapi_messaging.bulk.celery.opening import Opening
from spapi_messaging.bulk.celery.plan import Plan
from spapi_messaging.bulk.celery.settings import warnings_of_app, warnings_of_worker
from spapi_messaging.bulk.celery.shutdown import Shutdown
from spapi_messaging.bulk.celery.task import TASK_NAME

log = logging.getLogger("spapi_messaging.bulk")


def connect(app: Any, plan: Plan, opening: Opening, shutdown: Shutdown) -> None:
    """Connects the sender of one app."""
    _connect_start(app, plan, shutdown)
    _connect_end(opening, shutdown)
    _connect_ticks(app, plan)


def _connect_start(app: Any, plan: Plan, shutdown: Shutdown) -> None:
    def worker_starts(instance: Any, **_: Any) -> None:
        if instance.app is app:
            shutdown.reset()
            for warning in warnings_of_worker(app, plan, instance):
                log.warning(warning)

    def worker_is_ready(sender: Any, **_: Any) -> None:
        if sender.app is app:
            shutdown.begin_with_soft_shutdown()

    def beat_starts(sender: Any, **_: Any) -> None:
        if sender.app is app:
            for warning in warnings_of_app(app):
                log.warning(warning)

    signals.celeryd_after_setup.connect(worker_starts, weak=False)
    signals.worker_ready.connect(worker_is_ready, weak=False)
    signals.beat_init.connect(beat_starts, weak=False)


def _connect_end(opening: Opening, shutdown: Shutdown) -> None:
    def worker_ends(**_: Any) -> None:
        shutdown.begin()

    def process_ends(**_: Any) -> None:
        opening.close()

    signals.worker_shutting_down.connect(worker_ends, weak=False)
    signals.worker_process_shutdown.connect(process_ends, weak=False)  # of a child
    signals.worker_shutdown.connect(process_ends, weak=False)  # of the main process


def _connect_ticks(app: Any, plan: Plan) -> None:
    ticks = Expired(plan)

    def published(headers: Mapping[str, Any], **_: Any) -> None:
        if headers.get("eta"):
            log.warning(
                "A tick has an ETA. The worker that gets it keeps it in its memory until then, and it is lost with the "
                "worker. Publish it without eta and countdown; for a message that must wait, use not_before of its Job."
            )

    def received(request: Any, **_: Any) -> None:
        if request.app is app and request.name == TASK_NAME:
            ticks.received()

    def dropped(request: Any, expired: bool, **_: Any) -> None:
        if expired and request.task == TASK_NAME:
            ticks.dropped()

    signals.before_task_publish.connect(published, sender=TASK_NAME, weak=False)
    signals.task_received.connect(received, weak=False)
    signals.task_revoked.connect(dropped, weak=False)
