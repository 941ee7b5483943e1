"""A worker that is there to be broken: python -m proofs.breaking.worker SETTINGS, as JSON.

It serves slice after slice, as a scheduler would let it. It prints "ready", a line for each slice, and "done" once it
was told to end. If its ledger cannot be reached, it ends with TRY_AGAIN, and whoever supervises it starts another one.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
import threading
from typing import Any

from proofs.breaking import wrong_clock

#: The exit code of a worker whose ledger was out of reach.
TRY_AGAIN = 75


def main(given: str) -> None:
    settings = json.loads(given)
    # Before any other module takes a clock.
    wrong_clock.install(settings.get("wrong_by", 0.0), settings.get("jumps", 0.0))
    logging.basicConfig(filename=settings["log"], format=f"%(asctime)s {os.getpid()} %(message)s", level="INFO")
    logging.getLogger("httpx").setLevel("WARNING")
    told_to_end = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: told_to_end.set())
    from spapi_messaging.errors import LedgerError

    try:
        serve(settings, told_to_end)
    except LedgerError as error:
        if not error.retryable:
            raise
        logging.warning("The worker ends: %s", error)
        print(f"again: {error}", flush=True)
        sys.exit(TRY_AGAIN)
    print("done", flush=True)


def serve(settings: dict[str, Any], told_to_end: threading.Event) -> None:
    """Serves slices until the worker is told to end, or as many as the settings say."""
    from proofs import workload
    from spapi_messaging.bulk import Ledger, work

    accounts = workload.credentials(settings["sellers"])
    options = workload.client_options(settings["url"], settings["plan"])
    left = settings.get("slices")
    with Ledger(settings["ledger"], **settings.get("ledger_options", {})) as ledger:
        print("ready", flush=True)
        while not told_to_end.is_set() and left != 0:
            done = work(
                ledger, accounts, seconds=settings["seconds"], sellers=settings["most"], patience=5.0, **options
            )
            print(json.dumps(done.to_dict()), flush=True)
            left = None if left is None else left - 1
            told_to_end.wait(settings.get("pause", 0.05))


if __name__ == "__main__":
    main(*sys.argv[1:])
