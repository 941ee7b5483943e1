"""A disk that is full while a sender runs: nothing more begins, what is known is kept, nothing goes twice."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event
from sqlalchemy.engine.default import DefaultDialect

from spapi_messaging.bulk import State
from spapi_messaging.bulk.sending.writer import Writer
from spapi_messaging.errors import LedgerError
from tests.support.senders import Shop

MESSAGES = 30
PLENTY = 2**30


class Disk:
    """Lets SQLite's files grow, or not.

    Attributes:
        pages: how many pages a file may have. SQLite takes at least those that it has.
        errors: how often something did not fit.
    """

    def __init__(self) -> None:
        self.pages = PLENTY
        self.errors = 0
        self.frees_after = 0

    def fill(self, frees_after: int = 0) -> None:
        """No file grows any more until this many attempts have failed; 0: for ever."""
        self.pages, self.frees_after = 1, frees_after

    def before_statement(self, connection: Any, cursor: Any, statement: str, *_: object) -> None:
        if statement.startswith("BEGIN"):
            cursor.execute(f"PRAGMA max_page_count = {self.pages}")

    def after_error(self, context: Any) -> None:
        if "full" in str(context.original_exception):
            self.errors += 1
            if self.errors == self.frees_after:
                self.pages = PLENTY


@pytest.fixture
def disk() -> Iterator[Disk]:
    disk = Disk()
    event.listen(Engine, "before_cursor_execute", disk.before_statement)
    event.listen(Engine, "handle_error", disk.after_error)
    yield disk
    event.remove(Engine, "before_cursor_execute", disk.before_statement)
    event.remove(Engine, "handle_error", disk.after_error)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with Shop(f"sqlite:///{tmp_path / 'ledger.db'}", tmp_path, sellers=1) as shop:
        shop.add(shop.jobs(MESSAGES))
        yield shop


def test_a_disk_that_is_full_for_a_while_costs_nothing(shop: Shop, disk: Disk) -> None:
    shop.sends.on_send = lambda number: disk.fill(frees_after=3) if number == MESSAGES // 2 else None
    shop.run()

    assert disk.errors >= 3
    shop.hold()


def test_a_disk_that_is_full_at_a_commit_costs_nothing(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """The statements fitted into memory, and their commit does not fit on the disk: SQLite leaves that transaction
    open, and SQLAlchemy takes it for ended."""
    left = 0

    def do_commit(_: Any, connection: Any) -> None:
        nonlocal left
        if left and connection.in_transaction:
            left -= 1
            error = sqlite3.OperationalError("database or disk is full")
            error.sqlite_errorcode, error.sqlite_errorname = sqlite3.SQLITE_FULL, "SQLITE_FULL"
            raise error
        connection.commit()

    def fill(number: int) -> None:
        nonlocal left
        if number == MESSAGES // 2:
            left = 3

    monkeypatch.setattr(DefaultDialect, "do_commit", do_commit)
    shop.sends.on_send = fill
    shop.run()

    assert left == 0
    shop.hold()


def test_a_disk_that_stays_full_ends_the_run_and_nothing_goes_twice(
    shop: Shop, disk: Disk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(Writer.close, "__defaults__", (0.2,))  # it tries no longer to write what is left
    shop.sends.on_send = lambda number: disk.fill() if number == MESSAGES // 2 else None
    with pytest.raises(LedgerError):
        shop.run(patience=1.0)
    arrived = len(shop.inbox())
    assert arrived < MESSAGES
    report = shop.hold(states=set(State))
    told = sum("could not be written" in message for message in caplog.messages)
    assert told == arrived - report.states[State.SENT]

    disk.pages = PLENTY
    shop.run()
    shop.hold(states={State.SENT, State.UNKNOWN}, finished=True)
