"""A sender that is there to be killed: python -m proofs.sender SETTINGS, as JSON.

It prints "ready", a line for each outcome, and "done". With ``ahead``, the ledger's clock is ahead by so many seconds.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import time

from proofs.workload import accounts
from spapi_messaging.bulk import Ledger, Sender


def main(given: str) -> None:
    settings = json.loads(given)
    logging.basicConfig(filename=settings["log"], format=f"%(asctime)s {os.getpid()} %(message)s")
    ahead, options = settings.get("ahead"), settings.get("options", {})
    clock = (lambda: time.time() + ahead) if ahead else None
    with Ledger(settings["ledger"], clock=clock) as ledger:
        sender = Sender(ledger, accounts(settings["url"], settings["sellers"], settings.get("plan")), **options)
        print("ready", flush=True)
        for outcome in sender.run():
            print(json.dumps([str(outcome.state), outcome.job.order_id, outcome.job.message_type]), flush=True)
    print("done", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
