"""A sender without a network, that sends whatever it gets: python -m tests.support.claiming URL."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable

from spapi_messaging.bulk.claiming import claims, giving_back, transitions
from spapi_messaging.bulk.claiming.claims import ClaimedSeller
from spapi_messaging.bulk.claiming.session import Session
from spapi_messaging.bulk.claiming.transitions import Settlement
from spapi_messaging.bulk.states import State
from spapi_messaging.bulk.storage.database import Database
from spapi_messaging.errors import LedgerError


def send_all(database: Database, sellers: int = 2) -> list[int]:
    """Sends until nothing is left that nobody serves. Returns the ids of the messages that were sent, in order."""
    session = Session(database)
    sent: list[int] = []
    while _again(lambda: _serve(database, session, sellers, sent)):
        pass
    session.close()
    return sent


def _again(step: Callable[[], bool]) -> bool:
    """What may pass by itself is tried again, as a sender does."""
    while True:
        try:
            return step()
        except LedgerError as error:
            if not error.retryable:
                raise


def _serve(database: Database, session: Session, number: int, sent: list[int]) -> bool:
    with session.transaction() as connection:
        found = claims.candidates(connection, database.now, number, [])
        # Pairs of accounts are one seller, so that senders compete for its name as well.
        names = {each.id: f"seller {each.id // 2}" for each in found}
        claimed = claims.claim_sellers(connection, database.now, session.id, names)
    for seller in claimed:
        while _send_some(database, session, seller, sent):
            pass
        with session.transaction() as connection:
            giving_back.give_back(connection, database.now, session.id, seller, {})
    return bool(found)


def _send_some(database: Database, session: Session, seller: ClaimedSeller, sent: list[int]) -> bool:
    with session.transaction() as connection:
        got = claims.claim_messages(connection, database.now, session.id, seller, "eu", "invoice", 3)
    with session.transaction() as connection:
        begun = transitions.begin_sending(connection, database.now, session.id, [(each.id, each.epoch) for each in got])
    sent += sorted(begun)
    ends = [Settlement(each.id, each.epoch, State.SENT, {}) for each in got if each.id in begun]
    with session.transaction() as connection:
        transitions.settle(connection, database.now, session.id, ends, keep_texts=False)
    return bool(got)


if __name__ == "__main__":
    ledger = Database(sys.argv[1])
    print("ready", flush=True)
    sys.stdin.readline()
    print(json.dumps(send_all(ledger)), flush=True)
    ledger.close()
