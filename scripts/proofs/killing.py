"""Kills senders at random moments, and holds the inbox against the ledger after every kill."""

from __future__ import annotations

import json
import random
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from proofs import workload
from proofs.finishing import finish, resume
from proofs.programs import Peer, Program
from spapi_messaging.bulk import Ledger, State
from tests.support.proof import Proof, Report

#: What goes wrong at the sandbox, for ever: every n-th request. The first one that fits a request hits it.
FAULTS: tuple[dict[str, Any], ...] = (
    {"kind": "throttle", "on": "sends", "every": 9},
    {"kind": "delay", "on": "sends", "every": 7, "seconds": 0.2},
    {"kind": "unavailable", "on": "sends", "every": 41},
    {"kind": "error-recorded", "on": "sends", "every": 43},
    {"kind": "reset", "on": "sends", "every": 47},
    {"kind": "reset-recorded", "on": "sends", "every": 53},
    {"kind": "cut-recorded", "on": "sends", "every": 59},
    # Rarely: all calls that wait with such a token are refused, and a seller whose new token is refused too is parked.
    {"kind": "expired-token", "on": "sends", "every": 397},
    {"kind": "throttle", "on": "uploads", "every": 13},
    {"kind": "unavailable", "on": "uploads", "every": 19},
    {"kind": "throttle", "on": "s3", "every": 11},
    {"kind": "reset", "on": "s3", "every": 17},
    {"kind": "unavailable-recorded", "on": "s3", "every": 23},
    {"kind": "unavailable", "on": "token", "every": 5},
)


class Settings(NamedTuple):
    """What is done.

    Args:
        ledger: its URL.
        sellers: how many accounts there are.
        messages: how many messages each of them gets in a batch. When few are left, another batch is added.
        times: how many senders are killed.
        senders: how many senders run at once.
        seed: of the moments.
        plan: the usage plan that the sandbox enforces, for each seller and operation.
        longest: seconds after a sender's first line at which it is killed at the latest.
    """

    ledger: str
    sellers: int = 10
    messages: int = 200
    times: int = 200
    senders: int = 1
    seed: int = 1
    plan: tuple[float, int] = (6.0, 3)
    longest: float = 1.5


@dataclass
class Figures:
    """What was seen."""

    kills: int = 0
    early: int = 0
    in_air: list[int] = field(default_factory=list)
    most_in_air: int = 0
    unknown: int = 0
    unknown_arrived: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    report: Report | None = None

    def rows(self) -> list[tuple[str, object]]:
        """The figures, each with its name."""
        assert self.report is not None
        in_air = "not counted, because others live on"
        if self.in_air:
            in_air = f"{max(self.in_air)} at most, {sum(self.in_air)} in all"
        return [
            ("kills", f"{self.kills}, {self.early} of them before the first line of output"),
            ("messages", self.report.messages),
            ("sent", self.report.states[State.SENT]),
            ("unknown until resolved", f"{self.unknown}; {self.unknown_arrived} of them had arrived"),
            ("answers that leave the fate of a message open", self.counts["ambiguous"]),
            ("in flight at a kill", in_air),
            ("twice", self.report.twice),
            ("lost", self.report.lost),
            ("429s", f"{self.counts['throttled']} of {self.counts['requests']} answers"),
            ("seconds", f"{self.seconds:.0f}"),
        ]


class Killing:
    """One proof: kills, then brings the rest to its end.

    Args:
        settings: what is done.
        folder: for the files of the messages.
        peer: the sandbox.
    """

    def __init__(self, settings: Settings, folder: Path, peer: Peer) -> None:
        self.figures = Figures()
        self._settings, self._folder, self._peer = settings, folder, peer
        self._random = random.Random(settings.seed)
        self._ledger = Ledger(settings.ledger)
        self._proof = Proof(settings.ledger, peer.inbox)
        self._batches = 0
        self._running: list[Program] = []

    def run(self) -> Figures:
        """Carries it out.

        Raises:
            AssertionError: something is there twice, was lost or should not be there.
        """
        began = time.monotonic()
        with self._ledger:
            report = self._proof.examine()
            if report.messages:
                raise SystemExit("The ledger is not empty. Give one that is.")
            try:
                while self.figures.kills < self._settings.times:
                    self._add_work(report)
                    self._kill_one()
                    report = self._hold()
            finally:
                self._kill_all()
            self._finish()
        self.figures.counts = self._peer.counts()
        self.figures.seconds = time.monotonic() - began
        return self.figures

    def _add_work(self, report: Report) -> None:
        """Adds a batch when few messages are left, also while a sender runs."""
        left = report.states[State.PENDING] + report.states[State.CLAIMED]
        if left < self._settings.sellers * self._settings.messages // 4:
            settings = self._settings
            batch = list(workload.jobs(self._folder, settings.sellers, settings.messages, self._batches))
            # A sender that runs may send them before `add` returns.
            self._proof.expect(batch)
            self._ledger.add(batch)
            self._batches += 1
        resume(self._ledger, self._settings.sellers)

    def _kill_one(self) -> None:
        """Starts senders until enough run, and kills one of them at a random moment."""
        while len(self._running) < self._settings.senders:
            self._running.append(self._start())
        victim = self._running.pop(self._random.randrange(len(self._running)))
        with victim:
            early = self._random.random() < 0.2
            if early:
                ended = victim.wait(self._random.uniform(0.0, 0.8))
            else:
                victim.line()
                ended = victim.wait(self._random.uniform(0.0, self._settings.longest))
            assert not ended or victim.code == 0, f"a sender ended with {victim.code}: {victim.lines[-3:]}"
            victim.kill()
            # What has just arrived, and what is about to: one commit may let a burst of each account and type leave.
            most_in_air = self._peer.lately() + 2 * self._settings.sellers * self._settings.plan[1]
        self.figures.most_in_air += most_in_air
        if not ended:
            self.figures.kills += 1
            self.figures.early += not victim.lines

    def _start(self) -> Program:
        settings = self._settings
        given: dict[str, Any] = {
            "ledger": settings.ledger,
            "url": self._peer.url,
            "sellers": settings.sellers,
            "plan": settings.plan,
        }
        given["log"] = str(self._folder / "senders.log")
        return Program("proofs.sender", json.dumps(given))

    def _hold(self) -> Report:
        """Holds the inbox against the ledger."""
        self._peer.settle()
        report = self._proof.hold()
        if len(self._running) == 0:
            self.figures.in_air.append(report.states[State.SENDING])
        doubtful = report.states[State.UNKNOWN] + report.states[State.SENDING]
        most = self._peer.counts()["ambiguous"] + self.figures.most_in_air
        assert doubtful <= most, f"{doubtful} rows are unknown or sending; at most {most} may be"
        self._tell(report)
        return report

    def _tell(self, report: Report) -> None:
        if self.figures.kills % 10 == 0 and self._settings.times > 10:
            states = ", ".join(f"{count} {state}" for state, count in sorted(report.states.items()))
            print(f"{self.figures.kills} kills: {states}", file=sys.stderr, flush=True)

    def _kill_all(self) -> None:
        for program in self._running:
            with program:
                program.kill()

    def _finish(self) -> None:
        settings = self._settings
        finished = finish(settings.ledger, self._peer, self._proof, settings.sellers, settings.plan)
        self.figures.report = finished.report
        self.figures.unknown, self.figures.unknown_arrived = finished.unknown, finished.arrived
