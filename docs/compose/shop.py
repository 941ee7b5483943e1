"""The Celery app of compose.yaml. In production, `accounts` says where the sellers' credentials come from."""

import os

from celery import Celery

from spapi_messaging.bulk.celery import add_sender

app = Celery("shop", broker=os.environ["CELERY_BROKER_URL"])
app.conf.worker_prefetch_multiplier = 1  # a tick goes to a process that is free
add_sender(
    app,
    ledger=os.environ["SPAPI_MESSAGING_LEDGER"],
    limiter=os.environ["LIMITER_URL"],
    every=5,
    seconds=15,
)
