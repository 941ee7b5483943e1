"""What has a Redis server of its own, which can be broken."""

from __future__ import annotations

from proofs.breaking.scenarios import Troubles
from proofs.breaking.stage import Stage
from tests.support import redis_server
from tests.support.postgres import Server


class WithRedis(Troubles):
    """Starts Redis for the round."""

    @staticmethod
    def missing() -> str | None:
        return None if redis_server.find_program() else "there is no Redis server on this machine"

    def __init__(self, server: Server) -> None:
        super().__init__(server)
        program = redis_server.find_program()
        assert program is not None
        self.redis = redis_server.Server(program)
        self.opened.callback(self.redis.remove)

    def flush(self, stage: Stage) -> None:
        """It has forgotten everything: plans and scripts, or ticks."""
        self.redis.flush()

    def leave(self, stage: Stage) -> None:
        """Connections are refused for a while. When it is back, it has forgotten everything."""
        self.redis.kill()
        stage.a_moment(1.5)
        self.redis.start()
