"""The Celery app of a shop, as a worker imports it: celery -A tests.support.celery_app worker.

It reads its settings from a variable, as JSON: "broker", "conf" (settings of Celery), "url" (the sandbox's), "sellers",
"plan", and "sender" (arguments of add_sender).
"""

from __future__ import annotations

import json
import os
from functools import cache
from typing import Any

from celery import Celery

from proofs import workload
from spapi_messaging import AsyncMessagingClient
from spapi_messaging.bulk.celery import add_sender
from tests.support.celery_workers import VARIABLE

settings: dict[str, Any] = json.loads(os.environ[VARIABLE])


@cache
def accounts() -> dict[str, AsyncMessagingClient]:
    """The clients, one set for each process."""
    return workload.accounts(settings["url"], settings["sellers"], settings["plan"])


def find(name: str) -> AsyncMessagingClient | None:
    """The client of an account."""
    return accounts().get(name)


app = Celery("shop", broker=settings["broker"])
app.conf.update(settings["conf"])
add_sender(app, accounts=find, **settings["sender"])
