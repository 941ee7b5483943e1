"""Ledgers on the local disk, and jobs for them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from spapi_messaging.bulk import Job, Ledger

TEXT_TYPE: Final = "confirmOrderDetails"


@contextmanager
def new_ledger() -> Iterator[Ledger]:
    """An empty ledger, removed afterwards."""
    with tempfile.TemporaryDirectory() as folder, Ledger(f"sqlite:///{Path(folder) / 'ledger.db'}") as ledger:
        yield ledger


def texts(count: int, account: str | None = None, first: int = 0) -> Iterator[Job]:
    """``count`` text messages, each for an order of its own."""
    for number in range(first, first + count):
        yield Job(order(number), TEXT_TYPE, text="Hello", marketplace="DE", account=account)


def order(number: int) -> str:
    return f"303-{number:07d}-1234567"
