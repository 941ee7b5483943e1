"""Jobs that are added in the caller's own transaction, beside the caller's own rows."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, create_engine, event, select, text, update
from sqlalchemy.orm import Session as OrmSession
from sqlalchemy.pool import QueuePool

from spapi_messaging import ConfigurationError, InvalidMessageError
from spapi_messaging.bulk import Added, Ledger
from spapi_messaging.bulk.storage.database import Database
from spapi_messaging.bulk.storage.schema import messages, sellers
from spapi_messaging.errors import LedgerError
from tests.support.amazon import ORDER, TEXT
from tests.support.ledgers import a_text, order, rows

PATIENCE = 30


@pytest.fixture
def ledger(ledger_url: str) -> Iterator[Ledger]:
    with Ledger(ledger_url) as made:
        yield made


@pytest.fixture
def shop(ledger: Ledger, ledger_url: str) -> Iterator[Engine]:
    """The caller's own engine on the same database, with a table of the caller's own."""
    engine = create_engine(ledger_url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE IF NOT EXISTS invoices (number TEXT)"))
        connection.execute(text("DELETE FROM invoices"))
    yield engine
    engine.dispose()


def invoices(shop: Engine) -> list[str]:
    with shop.connect() as connection:
        return list(connection.execute(text("SELECT number FROM invoices")).scalars())


def write_invoice(connection: Connection) -> None:
    connection.execute(text("INSERT INTO invoices VALUES ('R-17')"))


@pytest.mark.parametrize("jobs_first", [True, False])
def test_committed_together(ledger: Ledger, shop: Engine, jobs_first: bool) -> None:
    with shop.begin() as connection:
        if not jobs_first:
            write_invoice(connection)
        assert ledger.add([a_text(account="a")], connection=connection) == Added(added=1)
        if jobs_first:
            write_invoice(connection)
        assert connection.in_transaction()

    assert [row.amazon_order_id for row in rows(ledger)] == [ORDER]
    assert invoices(shop) == ["R-17"]


@pytest.mark.parametrize("jobs_first", [True, False])
def test_rolled_back_together(ledger: Ledger, shop: Engine, jobs_first: bool) -> None:
    with shop.connect() as connection:
        if not jobs_first:
            write_invoice(connection)
        ledger.add([a_text(account="a")], connection=connection)
        if jobs_first:
            write_invoice(connection)
        connection.rollback()

    assert rows(ledger) == []
    assert invoices(shop) == []
    with ledger.database.read() as connection:
        assert connection.execute(select(sellers)).all() == []


def test_nothing_is_seen_before_the_caller_commits(ledger: Ledger, shop: Engine) -> None:
    with shop.begin() as connection:
        ledger.add([a_text()], connection=connection)
        assert rows(ledger) == []
    assert len(rows(ledger)) == 1


def test_after_wrong_jobs_the_callers_transaction_goes_on(ledger: Ledger, shop: Engine) -> None:
    ledger.add([a_text()])
    with shop.begin() as connection:
        write_invoice(connection)
        for wrong in (a_text(order(1), text=""), a_text(text="Another")):
            with pytest.raises(InvalidMessageError):
                ledger.add([a_text(order(2), account="new"), wrong], connection=connection)
        assert ledger.add([a_text(order(3))], connection=connection) == Added(added=1)

    assert [row.amazon_order_id for row in rows(ledger)] == [ORDER, order(3)]
    assert invoices(shop) == ["R-17"]
    with ledger.database.read() as ours:
        assert list(ours.execute(select(sellers.c.account)).scalars()) == [""]


def test_an_orm_session_gives_its_connection(ledger: Ledger, shop: Engine) -> None:
    with OrmSession(shop) as session:
        with pytest.raises(ConfigurationError, match=r"session\.connection\(\)"):
            ledger.add([a_text()], connection=session)  # type: ignore[arg-type]
        ledger.add([a_text()], connection=session.connection())
        session.commit()

    assert len(rows(ledger)) == 1


def test_a_database_without_a_ledger_is_told(ledger: Ledger, tmp_path: Path) -> None:
    elsewhere = create_engine(f"sqlite:///{tmp_path / 'elsewhere.db'}")
    with elsewhere.begin() as connection, pytest.raises(ConfigurationError, match="tables are not where"):
        ledger.add([a_text()], connection=connection)
    elsewhere.dispose()


def test_another_ledger_is_told(ledger: Ledger, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'other.db'}"
    Database(url).close()
    elsewhere = create_engine(url)
    with elsewhere.begin() as connection, pytest.raises(ConfigurationError, match="another ledger"):
        ledger.add([a_text()], connection=connection)
    elsewhere.dispose()


def test_a_connection_that_commits_by_itself_is_refused(ledger: Ledger, shop: Engine) -> None:
    autocommit = shop.connect().execution_options(isolation_level="AUTOCOMMIT")
    with autocommit as connection, pytest.raises(ConfigurationError, match="AUTOCOMMIT"):
        ledger.add([a_text()], connection=connection)

    assert rows(ledger) == []


def test_nobody_writes_between_our_reading_and_our_writing(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    other = Database(url, busy_seconds=0.01)
    refused: list[LedgerError] = []

    def try_to_write(*given: Any) -> None:
        if "FROM spapi_messages" in given[2]:
            with pytest.raises(LedgerError) as error, other.write():
                pass
            refused.append(error.value)

    with Ledger(url) as ledger:
        engine = create_engine(url)
        with engine.begin() as connection:
            event.listen(connection, "before_cursor_execute", try_to_write)
            ledger.add([a_text()], connection=connection)
        engine.dispose()
    other.close()

    assert refused
    assert all(error.retryable for error in refused)


def test_the_callers_only_connection_is_enough(ledger_url: str) -> None:
    engine = create_engine(
        ledger_url.replace("postgresql://", "postgresql+psycopg://"),
        poolclass=QueuePool, pool_size=1, max_overflow=0, pool_timeout=0.01,
    )  # fmt: skip
    with Ledger(engine) as ledger:
        with engine.begin() as connection:
            assert ledger.add([a_text()], connection=connection) == Added(added=1)
        assert len(rows(ledger)) == 1
    engine.dispose()


def test_a_text_stands_in_no_error_of_the_database(ledger: Ledger, shop: Engine) -> None:
    def fail(*_: Any) -> None:
        raise shop.dialect.loaded_dbapi.OperationalError(TEXT)

    with shop.connect() as connection:
        event.listen(connection, "before_cursor_execute", lambda *given: fail() if "INSERT" in given[2] else None)
        with pytest.raises(LedgerError) as failed:
            ledger.add([a_text()], connection=connection)

    assert TEXT not in str(failed.value)
    assert failed.value.__cause__ is None
    assert failed.value.__context__ is None


def test_two_programs_that_add_the_same_order_at_once(ledger: Ledger, shop: Engine) -> None:
    """The second waits for the first to commit, and then knows of its job. What it wrote itself is taken back."""
    if ledger.database.is_sqlite:
        pytest.skip("SQLite has one writer at a time")
    errors: list[Exception] = []
    results: list[Added] = []

    def second() -> None:
        with shop.begin() as connection:
            try:
                ledger.add([a_text(order(1), account="new"), a_text(text="Another")], connection=connection)
            except InvalidMessageError as error:
                errors.append(error)
            write_invoice(connection)

    def third() -> None:
        results.append(ledger.add([a_text(), a_text(order(2))]))

    with shop.connect() as first:
        ledger.add([a_text()], connection=first)
        threads = [threading.Thread(target=target) for target in (second, third)]
        for thread in threads:
            thread.start()
        wait_for_locks(ledger, len(threads))
        first.commit()
        for thread in threads:
            thread.join(PATIENCE)

    assert [error.problems[0].field for error in errors] == ["jobs[1].document"]  # type: ignore[attr-defined]
    assert results == [Added(added=1, known=1)]
    assert [row.amazon_order_id for row in rows(ledger)] == [ORDER, order(2)]
    assert invoices(shop) == ["R-17"]
    with ledger.database.read() as connection:
        assert list(connection.execute(select(sellers.c.account)).scalars()) == [""]


def wait_for_locks(ledger: Ledger, count: int) -> None:
    """Returns when this many statements wait for somebody else's transaction."""
    waiting = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'INSERT%'")
    deadline = threading.Event()
    timer = threading.Timer(PATIENCE, deadline.set)
    timer.start()
    try:
        while not deadline.is_set():
            with ledger.database.read() as connection:
                if connection.execute(waiting).scalar_one() >= count:
                    return
    finally:
        timer.cancel()
    raise AssertionError("nobody waits")


