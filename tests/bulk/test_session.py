"""Whether a sender lives is told by a lock, and its connection is the lock."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from spapi_messaging.bulk.claiming.liveness import is_gone
from spapi_messaging.bulk.claiming.session import SenderGone, Session, bury_gone
from spapi_messaging.bulk.claiming.transitions import begin_sending
from spapi_messaging.bulk.storage.database import Database
from spapi_messaging.bulk.storage.schema import senders
from spapi_messaging.errors import ConfigurationError, LedgerError
from tests.support import postgres
from tests.support.tables import (
    add_messages,
    add_seller,
    claim,
    living,
    lose,
    message,
    seller,
    session_of,
    states,
    wait_until_free,
)


@pytest.fixture
def postgres_url(postgres_server: postgres.Server) -> str:
    return postgres_server.fresh_url()


@pytest.fixture
def postgres_database(postgres_url: str) -> Iterator[Database]:
    made = Database(postgres_url)
    yield made
    made.close()


def gone(database: Database, session_id: str) -> bool:
    with database.write() as connection:
        row = connection.execute(select(senders).where(senders.c.id == session_id)).one()
        return is_gone(connection, database, row)


def bury(database: Database, me: str | None = None) -> list[int]:
    with database.write() as connection:
        return bury_gone(connection, database, me)


def test_a_session_is_known_until_it_ends(database: Database) -> None:
    with session_of(database) as one, session_of(database) as two:
        assert living(database) == {one.id, two.id}
        with database.read() as connection:
            row = connection.execute(select(senders).where(senders.c.id == one.id)).one()
        assert row.host
        assert row.started_at > 1_000_000_000_000
    assert living(database) == set()


def test_a_living_sender_is_not_gone(database: Database) -> None:
    with session_of(database) as session:
        assert not gone(database, session.id)
        assert bury(database) == []
        assert living(database) == {session.id}


def test_a_sender_without_its_lock_is_gone(database: Database) -> None:
    session = Session(database)
    lose(session)
    assert gone(database, session.id)
    assert living(database) == {session.id}, "asking changes nothing"
    bury(database)
    assert living(database) == set()


def test_what_a_gone_sender_had_is_taken_back(database: Database) -> None:
    shop, other_shop = add_seller(database), add_seller(database, "another", buckets={"send": 1})
    ids = add_messages(database, shop, 3)
    with session_of(database) as alive:
        (other_id,) = add_messages(database, other_shop)
        claim(database, alive, other_shop)
        session = Session(database)
        claimed, got = claim(database, session, shop, 2)
        with session.transaction() as connection:
            begin_sending(connection, database.now, session.id, [(got[0].id, got[0].epoch)])
        lose(session)
        assert bury(database, alive.id) == [ids[0]]
        assert bury(database, alive.id) == []
        assert [message(database, id).state for id in ids] == ["unknown", "pending", "pending"]
        row = message(database, ids[0])
        assert row.error_type == "SenderGone"
        assert "resolve" in row.error_text
        assert row.finished_at >= row.sending_at
        taken = seller(database, shop)
        assert (taken.owner, taken.epoch, taken.buckets) == (None, claimed.epoch + 1, {"emptied": True})
        untouched = seller(database, other_shop)
        assert (untouched.owner, untouched.buckets) == (alive.id, {"send": 1})
        assert message(database, other_id).state == "claimed"
        assert living(database) == {alive.id}


def test_a_session_that_ends_leaves_nothing_claimed(database: Database) -> None:
    shop = add_seller(database)
    add_messages(database, shop, 2)
    with session_of(database) as session:
        _, got = claim(database, session, shop, 2)
        with session.transaction() as connection:
            begin_sending(connection, database.now, session.id, [(got[0].id, got[0].epoch)])
    assert states(database) == ["unknown", "pending"]
    assert seller(database, shop).owner is None


def test_a_session_is_closed_twice(database: Database) -> None:
    session = Session(database)
    session.close()
    session.close()
    assert living(database) == set()


def test_what_raises_in_a_transaction_is_undone(database: Database) -> None:
    shop = add_seller(database)
    with session_of(database) as session:
        with pytest.raises(ZeroDivisionError), session.transaction() as connection:
            connection.execute(senders.delete())
            raise ZeroDivisionError
        assert living(database) == {session.id}
        claim(database, session, shop)


def test_the_files_of_a_session_go_with_it(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'ledger.db'}")
    with session_of(database) as session:
        assert (tmp_path / f"ledger.db.sender-{session.id}.lock").exists()
    lost = Session(database)
    lose(lost)
    bury(database)
    database.close()
    assert [path.name for path in tmp_path.iterdir()] == ["ledger.db"]


def test_a_sender_whose_lock_file_was_removed_notices_that_it_was_taken_for_dead(tmp_path: Path) -> None:
    """Else it would go on without a row by which others could find it gone, and what it had would be held for ever."""
    database = Database(f"sqlite:///{tmp_path / 'ledger.db'}")
    session = Session(database)
    (lock,) = tmp_path.glob("*.lock")
    lock.unlink()
    with database.write() as connection:
        bury_gone(connection, database, None)

    with pytest.raises(SenderGone), session.transaction():
        pytest.fail("others have taken over its work")
    session.close()
    database.close()


def test_a_folder_in_which_nothing_can_be_locked_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    database = Database(f"sqlite:///{tmp_path / 'ledger.db'}")

    def refuse(*_given: object) -> None:
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr("fcntl.flock", refuse)
    with pytest.raises(ConfigurationError, match="beside it: Function not implemented"):
        Session(database)
    assert living(database) == set()
    database.close()


def test_a_sender_whose_lock_cannot_be_looked_at_lives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    database = Database(f"sqlite:///{tmp_path / 'ledger.db'}")
    session = Session(database)
    lose(session)

    def refuse(*_given: object) -> None:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patched:
        patched.setattr("fcntl.flock", refuse)
        assert not gone(database, session.id)
    assert gone(database, session.id)
    database.close()


KILLED = """
import os, signal, sys
from spapi_messaging.bulk.storage.database import Database
from spapi_messaging.bulk.claiming.session import Session
session = Session(Database(sys.argv[1]))
print(session.id, flush=True)
sys.stdin.read()
"""


def test_a_sender_that_is_killed_is_gone(database: Database, ledger_url: str) -> None:
    program = [sys.executable, "-c", KILLED, ledger_url]
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        id = process.stdout.readline().strip()
        with database.read() as connection:
            lock = connection.execute(select(senders.c.lock_number)).scalar_one()
        assert not gone(database, id)
        process.kill()
    if not database.is_sqlite:
        wait_until_free(database, lock)
    assert gone(database, id)


def test_the_connection_that_writes_holds_the_lock(postgres_database: Database) -> None:
    with session_of(postgres_database) as session, session.transaction() as connection:
        held = connection.exec_driver_sql(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted AND pid = pg_backend_pid()"
        )
        assert held.scalar_one() == 1


def test_commits_of_a_session_are_durable(postgres_server: postgres.Server, postgres_url: str) -> None:
    lax = f"{postgres_url}%20-csynchronous_commit%3Doff"
    database = Database(lax)
    setting = "SHOW synchronous_commit"
    with session_of(database) as session, session.transaction() as mine, database.write() as other:
        assert mine.exec_driver_sql(setting).scalar_one() == "on"
        assert other.exec_driver_sql(setting).scalar_one() == "on"
    with database.read() as connection:
        assert connection.exec_driver_sql(setting).scalar_one() == "off", "so the test is about something"
    database.close()


def test_a_session_goes_on_after_its_connection_was_cut(
    postgres_database: Database, postgres_server: postgres.Server
) -> None:
    shop = add_seller(postgres_database)
    add_messages(postgres_database, shop)
    with session_of(postgres_database) as session:
        id = session.id
        assert postgres_server.cut_connections() > 0
        with pytest.raises(LedgerError) as caught, session.transaction():
            pytest.fail("there is no connection")
        assert caught.value.retryable
        _, got = claim(postgres_database, session, shop)
        assert session.id == id
        assert len(got) == 1
        assert not gone(postgres_database, id)


def test_a_transaction_whose_connection_is_cut_is_not_carried_out(
    postgres_database: Database, postgres_server: postgres.Server
) -> None:
    with session_of(postgres_database) as session:
        with pytest.raises(LedgerError) as caught, session.transaction() as connection:
            connection.execute(senders.delete())
            postgres_server.cut_connections()
        assert caught.value.retryable
        with session.transaction() as connection:
            assert connection.execute(select(func.count()).select_from(senders)).scalar_one() == 1


def test_a_session_goes_on_after_a_restart_of_the_server(
    postgres_database: Database, postgres_server: postgres.Server
) -> None:
    with session_of(postgres_database) as session:
        postgres_server.stop()
        for _ in range(2):
            with pytest.raises(LedgerError) as caught, session.transaction():
                pytest.fail("there is no server")
            assert caught.value.retryable
        postgres_server.start()
        with session.transaction() as connection:
            assert connection.execute(select(func.count()).select_from(senders)).scalar_one() == 1
        with postgres_database.read() as connection:
            assert connection.exec_driver_sql("SELECT 1").scalar_one() == 1


def test_a_session_that_was_taken_for_dead_ends(postgres_database: Database, postgres_server: postgres.Server) -> None:
    session = Session(postgres_database)
    postgres_server.cut_connections()
    bury(postgres_database)
    with pytest.raises(LedgerError) as caught, session.transaction():
        pytest.fail("there is no connection")
    assert caught.value.retryable
    for _ in range(2):
        with pytest.raises(SenderGone) as gone_error, session.transaction():
            pytest.fail("others have its work")
        assert not gone_error.value.retryable
    session.close()


def test_a_session_waits_while_the_server_still_holds_its_old_lock(
    postgres_database: Database, postgres_server: postgres.Server
) -> None:
    with session_of(postgres_database) as session:
        with postgres_database.read() as connection:
            number = connection.execute(select(senders.c.lock_number)).scalar_one()
        postgres_server.cut_connections()
        with pytest.raises(LedgerError), session.transaction():
            pytest.fail("there is no connection")
        with postgres_server.connect() as stale:
            stale.execute("SELECT pg_advisory_lock(%s)", [number])
            with pytest.raises(LedgerError, match="not noticed yet") as caught, session.transaction():
                pytest.fail("the lock is not ours")
            assert caught.value.retryable
        with session.transaction():
            pass
