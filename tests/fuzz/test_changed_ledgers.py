"""Ledgers in which something else wrote: SQLite keeps any value in any column, and people mend a ledger by hand."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from spapi_messaging import ConfigurationError, SpApiMessagingError
from spapi_messaging.bulk import Job, Ledger
from spapi_messaging.bulk.metrics import LedgerCollector
from tests.support.amazon import ORDER
from tests.test_tracebacks import shown_by

TEXT = "Dear Mrs Lüdenscheidt"
# Python makes something of these.
COLUMNS = [
    *[("spapi_messages", name) for name in ("added_at", "due_at", "finished_at", "not_before", "sending_at")],
    *[("spapi_messages", name) for name in ("attachments", "fields", "texts", "marketplace", "state", "text")],
    *[("spapi_sellers", name) for name in ("account", "not_before", "parked_at")],
    ("spapi_meta", "version"),
]
VALUES: tuple[object, ...] = (TEXT, f'["{TEXT}"]', 10**18)


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("changed") / "original.db"
    with Ledger(f"sqlite:///{path}") as ledger:
        ledger.add(Job(ORDER, "confirmOrderDetails", text=TEXT, account="a", marketplace="DE"))
    return path


def changed(original: Path, table: str, column: str, value: object) -> str:
    """The URL of a copy in which a column has this value, whatever its type."""
    path = original.with_name("changed.db")
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    shutil.copy(original, path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"UPDATE {table} SET {column} = ?", [value])
        connection.commit()
    return f"sqlite:///{path}"


READS: list[Callable[[Ledger], Any]] = [
    lambda ledger: list(ledger.outcomes()),
    lambda ledger: list(ledger.export()),
    lambda ledger: list(ledger.late()),
    lambda ledger: list(ledger.archivable("2030-01-01")),
    lambda ledger: ledger.status(),
    lambda ledger: [ledger.timeline(of) for of in ("finished_at", "due", "not_before")],
    lambda ledger: LedgerCollector(ledger).read(),
]


def errors_of(url: str) -> Iterator[SpApiMessagingError]:
    """What those get who look into a ledger. Any other exception goes through."""
    try:
        ledger = Ledger(url)
    except SpApiMessagingError as error:
        yield error
        return
    with ledger:
        for read in READS:
            try:
                read(ledger)
            except SpApiMessagingError as error:
                yield error


@pytest.mark.parametrize(("table", "column"), COLUMNS, ids=str)
def test_a_value_that_cannot_be_is_an_error_of_ours_without_texts(original: Path, table: str, column: str) -> None:
    for value in VALUES:
        for error in errors_of(changed(original, table, column, value)):
            assert TEXT not in shown_by(error)
            assert error.__context__ is None


def test_it_says_that_something_else_changed_the_ledger(original: Path) -> None:
    url = changed(original, "spapi_messages", "due_at", "2026-12-24")
    with Ledger(url) as ledger, pytest.raises(ConfigurationError, match="something else changed it") as raised:
        list(ledger.export())
    assert "changed.db" in str(raised.value)
