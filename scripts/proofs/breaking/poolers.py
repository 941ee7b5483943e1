"""Workers behind PgBouncer in transaction mode, where heartbeats say who lives."""

from __future__ import annotations

import signal

from proofs.breaking.scenarios import Scenario
from proofs.breaking.stage import Stage
from proofs.programs import Program
from tests.support import pgbouncer
from tests.support.postgres import Server

# So the proof need not wait until a sender is taken for dead. Its row may be locked: then it is in a transaction.
_SILENT_FOR_LONG = """
    UPDATE spapi_senders SET heartbeat_at = heartbeat_at - 3600000
    WHERE id IN (SELECT id FROM spapi_senders WHERE process = :process FOR UPDATE SKIP LOCKED)
"""
# Nor until the server ends a transaction whose sender sleeps.
_END_IDLE = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = :database AND state LIKE 'idle in transaction%' AND now() - state_change > interval '1 second'
"""


class Poolers(Scenario):
    """Workers that are killed, that sleep, and that live while others take them for dead; connections that are cut."""

    @staticmethod
    def missing() -> str | None:
        return None if pgbouncer.find_program() else "there is no PgBouncer on this machine"

    def __init__(self, server: Server) -> None:
        super().__init__(server)
        program = pgbouncer.find_program()
        assert program is not None
        self._pooler = pgbouncer.Pooler(program, server)
        self.opened.callback(self._pooler.remove)

    def ledger_url(self, database: str) -> str:
        return self._pooler.url(database)

    def blow(self, stage: Stage) -> None:
        number = stage.random.choice(sorted(stage.running))
        self.draw(stage, (self._kill, self._sleep, self._live, self._cut))(stage, number)

    def _kill(self, stage: Stage, number: int) -> None:
        worker = stage.running[number]
        stage.kill(number)
        self._take_for_dead(stage, worker)

    def _sleep(self, stage: Stage, number: int) -> None:
        """It wakes when others have sent what it would have sent next."""
        worker = stage.running[number]
        self._wait_for(stage, worker)
        worker.send_signal(signal.SIGSTOP)
        self._take_for_dead(stage, worker)
        stage.let_arrive(stage.random.randint(4, 12))
        worker.send_signal(signal.SIGCONT)
        stage.note("asleep, taken over, awake again")

    def _live(self, stage: Stage, number: int) -> None:
        """It is sending all the time."""
        worker = stage.running[number]
        self._wait_for(stage, worker)
        stage.rows(_SILENT_FOR_LONG, process=worker.id)
        stage.note("a heartbeat too late")

    def _cut(self, stage: Stage, number: int) -> None:
        stage.server.cut_connections()
        stage.note("connections ended by the server")

    def _wait_for(self, stage: Stage, worker: Program) -> None:
        stage.until(lambda: bool(stage.senders_of(worker.id)), "a worker serves nobody", stage.add_work)

    def _take_for_dead(self, stage: Stage, worker: Program) -> None:
        def silence() -> None:
            stage.rows(_SILENT_FOR_LONG, process=worker.id)
            stage.rows(_END_IDLE, database=stage.database)
            stage.add_work()

        stage.until(lambda: not stage.senders_of(worker.id), "nobody takes over", silence)
