"""A sender that has claimed a message, and then forks: python -m tests.bulk.forking LEDGER.

It prints "ready" and waits for its end. Its child ends with their common input.
"""

from __future__ import annotations

import os
import sys

from spapi_messaging.bulk import Ledger
from spapi_messaging.bulk.claiming.claims import claim_messages, claim_sellers
from spapi_messaging.bulk.claiming.session import Session


def main(url: str) -> None:
    ledger = Ledger(url)
    session, now = Session(ledger.database), ledger.database.now
    with session.transaction() as connection:
        (seller,) = claim_sellers(connection, now, session.id, {1: "seller"})
        claim_messages(connection, now, session.id, seller, "eu", "confirmOrderDetails", 1)
    if os.fork():
        print("ready", flush=True)
    else:
        os.close(1)
    os.read(0, 1)


if __name__ == "__main__":
    main(*sys.argv[1:])
