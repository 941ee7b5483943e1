"""Brings a ledger to its end: everything is sent, and what is unknown is resolved by what the buyers received."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

from proofs import workload
from proofs.programs import Peer
from spapi_messaging.bulk import Ledger, Sender, State
from tests.support.proof import Proof, Report

#: How often a sender is started to bring the rest to its end.
MOST_ROUNDS = 50
#: Seconds between two of these, by the ledger's clock: longer than a sender leaves anything for later.
LATER = 3600
#: Seconds that these senders wait for what may get better by itself.
PATIENCE = 0.5


class Finished(NamedTuple):
    """How it ended.

    Args:
        report: the last comparison of inbox and ledger: everything is sent.
        unknown: how many messages were unknown once no sender had anything left to do.
        arrived: how many of them were in the inbox.
    """

    report: Report
    unknown: int
    arrived: int


def finish(url: str, peer: Peer, proof: Proof, sellers: int, plan: tuple[float, int]) -> Finished:
    """Lets senders live until everything is sent. No other sender may run.

    Args:
        url: the ledger's.
        peer: the sandbox.
        proof: holds the inbox against the ledger.
        sellers: how many accounts there are.
        plan: the usage plan that the sandbox enforces.

    Raises:
        AssertionError: something is there twice, was lost or is not finished.
    """
    unknown = arrived = 0
    for number in range(MOST_ROUNDS):
        # What failed several times is left for later. Here, later is the next round.
        with Ledger(url, grace=0, clock=_clock(ahead=number * LATER)) as ledger:
            for _ in Sender(ledger, workload.accounts(peer.url, sellers, plan), patience=PATIENCE).run():
                pass
            peer.settle()
            report = proof.hold()
            if number == 0:
                unknown, arrived = report.states[State.UNKNOWN], len(report.unknown_arrived)
            _resolve(ledger, report)
            resume(ledger, sellers)
        if report.states[State.SENT] == report.messages:
            break
    return Finished(proof.hold(finished=True, states={State.SENT}), unknown, arrived)


def resume(ledger: Ledger, sellers: int) -> None:
    """Goes on with accounts that are parked: tokens that expired again and again look like a trouble of theirs."""
    for name in workload.names(sellers):
        ledger.resume(name)


def _resolve(ledger: Ledger, report: Report) -> None:
    """Says what a person says who looked at what the buyers received."""
    for jobs, sent in ((report.unknown_arrived, True), (report.unknown_missing, False)):
        for job in jobs:
            changed = ledger.resolve(sent, order_id=job.order_id, message_type=job.message_type)
            assert changed == 1, f"{job.order_id} was resolved {changed} times"
    if report.states[State.REJECTED]:  # a file that failed at every attempt, say
        ledger.retry(state=State.REJECTED)


def _clock(ahead: float) -> Callable[[], float]:
    return lambda: time.time() + ahead
