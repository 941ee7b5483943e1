"""One worker: sends what is in a ledger, until nothing is left or its standard input ends.

``python worker.py LEDGER PEER SELLERS`` says that it is ready, and begins when it gets a line. At the end it prints the
messages that it sent, its processor seconds since that line, and its peak memory in bytes.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from pathlib import Path

from spapi_messaging import Credentials
from spapi_messaging.bulk import Ledger, Sender, State


def peak() -> int:
    """The peak of resident memory. ``ru_maxrss`` would begin with that of the process that started this one."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) * 1024


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
    before, sent = time.process_time(), 0
    for outcome in sender.run():
        assert outcome.state is State.SENT, outcome
        sent += 1
    print(json.dumps({"sent": sent, "cpu": time.process_time() - before, "memory": peak()}), flush=True)
