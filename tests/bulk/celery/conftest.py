"""A shop with a ledger in PostgreSQL, and a broker."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from celery import signals
from celery.utils.dispatch import Signal

from tests.support import postgres, redis_server
from tests.support.senders import Shop

SELLERS = 5

#: What the settings of a worker are, when it has no reason to warn.
GOOD = {"worker_prefetch_multiplier": 1, "broker_connection_retry_on_startup": True}

Settings = Callable[..., dict[str, Any]]


@pytest.fixture(autouse=True)
def forget_apps() -> Iterator[None]:
    """Disconnects the apps of a test from the signals of Celery, which are for all apps of a process."""
    every = [each for each in vars(signals).values() if isinstance(each, Signal)]
    before = [list(each.receivers or []) for each in every]
    yield
    signals.worker_shutdown.send(sender=None)  # so that they close their ledgers
    for each, receivers in zip(every, before, strict=True):
        each.receivers = receivers
        each.sender_receivers_cache.clear()


@pytest.fixture
def shop(postgres_server: postgres.Server, tmp_path: Path) -> Iterator[Shop]:
    """Five sellers. Each may send ten messages of a type a second."""
    with Shop(postgres_server.fresh_url(), tmp_path, sellers=SELLERS, plan=(10.0, 5)) as shop:
        yield shop


@pytest.fixture
def settings(shop: Shop, redis_server: redis_server.Server) -> Settings:
    """Makes the settings of the app; ``conf`` and the arguments of add_sender may be given."""
    redis_server.flush()

    def make(conf: dict[str, Any] | None = None, **sender: Any) -> dict[str, Any]:
        return {
            "broker": redis_server.url,
            "conf": {**GOOD, **(conf or {})},
            "url": shop.sandbox.url,
            "sellers": shop.sellers,
            "plan": shop.plan,
            "sender": {"ledger": shop.url, "every": 0.5, "seconds": 10.0, **sender},
        }

    return make
