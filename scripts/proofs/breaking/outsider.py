"""A program that sends for the same sellers without the ledger: python -m proofs.breaking.outsider SETTINGS, as JSON.

It shares the usage plans with the workers through Redis. It sends until it is killed.
"""

from __future__ import annotations

import json
import sys
import time
from contextlib import suppress
from itertools import count

from proofs import workload
from spapi_messaging import MessagingClient
from spapi_messaging.errors import SpApiMessagingError
from spapi_messaging.limiters import RedisLimiter

#: Seconds between two messages, so that it does not use up all plans.
PAUSE = 0.02


def main(given: str) -> None:
    settings = json.loads(given)
    options = workload.client_options(settings["url"], settings["plan"])
    limiter = RedisLimiter(settings["redis"])
    clients = [
        MessagingClient(credentials=own, marketplace="DE", limiter=limiter, **options)
        for own in workload.credentials(settings["sellers"]).values()
    ]
    print("ready", flush=True)
    for number in count():
        order = f"{workload.OUTSIDE}00-0000000-{number:07d}"
        with suppress(SpApiMessagingError):  # a fault of the sandbox, or Redis is gone
            clients[number % len(clients)].send(order, workload.TEXT, text=f"Your parcel {order} waits")
        time.sleep(PAUSE)


if __name__ == "__main__":
    main(*sys.argv[1:])
