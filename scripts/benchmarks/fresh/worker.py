"""One worker: sends what is in a ledger, until nothing is left or its standard input ends.

``python worker.py LEDGER PEER SELLERS`` says that it is ready, and begins when it gets a line. At the end it prints its
processor seconds since that line.
"""

from __future__ import annotations

import sys
import threading
import time

from spapi_messaging import Credentials
from spapi_messaging.bulk import Ledger, Sender, State


def credentials(account: str) -> Credentials:
    return Credentials("amzn1.application-oa2-client.bench", "secret", f"Atzr|{account.replace(' ', '-')}")


def stop_at_the_end_of_input(sender: Sender) -> None:
    sys.stdin.read()
    sender.stop()


url, peer, sellers = sys.argv[1], sys.argv[2], int(sys.argv[3])
with Ledger(url, create=False) as ledger:
    sender = Sender(ledger, credentials, sellers=sellers, endpoint=peer, lwa_endpoint=f"{peer}/auth/o2/token")
    print("ready", flush=True)
    sys.stdin.readline()
    threading.Thread(target=stop_at_the_end_of_input, args=[sender], daemon=True).start()
    before = time.process_time()
    for outcome in sender.run():
        assert outcome.state is State.SENT, outcome
    print(time.process_time() - before, flush=True)
