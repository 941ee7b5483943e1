"""A sender that is there to be killed: python -m proofs.sender SETTINGS, as JSON.

It prints "ready", a line for each outcome, and "done".
"""

from __future__ import annotations

import json
import logging
import os
import sys

from proofs.workload import accounts
from spapi_messaging.bulk import Ledger, Sender


def main(given: str) -> None:
    settings = json.loads(given)
    logging.basicConfig(filename=settings["log"], format=f"%(asctime)s {os.getpid()} %(message)s")
    with Ledger(settings["ledger"]) as ledger:
        sender = Sender(ledger, accounts(settings["url"], settings["sellers"], settings["plan"]))
        print("ready", flush=True)
        for outcome in sender.run():
            print(json.dumps([str(outcome.state), outcome.job.order_id, outcome.job.message_type]), flush=True)
    print("done", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
