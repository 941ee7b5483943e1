"""Redis that shares the usage plans, and is flushed, restarted, or gone for a while."""

from __future__ import annotations

import json
from typing import Any

from proofs.breaking.scenarios import Scenario
from proofs.breaking.stage import Stage
from proofs.killing import FAULTS
from proofs.programs import Program
from tests.support import redis_server
from tests.support.postgres import Server

#: What each worker may use of a plan while Redis is gone, and the others as well.
SHARE = 0.25


class Plans(Scenario):
    """Every other worker goes on with a share of the plan while Redis is gone. A program outside sends all the time."""

    # So each 429 is one that the limiter did not prevent.
    faults = tuple(fault for fault in FAULTS if fault["kind"] != "throttle")

    @staticmethod
    def missing() -> str | None:
        return None if redis_server.find_program() else "there is no Redis server on this machine"

    def __init__(self, server: Server) -> None:
        super().__init__(server)
        program = redis_server.find_program()
        assert program is not None
        self._redis = redis_server.Server(program)
        self.opened.callback(self._redis.remove)
        self._outsider: Program | None = None

    def worker_settings(self, number: int) -> dict[str, Any]:
        return {"redis": self._redis.url, "share_without_redis": SHARE if number % 2 else None}

    def meanwhile(self, stage: Stage) -> None:
        if self._outsider is None:
            settings = stage.settings
            given = {"url": stage.peer.url, "sellers": settings.sellers, "plan": settings.plan}
            program = Program("proofs.breaking.outsider", json.dumps({**given, "redis": self._redis.url}))
            self._outsider = self.opened.enter_context(program)
        super().meanwhile(stage)

    def blow(self, stage: Stage) -> None:
        name = self.draw(stage, sorted(_TROUBLES))
        _TROUBLES[name](self, stage)
        stage.note(name)

    def flush(self, stage: Stage) -> None:
        """It has forgotten what was sent, and that scripts were loaded."""
        self._redis.flush()

    def restart(self, stage: Stage) -> None:
        self._redis.kill()
        self._redis.start()

    def leave(self, stage: Stage) -> None:
        """Connections are refused."""
        self._redis.kill()
        stage.a_moment(1.5)
        self._redis.start()

    def hang(self, stage: Stage) -> None:
        """It answers nothing."""
        self._redis.pause()
        stage.a_moment(3.0)
        self._redis.resume()

    def kill_worker(self, stage: Stage) -> None:
        """What it had reserved is not used."""
        stage.kill(stage.random.choice(sorted(stage.running)), name=None)

    def end(self, stage: Stage) -> None:
        assert self._outsider is not None
        assert self._outsider.code is None, "the program outside has ended"
        self._outsider.kill()
        super().end(stage)


_TROUBLES: dict[str, Any] = {
    "Redis flushed": Plans.flush,
    "Redis killed, and back at once": Plans.restart,
    "Redis gone": Plans.leave,
    "Redis silent": Plans.hang,
    "a worker killed": Plans.kill_worker,
}
