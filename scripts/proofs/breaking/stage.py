"""One round: a sandbox, an empty ledger, workers, and what must be true whatever happens to them."""

from __future__ import annotations

import json
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator, Set
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from sqlalchemy import create_engine, text

from proofs import workload
from proofs.breaking.figures import Figures
from proofs.breaking.worker import TRY_AGAIN
from proofs.finishing import finish, resume
from proofs.programs import Peer, Program
from spapi_messaging.bulk import Ledger, State
from tests.support.postgres import Server
from tests.support.proof import Arrival, Proof, Report

if TYPE_CHECKING:
    from proofs.breaking.scenarios import Scenario

#: Seconds after which a round fails that waits for something. On a working machine nothing takes so long.
PATIENCE = 90.0
#: Seconds between two looks for something that is waited for.
LOOK_AGAIN = 0.1
#: The largest share of answers that may be a 429 because a usage plan was exceeded. On a busy machine, requests that
#: left at the right moments may arrive closer together.
MOST_OVER_PLAN = 0.05


class Settings(NamedTuple):
    """How large a round is.

    Args:
        seed: of everything that is left to chance.
        blows: how often something is broken.
        workers: how many run at once.
        sellers: how many accounts there are.
        messages: how many messages each of them gets in a batch. When few are left, another batch is added.
        plan: the usage plan that the sandbox enforces, for each seller and operation.
        most: how many sellers a worker serves side by side.
        slice_seconds: how long a slice lasts.
        pauses: by what all random times are multiplied.
        longest_sleep: seconds: by default longer than a sender may hesitate between the commit and the first byte.
    """

    seed: int = 1
    blows: int = 4
    workers: int = 3
    sellers: int = 6
    messages: int = 16
    plan: tuple[float, int] = (12.0, 4)
    most: int = 3
    slice_seconds: float = 1.5
    pauses: float = 1.0
    longest_sleep: float = 6.0


