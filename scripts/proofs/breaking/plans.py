"""Redis that shares the usage plans, and is flushed, restarted, or gone for a while."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from proofs.breaking.stage import Stage
from proofs.breaking.with_redis import WithRedis
from proofs.killing import FAULTS
from proofs.programs import Program
from tests.support.postgres import Server

#: What each worker may use of a plan while Redis is gone, and the others as well.
SHARE = 0.25


class Plans(WithRedis):
    """Every other worker goes on with a share of the plan while Redis is gone. A program outside sends all the time."""

    # So each 429 is one that the limiter did not prevent.
    faults = tuple(fault for fault in FAULTS if fault["kind"] != "throttle")

    def __init__(self, server: Server) -> None:
        super().__init__(server)
        self._outsider: Program | None = None

    def worker_settings(self, number: int) -> dict[str, Any]:
        return {"redis": self.redis.url, "share_without_redis": SHARE if number % 2 else None}

    def meanwhile(self, stage: Stage) -> None:
        if self._outsider is None:
            settings = stage.settings
            given = {"url": stage.peer.url, "sellers": settings.sellers, "plan": settings.plan}
            program = Program("proofs.breaking.outsider", json.dumps({**given, "redis": self.redis.url}))
            self._outsider = self.opened.enter_context(program)
        super().meanwhile(stage)

    def troubles(self) -> Mapping[str, Callable[[Stage], None]]:
        return {
            "Redis flushed": self.flush,
            "Redis killed, and back at once": self.restart,
            "Redis gone": self.leave,
            "Redis silent": self.hang,
            "a worker killed": self.kill_worker,
        }

    def restart(self, stage: Stage) -> None:
        self.redis.kill()
        self.redis.start()

    def hang(self, stage: Stage) -> None:
        """It answers nothing."""
        self.redis.pause()
        stage.a_moment(3.0)
        self.redis.resume()

    def kill_worker(self, stage: Stage) -> None:
        """What it had reserved is not used."""
        stage.kill(stage.random.choice(sorted(stage.running)), name=None)

    def end(self, stage: Stage) -> None:
        assert self._outsider is not None
        assert self._outsider.code is None, "the program outside has ended"
        self._outsider.kill()
        super().end(stage)
