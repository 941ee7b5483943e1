"""Celery with settings that promise what they do not keep, and a broker that fails."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import Any

from celery import Celery

from proofs.breaking.stage import Stage
from proofs.breaking.with_redis import WithRedis
from spapi_messaging.bulk.celery import TASK_NAME
from tests.support.celery_workers import Worker
from tests.support.postgres import Server

#: How many workers of Celery there are, and how many processes each of them has.
WORKERS, PROCESSES = 2, 2
#: Seconds between two ticks.
EVERY = 0.3
#: All at once: Redis hands a tick out again after a second, and after its process was killed.
SETTINGS: dict[str, Any] = {
    "task_annotations": {TASK_NAME: {"acks_late": True, "reject_on_worker_lost": True}},
    "broker_transport_options": {"visibility_timeout": 1},
    "broker_connection_retry_on_startup": True,
    "worker_prefetch_multiplier": 4,
}


class Brokers(WithRedis):
    """Ticks come through Redis. Processes of the pool are killed, whole workers too, and the broker."""

    workers = 0

    def __init__(self, server: Server) -> None:
        super().__init__(server)
        self._celery: dict[int, Worker] = {}
        self._ticked_at = 0.0
        self._producer = Celery("producer", broker=self.redis.url)
        self._producer.conf.broker_transport_options = {"socket_timeout": 5}
        self.opened.callback(self._producer.close)

    def meanwhile(self, stage: Stage) -> None:
        for number, worker in list(self._celery.items()):
            # "Unrecoverable error": the broker went away while kombu asked it for something.
            if worker.code is not None:
                self._celery.pop(number).__exit__()
                stage.ended_by_itself()
        for number in range(WORKERS):
            if number not in self._celery:
                self._celery[number] = self._start(stage)
        if time.monotonic() - self._ticked_at >= EVERY:
            self._ticked_at = time.monotonic()
            self._tick(1)
        stage.add_work()

    def troubles(self) -> Mapping[str, Callable[[Stage], None]]:
        return {
            "processes of Celery killed": self.kill_processes,
            "a worker of Celery killed": self.kill_worker,
            "broker flushed": self.flush,
            "broker killed": self.leave,
            "a tick ten times": self.double,
        }

    def kill_processes(self, stage: Stage) -> None:
        """Celery starts others in their place, and hands out their ticks again."""
        children = sorted(child for worker in self._celery.values() for child in worker.children())
        for child in stage.random.sample(children, stage.random.randint(1, len(children))):
            with stage.while_killed(child):
                os.kill(child, signal.SIGKILL)

    def kill_worker(self, stage: Stage) -> None:
        """With all its processes. Whoever supervises it starts another one."""
        self._end(stage, stage.random.randrange(WORKERS))

    def double(self, stage: Stage) -> None:
        """A tick comes ten times."""
        self._tick(10)

    def end(self, stage: Stage) -> None:
        for number in list(self._celery):
            self._end(stage, number)

    def __exit__(self, *problem: object) -> None:
        for worker in self._celery.values():
            worker.__exit__()
        super().__exit__(*problem)

    def _start(self, stage: Stage) -> Worker:
        settings = stage.settings
        sender = {
            "ledger": self.ledger_url(stage.database),
            "every": None,
            "seconds": settings.slice_seconds,
            "sellers": settings.most,
            "patience": 5.0,
        }
        given = {
            "broker": self.redis.url,
            "conf": SETTINGS,
            "url": stage.peer.url,
            "sellers": settings.sellers,
            "plan": settings.plan,
            "sender": sender,
        }
        return Worker(stage.folder, given, f"--concurrency={PROCESSES}")

    def _tick(self, times: int) -> None:
        for _ in range(times):
            self._producer.send_task(TASK_NAME)

    def _end(self, stage: Stage, number: int) -> None:
        """kill -9 of all its processes at once."""
        worker = self._celery.pop(number)
        with ExitStack() as killed:
            for child in worker.children():
                killed.enter_context(stage.while_killed(child))
            worker.__exit__()
