"""A worker that is there to be broken: python -m proofs.breaking.worker SETTINGS, as JSON.

It stays and sends, or serves slice after slice, as a scheduler would let it. It prints "ready", and "done" once it was
told to end. If its ledger cannot be reached, it ends with TRY_AGAIN, and whoever supervises it starts another one.
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
#: Seconds between two slices.
PAUSE = 0.05


def main(given: str) -> None:
    settings = json.loads(given)
    # Before any other module takes a clock.
    wrong_clock.install(settings.get("wrong_by", 0.0), settings.get("jumps", 0.0))
    logging.basicConfig(filename=settings["log"], format=f"%(asctime)s {os.getpid()} %(message)s", level="INFO")
    logging.getLogger("httpx").setLevel("WARNING")
    told_to_end = threading.Event()
    # In a thread: where the signal comes while this one has the lock of the event, `set` would wait for itself.
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=told_to_end.set).start())
    from spapi_messaging.errors import LedgerError

    try:
        serve(settings, told_to_end)
    except LedgerError as error:
        logging.warning("The worker ends: %s", error)
        print(f"again: {error}", flush=True)
        sys.exit(TRY_AGAIN)
    print("done", flush=True)


def serve(settings: dict[str, Any], told_to_end: threading.Event) -> None:
    """Sends until the worker is told to end, or as many slices as the settings say."""
    from proofs import workload
    from spapi_messaging.bulk import Ledger

    accounts = workload.credentials(settings["sellers"])
    options = {
        **workload.client_options(settings["url"], settings["plan"]),
        **limiter_of(settings),
        "sellers": settings["most"],
        "patience": 5.0,
    }
    with Ledger(settings["ledger"]) as ledger:
        print("ready", flush=True)
        if settings["stays"]:
            stay(ledger, accounts, options, told_to_end)
        else:
            serve_slices(ledger, accounts, options, settings, told_to_end)


def stay(ledger: Any, accounts: Any, options: dict[str, Any], told_to_end: threading.Event) -> None:
    """One run that does not end by itself."""
    from spapi_messaging.bulk import Sender

    sender = Sender(ledger, accounts, stay=True, **options)

    def stop() -> None:
        told_to_end.wait()
        sender.stop()

    threading.Thread(target=stop, daemon=True).start()
    for _ in sender.run():
        pass


def serve_slices(
    ledger: Any, accounts: Any, options: dict[str, Any], settings: dict[str, Any], told_to_end: threading.Event
) -> None:
    """One slice after the other."""
    from spapi_messaging.bulk import work

    left = settings.get("slices")
    while not told_to_end.is_set() and left != 0:
        work(ledger, accounts, seconds=settings["seconds"], **options)
        left = None if left is None else left - 1
        told_to_end.wait(PAUSE)


def limiter_of(settings: dict[str, Any]) -> dict[str, Any]:
    """The limiter, if the worker shares one with others."""
    if "redis" not in settings:
        return {}
    from spapi_messaging.limiters import RedisLimiter

    return {"limiter": RedisLimiter(settings["redis"], share_without_redis=settings["share_without_redis"])}


if __name__ == "__main__":
    main(*sys.argv[1:])