class Stage:
    """One round of a scenario, while it lasts.

    Args:
        settings: how large it is.
        folder: for the files of the messages, and the workers' log.
        server: the PostgreSQL server.
        scenario: what is broken.

    Attributes:
        random: the source of everything that is left to chance.
        running: the workers.
        figures: what was seen.
        server: the PostgreSQL server.
        database: the name of the ledger's database.
        folder: for the files of the messages, and for logs.
    """

    def __init__(
        self,
        settings: Settings,
        folder: Path,
        server: Server,
        scenario: Scenario,
    ) -> None:
        self.settings, self.server = settings, server
        self.random = random.Random(settings.seed)
        self.figures = Figures()
        self.running: dict[int, Program] = {}
        self.database = server.fresh_database()
        self.url = server.url(self.database)
        Ledger(self.url).close()  # makes the tables
        self.peer = Peer(settings.plan, scenario.faults)
        self.proof = Proof(self.url, self._inbox)
        self.folder = folder
        self._scenario = scenario
        # One connection: a new one for each look at the ledger would be a process of the server. It may have been cut.
        self._engine = create_engine(
            self.url, pool_size=1, max_overflow=0, pool_pre_ping=True, isolation_level="AUTOCOMMIT"
        )
        self._batches = 0
        self._may_be_unknown = 0
        self._began = time.monotonic()

    # What a scenario does.

    def keep_running(self) -> None:
        """Starts workers for those that have ended, as a supervisor does, and adds messages when few are left."""
        for number, worker in list(self.running.items()):
            if worker.code is not None:
                self._ended(number)
        for number in range(self.settings.workers):
            if number not in self.running:
                self.running[number] = self.start(number)
        self.add_work()

    def start(self, number: int = 0, **more: Any) -> Program:
        """Starts a worker."""
        settings = self.settings
        given: dict[str, Any] = {
            "ledger": self._scenario.ledger_url(self.database),
            "url": self.peer.url,
            "sellers": settings.sellers,
            "plan": settings.plan,
            "most": settings.most,
            "seconds": settings.slice_seconds,
            "stays": number % 2 == 0,
            "log": str(self.folder / "workers.log"),
        }
        return Program("proofs.breaking.worker", json.dumps(given | self._scenario.worker_settings(number) | more))

    def add_work(self) -> None:
        """Adds a batch when few messages are left."""
        settings = self.settings
        self._let_time_pass()
        states = self.states()
        if states[State.PENDING] + states[State.CLAIMED] < settings.sellers * settings.messages // 2:
            batch = list(workload.jobs(self.folder, settings.sellers, settings.messages, self._batches))
            # A worker may send them before `add` returns.
            self.proof.expect(batch)
            with Ledger(self.url) as ledger:
                ledger.add(batch)
                resume(ledger, settings.sellers)
            self._batches += 1

    def _let_time_pass(self) -> None:
        """What was left for later, because it failed too often, is due now."""
        self.rows("UPDATE spapi_messages SET not_before = 0 WHERE state = 'pending' AND not_before > 0")
        self.rows("UPDATE spapi_sellers SET not_before = 0 WHERE not_before > 0")

    def let_arrive(self, messages: int) -> None:
        """Waits until this many more messages have arrived: the workers work. Restarts those that end meanwhile.

        Raises:
            TimeoutError: they do not arrive.
        """

        def meanwhile() -> None:
            self._scenario.meanwhile(self)

        wanted = self.peer.arrived() + messages
        self.until(lambda: self.peer.arrived() >= wanted, f"{messages} more messages do not arrive", meanwhile)

    def until(self, is_true: Callable[[], bool], told: str, meanwhile: Callable[[], object] = lambda: None) -> None:
        """Waits for something.

        Raises:
            TimeoutError: it does not happen.
        """
        end = time.monotonic() + PATIENCE
        while not is_true():
            if time.monotonic() > end:
                raise TimeoutError(f"{told}. The ledger: {dict(self.states())}")
            meanwhile()
            time.sleep(LOOK_AGAIN)

    def a_moment(self, longest: float = 0.5) -> None:
        """Lets a random time pass."""
        time.sleep(self.random.uniform(0.0, longest) * self.settings.pauses)

    def kill(self, number: int, name: str | None = "kill -9", senders: Set[str] = frozenset()) -> None:
        """kill -9 of a worker.

        Args:
            number: its number.
            name: what that is called; None: the caller counts it.
            senders: the senders that it was, and that others have taken for dead.
        """
        worker = self.running[number]
        with self.while_killed(worker.id, senders):
            worker.kill()
        self.forget(number)
        if name is not None:
            self.note(name)

    @contextmanager
    def while_killed(self, process: int, senders: Set[str] = frozenset()) -> Iterator[None]:
        """A process is killed meanwhile. What it had in flight may be unknown from now on.

        Args:
            process: its id.
            senders: the senders that it was, and that others have taken for dead.
        """
        before = senders | self.senders_of(process)
        yield
        self._may_be_unknown += self._in_the_air(before | self.senders_of(process))

    def ended_by_itself(self) -> None:
        """A worker ended that was not told to. What it had in flight may be unknown from now on."""
        self.figures.numbers["ended by themselves"] += 1
        self._may_be_unknown += self._most_in_the_air()

    def senders_of(self, process: int) -> set[str]:
        """The senders in the ledger that a process is now: one, or none between two slices."""
        found = self.rows("SELECT id FROM spapi_senders WHERE process = :process", process=process)
        return {sender for (sender,) in found}

    def note(self, name: str) -> None:
        """Counts that something was broken."""
        self.figures.blows[name] += 1

    def rows(self, statement: str, **values: Any) -> list[Any]:
        """What a statement finds in the ledger's database."""
        with self._engine.connect() as connection:
            found = connection.execute(text(statement), values)
            return list(found) if found.returns_rows else []

    def states(self) -> Counter[State]:
        """How many messages there are in each state."""
        found = self.rows("SELECT state, count(*) FROM spapi_messages GROUP BY state")
        return Counter({State(state): count for state, count in found})

    # What must be true.

    def hold(self) -> Report:
        """Holds the inbox against the ledger.

        Raises:
            AssertionError: something is there twice or was lost.
        """
        return self.proof.hold()

    def may_be_unknown(self) -> int:
        """How many messages may be unknown: the sandbox's answers left their fate open, or their worker was killed."""
        return self.peer.counts()["ambiguous"] + self._may_be_unknown

    def close_books(self) -> None:
        """Sends what is left, and holds the inbox against the ledger for the last time. No worker may run.

        Raises:
            AssertionError: something is there twice, was lost, or is not sent; or more is unknown than may be.
        """
        self.peer.settle()
        # Not before: a worker that was taken for dead may still write down what became of its messages.
        self.proof.hold(most_unknown=self.may_be_unknown())
        self._require_pace()
        finished = finish(self.url, self.peer, self.proof, self.settings.sellers, self.settings.plan)
        self.figures.take(finished.report, finished.unknown, finished.arrived, self.peer.counts())
        self.figures.numbers["may be unknown"] = most = self.may_be_unknown()
        self.figures.numbers["seconds"] = round(time.monotonic() - self._began)
        assert finished.unknown <= most, f"{finished.unknown} messages were unknown; at most {most} may be"

    def _require_pace(self) -> None:
        counts = self.peer.counts()
        over, most = counts["over_plan"], 2 + MOST_OVER_PLAN * counts["requests"]
        assert over <= most, f"{over} of {counts['requests']} answers say that a usage plan was exceeded"

    def stop_workers(self) -> None:
        """Tells all workers to end, and waits for it."""
        for worker in self.running.values():
            worker.send_signal(signal.SIGTERM)
        for number, worker in list(self.running.items()):
            assert worker.wait(PATIENCE), f"a worker does not end, after {worker.lines[-3:]}"
            self._ended(number)

    def _inbox(self) -> list[Arrival]:
        """What buyers received, but for messages that outsiders send."""
        return [each for each in self.peer.inbox() if not each.content.order_id.startswith(workload.OUTSIDE)]

    def __enter__(self) -> Self:
        self.peer.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        for number in list(self.running):
            self.forget(number)
        self.peer.__exit__()
        self._engine.dispose()

    def _ended(self, number: int) -> None:
        """Looks at how a worker ended. If the ledger was out of reach, its last results may be lost."""
        worker = self.running[number]
        if worker.code == TRY_AGAIN:
            self.ended_by_itself()
        elif worker.code != 0:
            too_early = worker.code == -signal.SIGTERM and not worker.lines
            assert too_early, f"a worker ended with {worker.code}, after {worker.lines[-3:]}"
        self.forget(number)

    def forget(self, number: int) -> None:
        """Forgets a worker that has ended, or ends it."""
        self.running.pop(number).__exit__()

    def _in_the_air(self, senders: Set[str]) -> int:
        """How many messages senders that were killed had in flight, which may be unknown for ever now.

        Raises:
            AssertionError: there are more than there were requests, and results that were not committed yet.
        """
        left = "SELECT count(*) FROM spapi_messages WHERE sender = ANY(:ids) AND state IN ('sending', 'unknown')"
        ((in_the_air,),) = self.rows(left, ids=sorted(senders))
        most = self.peer.counts()["ambiguous"] + self._most_in_the_air()
        assert in_the_air <= most, f"{in_the_air} messages were in flight; at most {most} may be"
        return int(in_the_air)

    def _most_in_the_air(self) -> int:
        """What has just arrived, and what one commit may have let go: a burst of each type and seller of a worker."""
        return self.peer.lately() + 2 * self.settings.plan[1] * self.settings.most
