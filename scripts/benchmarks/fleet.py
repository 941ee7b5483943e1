"""Several workers on one PostgreSQL ledger: starts them, and says what they cost and when each seller had its turn."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from psycopg import Connection

from benchmarks.clients import Peer, peer
from benchmarks.ledgers import texts
from spapi_messaging.bulk import Ledger
from tests.support.postgres import Server

WORKERS = 4
WORKER = Path(__file__).with_name("fresh") / "worker.py"
_TICKS = os.sysconf("SC_CLK_TCK")
# Of the messages that left: how many, when the last one was answered, and when each seller's first one began.
_SENT = "SELECT count(*), max(finished_at) FROM spapi_messages WHERE state = 'sent'"
_FIRST = "SELECT min(sending_at) FROM spapi_messages GROUP BY seller_id HAVING min(sending_at) IS NOT NULL"
_NOW = "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)"
_COMMITS = "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()"
# By two indexes, so that asking costs the server next to nothing.
_IS_LEFT = """SELECT EXISTS (SELECT FROM spapi_messages WHERE state = 'pending' AND seller_id != %(heavy)s)
OR EXISTS (SELECT FROM spapi_messages WHERE state IN ('claimed', 'sending') AND seller_id != %(heavy)s)"""


class Costs(NamedTuple):
    """Processor seconds."""

    workers: float
    postgres: float
    peer: float


class Fleet(NamedTuple):
    """What a run of several workers did.

    Attributes:
        sent: messages.
        wall: seconds from the start to the last answer.
        cpu: processor seconds of all workers, of PostgreSQL, and of the peer.
        commits: of the database.
        first: for each seller, the seconds until its first message began to leave, in order.
    """

    sent: int
    wall: float
    cpu: Costs
    commits: int
    first: list[float]

    @property
    def last_to_median(self) -> float:
        return self.first[-1] / median(self.first)


class Load(NamedTuple):
    """What is in the ledger: sellers with the same number of messages each, and before them one seller with more."""

    sellers: int
    each: int
    heavy: int = 0

    def add_to(self, ledger: Ledger) -> None:
        if self.heavy:
            ledger.add(texts(self.heavy, "heavy"))
        jobs = (
            job
            for seller in range(self.sellers)
            for job in texts(self.each, f"seller {seller}", first=self.heavy + seller * self.each)
        )
        ledger.add(jobs)


class Worker:
    """A worker in a process of its own."""

    def __init__(self, url: str, to: Peer, sellers: int) -> None:
        command = [sys.executable, str(WORKER), url, to.url, str(sellers)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self._input, self._output = self.process.stdin, self.process.stdout
        self._output.readline()

    @property
    def runs(self) -> bool:
        return self.process.poll() is None

    def begin(self) -> None:
        self._input.write("go\n")
        self._input.flush()

    def end(self) -> float:
        """Waits for its end, or asks for it. Returns the processor seconds that it spent."""
        with suppress(BrokenPipeError):
            self._input.close()
        with self._output:
            spent = float(self._output.readline())
        self.process.wait()
        return spent


def run_fleet(
    server: Server,
    load: Load,
    *,
    workers: int = WORKERS,
    sellers: int = 200,
    seconds: float | None = None,
) -> Fleet:
    """Runs workers on a new ledger.

    Args:
        server: PostgreSQL.
        load: what they send.
        workers: how many processes.
        sellers: how many each serves side by side.
        seconds: how long. None: until nothing is left but messages of the heavy seller.
    """
    name = server.fresh_database()
    with Ledger(server.url(name)) as ledger:
        load.add_to(ledger)
    with server.connect(name) as connection, peer() as to:
        connection.execute("VACUUM ANALYZE")
        fleet = [Worker(server.url(name), to, sellers) for _ in range(workers)]
        commits, before = _number(connection, _COMMITS), _costs(server, to)
        began = _number(connection, _NOW)
        for worker in fleet:
            worker.begin()
        while not _is_done(connection, load, began, seconds) and any(worker.runs for worker in fleet):
            time.sleep(0.25)
        spent = sum(worker.end() for worker in fleet)
        sent, last = connection.execute(_SENT).fetchone() or (0, 0)
        first = sorted((at - began) / 1000 for (at,) in connection.execute(_FIRST))
        after = _costs(server, to)
        time.sleep(1.1)  # the server counts with a delay
        commits = _number(connection, _COMMITS) - commits
    return Fleet(
        sent=sent,
        wall=(last - began) / 1000,
        cpu=Costs(spent, after[0] - before[0], after[1] - before[1]),
        commits=commits,
        first=first,
    )


def _is_done(connection: Connection[Any], load: Load, began: int, seconds: float | None) -> bool:
    if seconds is not None:
        return _number(connection, _NOW) - began >= seconds * 1000
    row = connection.execute(_IS_LEFT, {"heavy": 1 if load.heavy else 0}).fetchone()
    assert row is not None
    return not row[0]


def _number(connection: Connection[Any], statement: str) -> int:
    row = connection.execute(statement).fetchone()
    assert row is not None
    return int(row[0])


def _costs(server: Server, to: Peer) -> tuple[float, float]:
    return cpu_of(server.pid), cpu_of(to.pid)


def cpu_of(pid: int) -> float:
    """Processor seconds of a process, its children that ended, and those that run."""
    own = _stat(pid)
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return sum(map(int, own[11:15])) / _TICKS + sum(map(cpu_of, map(int, children)))


def _stat(pid: int) -> list[str]:
    """The fields after the command's name."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
