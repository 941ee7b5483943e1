"""Workers that sleep while others take their sellers over, and then wake."""

from __future__ import annotations

import signal
import time

from proofs.breaking.scenarios import Scenario
from proofs.breaking.stage import Stage
from proofs.programs import Program
from spapi_messaging.bulk import Ledger
from spapi_messaging.errors import LedgerError

#: Ends the connection whose lock says that a sender lives.
_CUT = """
    SELECT pg_terminate_backend(pid, 10000) FROM pg_locks JOIN spapi_senders
    ON locktype = 'advisory' AND (classid::bigint << 32) + objid::bigint = lock_number WHERE process = :process
"""
_UNKNOWN = """
    SELECT amazon_order_id, message_type FROM spapi_messages
    WHERE state = 'unknown' AND sender = ANY(:senders) ORDER BY sending_at DESC LIMIT 1
"""


class Sleepers(Scenario):
    """SIGSTOP: for a moment, until others have taken over, for longer than a sender hesitates; or it never wakes."""

    def blow(self, stage: Stage) -> None:
        number = stage.random.choice(sorted(stage.running))
        sleeper = stage.running[number]
        busy = stage.random.choice((self._sellers_of, self._sending_of))
        stage.until(lambda: bool(busy(stage, sleeper)), "a worker has nothing to do", stage.add_work)
        sleeper.send_signal(signal.SIGSTOP)
        self.draw(stage, (self._nap, self._wake, self._wake, self._never_wake))(stage, number)

    def _nap(self, stage: Stage, number: int) -> None:
        """Its connection stays, so nobody takes anything from it."""
        sleeper = stage.running[number]
        before = self._sellers_of(stage, sleeper)
        stage.a_moment(2.0)
        assert self._sellers_of(stage, sleeper) == before, "others took sellers of a worker that lives"
        sleeper.send_signal(signal.SIGCONT)
        stage.note("asleep, with its lock")

    def _wake(self, stage: Stage, number: int) -> None:
        self._take_over(stage, stage.running[number])
        stage.running[number].send_signal(signal.SIGCONT)
        stage.note("asleep, taken over, awake again")

    def _never_wake(self, stage: Stage, number: int) -> None:
        senders = self._take_over(stage, stage.running[number])
        stage.kill(number, "asleep, taken over, killed", senders)

    def _take_over(self, stage: Stage, sleeper: Program) -> set[str]:
        """Its connection is lost, so others take over, and send what it would have sent next."""
        senders = stage.senders_of(sleeper.id)
        stage.until(lambda: bool(stage.rows(_CUT, process=sleeper.id)), "the worker has no lock")
        stage.until(lambda: not stage.senders_of(sleeper.id), "nobody takes the sellers over", stage.add_work)
        self._refuse_to_resolve(stage, senders)
        stage.let_arrive(stage.random.randint(4, 12))
        time.sleep(stage.random.choice((0.0, 0.5, stage.settings.longest_sleep)))
        return senders

    def _sellers_of(self, stage: Stage, sleeper: Program) -> set[int]:
        owned = "SELECT id FROM spapi_sellers WHERE owner = ANY(:senders)"
        return {seller for (seller,) in stage.rows(owned, senders=sorted(stage.senders_of(sleeper.id)))}

    def _sending_of(self, stage: Stage, sleeper: Program) -> set[int]:
        sending = "SELECT id FROM spapi_messages WHERE state = 'sending' AND sender = ANY(:senders)"
        return {message for (message,) in stage.rows(sending, senders=sorted(stage.senders_of(sleeper.id)))}

    def _refuse_to_resolve(self, stage: Stage, senders: set[str]) -> None:
        """What the sleeper was sending may still leave, so for a while nobody may say that it was not sent."""
        for order_id, message_type in stage.rows(_UNKNOWN, senders=sorted(senders)):
            with Ledger(stage.url) as ledger:
                try:
                    changed = ledger.resolve(False, order_id=order_id, message_type=message_type)
                except LedgerError:
                    stage.note("resolve refused")
                else:
                    raise AssertionError(f"{changed} messages were called not sent, and may still be")