def test_no_plan_is_kept_from_when_the_ledger_was_empty(ledger: Ledger, shop: Engine) -> None:
    """Such a plan reads the whole table for each look-up of keys, and adding a large file again took minutes."""
    if ledger.database.is_sqlite:
        pytest.skip("SQLite plans each statement by its indexes")
    kept = text(
        "SELECT count(*), sum(generic_plans) FROM pg_prepared_statements WHERE statement LIKE '%key_hash = ANY%'"
    )
    with shop.connect() as connection:
        for number in range(20):
            ledger.add([a_text(order(number))], connection=connection)
            connection.commit()
        prepared, generic = connection.execute(kept).one()

    assert prepared > 0
    assert generic == 0


def test_a_job_that_is_archived_between_two_looks_is_known(ledger: Ledger, shop: Engine, ledger_url: str) -> None:
    """The messages and the keys that were kept are two tables, and no job may be missed in both."""
    if ledger.database.is_sqlite:
        pytest.skip("SQLite has one writer at a time")
    ledger.add(a_text())
    with ledger.database.write() as connection:
        connection.execute(update(messages).values(state="sent", finished_at=1))
    archived: list[int] = []

    def archive(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if "key_hash" in statement and not archived:
            with Ledger(ledger_url) as other:
                archived.append(other.archive("2026-01-01"))

    with shop.begin() as connection:
        event.listen(connection, "after_cursor_execute", archive)
        added = ledger.add(a_text(), connection=connection)

    assert archived == [1]
    assert added == Added(already_sent=1)
