"""Opening a ledger: where it is, what is wrong with it, and what its transactions promise."""

import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import create_engine, insert, select, text
from sqlalchemy.exc import SQLAlchemyError

from spapi_messaging.bulk.storage import ledger_file
from spapi_messaging.bulk.storage.database import Database
from spapi_messaging.bulk.storage.schema import meta, sellers
from spapi_messaging.errors import ConfigurationError, LedgerError, SpApiMessagingError
from tests.support import postgres
from tests.support.tables import add_seller

PASSWORD = "a-secret-password"
WAIT = 30


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


@pytest.fixture
def opened() -> Iterator[Callable[..., Database]]:
    made: list[Database] = []

    def open_it(*given: object, **options: object) -> Database:
        made.append(Database(*given, **options))  # type: ignore[arg-type]
        return made[-1]

    yield open_it
    for database in made:
        database.close()


Opening = Callable[..., Database]


def refusal(url: object) -> SpApiMessagingError:
    with pytest.raises((ConfigurationError, LedgerError)) as caught:
        Database(url)  # type: ignore[arg-type]
    assert PASSWORD not in str(caught.value)
    assert caught.value.__context__ is None or caught.value.__suppress_context__
    return caught.value


@pytest.mark.parametrize(
    "url",
    ["sqlite://", "sqlite:///:memory:", "sqlite:///file::memory:?uri=true", "sqlite:///x?mode=memory&uri=true"],
)
def test_a_ledger_in_memory_is_refused(url: str) -> None:
    error = refusal(url)
    assert isinstance(error, ConfigurationError)
    assert "in memory forgets" in str(error)


@pytest.mark.parametrize(
    "url", ["mysql://user:a-secret-password@host/db", "postgresql+asyncpg://u:a-secret-password@h/d", "oracle://x"]
)
def test_other_databases_are_refused(url: str) -> None:
    assert "sqlite:///sent.db" in str(refusal(url))


@pytest.mark.parametrize("url", ["sent.db", "", f"not a url {PASSWORD}", "sqlite:///a.db?cache=shared"])
def test_what_is_no_url_of_a_ledger_is_refused(url: str) -> None:
    assert "sqlite:///sent.db" in str(refusal(url))


@pytest.mark.parametrize("password", [f"se@{PASSWORD}", f"se:cret@{PASSWORD}", f"{PASSWORD}@se:cret", f"{PASSWORD}@x"])
def test_a_password_that_is_not_escaped_is_not_shown(password: str) -> None:
    error = refusal(f"postgresql://user:{password}@127.0.0.1/ledger")
    assert isinstance(error, ConfigurationError) and "%40" in str(error)


@pytest.mark.parametrize(
    "url", ["postgresql://user@host:port/ledger", "sqlite:////tmp/a\0b.db", "sqlite:////tmp/\udcff.db"]
)
def test_a_url_that_nothing_can_open_is_refused(url: str) -> None:
    assert isinstance(refusal(url), ConfigurationError)


def test_a_folder_that_does_not_exist_is_named(tmp_path: Path) -> None:
    error = refusal(f"sqlite:///{tmp_path / 'no' / 'ledger.db'}")
    assert isinstance(error, ConfigurationError)
    assert str(tmp_path / "no") in str(error)
    assert "folder that exists" in str(error)


def test_a_folder_is_no_ledger(tmp_path: Path) -> None:
    assert "it is a folder" in str(refusal(f"sqlite:///{tmp_path}"))


def test_a_file_that_is_no_database_is_left_alone(file: Path) -> None:
    file.write_bytes(b"order;type\n" * 500)
    error = refusal(f"sqlite:///{file}")
    assert isinstance(error, ConfigurationError)
    assert "not an SQLite database" in str(error)
    assert file.read_bytes() == b"order;type\n" * 500


OPEN_AS_NOBODY = """
import os, sqlalchemy.dialects.sqlite, sys
from spapi_messaging.bulk.storage.database import Database
from spapi_messaging.errors import ConfigurationError
if os.getuid() == 0:
    os.setgid(65534); os.setuid(65534)
try:
    with Database(sys.argv[1]).write() as connection:
        connection.exec_driver_sql("DELETE FROM spapi_senders")
except ConfigurationError as error:
    print(error)
"""


@pytest.mark.parametrize("what", ["folder", "file"])
def test_what_may_not_be_written_is_named(what: str) -> None:
    # Not pytest's folder, into which another user may not look.
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        file = folder / "ledger.db"
        if what == "file":
            Database(f"sqlite:///{file}").close()
            file.chmod(0o444)
            folder.chmod(0o777)
        else:
            folder.chmod(0o555)
        program = [sys.executable, "-c", OPEN_AS_NOBODY, f"sqlite:///{file}"]
        told = subprocess.run(program, capture_output=True, text=True, check=True, timeout=WAIT).stdout
        folder.chmod(0o700)
    assert str(file) in told
    assert ("may not be written" if what == "file" else "Permission denied") in told


def test_the_default_is_one_file_for_each_user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, opened: Opening
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setattr("platformdirs.user_data_path", lambda name, **_: tmp_path / "data" / name)
    first = opened(None)
    assert first.path == tmp_path / "data" / "spapi-messaging" / "ledger.db"
    monkeypatch.chdir(tmp_path)
    assert opened(None).path == first.path


def test_a_file_is_its_user_s_alone(file: Path, opened: Opening) -> None:
    opened(f"sqlite:///{file}")
    assert file.stat().st_mode & 0o077 == 0


def test_a_relative_path_is_told_in_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, opened: Opening) -> None:
    monkeypatch.chdir(tmp_path)
    database = opened("sqlite:///ledger.db")
    assert database.path == tmp_path / "ledger.db"
    assert database.url_shown == f"sqlite:///{tmp_path / 'ledger.db'}"


def test_locks_stand_beside_the_file_and_not_beside_a_link(tmp_path: Path, file: Path, opened: Opening) -> None:
    (tmp_path / "elsewhere").mkdir()
    link = tmp_path / "elsewhere" / "link.db"
    link.symlink_to(file)
    assert opened(f"sqlite:///{link}").path == file


def test_sqlite_is_set_up_to_forget_nothing(file: Path, opened: Opening) -> None:
    database = opened(f"sqlite:///{file}")
    with database.read() as connection, database.dedicated() as other:
        for each in (connection, other):
            pragmas = {
                name: each.exec_driver_sql(f"PRAGMA {name}").scalar_one()
                for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
            }
            assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 30_000}


def test_a_ledger_that_is_locked_for_too_long_is_tried_again_later(file: Path, opened: Opening) -> None:
    database = opened(f"sqlite:///{file}", busy_seconds=0.01)
    with (
        database.write(),
        pytest.raises(LedgerError, match=r"locked.*Try again.*SQLITE_BUSY") as caught,
        database.write(),
    ):
        pytest.fail("two write at once")
    assert caught.value.retryable


def test_opening_a_new_file_waits_for_others_that_do_the_same(
    file: Path, opened: Opening, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")  # for which SQLite does not wait
    pauses = []

    def pause() -> None:
        pauses.append(1)
        if len(pauses) == 2:
            other.execute("ROLLBACK")

    monkeypatch.setattr(ledger_file, "_pause", pause)
    opened(f"sqlite:///{file}")
    other.close()
    assert len(pauses) == 2


def test_opening_a_new_file_does_not_wait_for_ever(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")  # for which SQLite does not wait
    monkeypatch.setattr(ledger_file, "_pause", lambda: None)
    error = refusal(f"sqlite:///{file}")
    other.close()
    assert isinstance(error, LedgerError)
    assert error.retryable


def test_a_writer_waits_for_another(database: Database) -> None:
    entered, done = threading.Event(), threading.Event()

    def write() -> None:
        entered.set()
        add_seller(database, "second")
        done.set()

    thread = threading.Thread(target=write)
    with database.write() as connection:
        connection.execute(insert(sellers).values(account="first"))
        thread.start()
        assert entered.wait(WAIT)
        assert not done.is_set() or not database.is_sqlite
    assert done.wait(WAIT)
    thread.join(WAIT)
    with database.read() as connection:
        assert set(connection.execute(select(sellers.c.account)).scalars()) == {"first", "second"}


def test_a_reader_does_not_wait_for_a_writer(file: Path, opened: Opening) -> None:
    database = opened(f"sqlite:///{file}", busy_seconds=0.01)
    with database.write() as connection:
        connection.execute(insert(sellers).values(account="first"))
        with database.read() as reader:
            assert reader.execute(select(sellers)).all() == []


def test_what_raises_is_undone(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.write() as connection:
        connection.execute(insert(sellers).values(account="first"))
        raise ZeroDivisionError
    with database.read() as connection:
        assert connection.execute(select(sellers)).all() == []


def test_a_failed_statement_undoes_all_even_if_its_error_is_swallowed(database: Database) -> None:
    add_seller(database, "shop")

    def write() -> None:
        with database.write() as connection:
            connection.execute(insert(sellers).values(account="another"))
            with suppress(SQLAlchemyError):
                connection.execute(text("INSERT INTO spapi_sellers (account) VALUES ('shop')"))
            if database.is_sqlite:
                connection.exec_driver_sql("ROLLBACK")  # as SQLite does by itself when the disk is full

    with pytest.raises(LedgerError, match="nothing was written"):
        write()
    with database.read() as connection:
        assert list(connection.execute(select(sellers.c.account)).scalars()) == ["shop"]


def test_a_full_disk_leaves_nothing_half_written(file: Path, opened: Opening) -> None:
    database = opened(f"sqlite:///{file}")
    with pytest.raises(LedgerError, match="disk is full") as caught, database.write() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + 2}")
        for number in range(1000):
            connection.execute(insert(sellers).values(account=f"{number}", parked_reason="x" * 4000))
    assert caught.value.retryable
    assert caught.value.outcome == "not_sent"
    database.close()  # the limit is the connection's
    with database.read() as connection:
        assert connection.execute(select(sellers)).all() == []
    add_seller(database, "room again")


def test_a_damaged_file_is_named(file: Path) -> None:
    database = Database(f"sqlite:///{file}")
    for number in range(200):
        add_seller(database, f"{number}", parked_reason="x" * 500)
    database.close()
    content = bytearray(file.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    file.write_bytes(content)
    assert "damaged" in str(refusal(f"sqlite:///{file}"))


def test_an_old_sqlite_is_refused(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 34, 1))
    assert "SQLite 3.35" in str(refusal(f"sqlite:///{file}"))


def test_a_folder_without_shared_memory_is_refused(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite keeps the mode it has where a network folder does not allow the other one."""
    monkeypatch.setattr(ledger_file, "_USE_WAL", "PRAGMA journal_mode = DELETE")
    assert "disk of this machine" in str(refusal(f"sqlite:///{file}"))


def test_the_extra_is_named_where_psycopg_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    error = refusal("postgresql://user@127.0.0.1/x")
    assert "pip install 'spapi-messaging[postgres]'" in str(error)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_postgresql_has_several_names(postgres_server: postgres.Server, scheme: str, opened: Opening) -> None:
    url = postgres_server.fresh_url().replace("postgresql+psycopg", scheme)
    assert opened(url).url_shown == f"postgresql://postgres@127.0.0.1:{postgres_server.port}/postgres"


def test_a_database_that_does_not_exist_is_named(postgres_server: postgres.Server) -> None:
    error = refusal(postgres_server.url("nowhere").replace("postgres@", f"postgres:{PASSWORD}@"))
    assert isinstance(error, ConfigurationError)
    assert "/nowhere" in str(error)
    assert "does not exist" in str(error)
    assert "postgres:***@" in str(error)


def test_an_unknown_user_is_refused(postgres_server: postgres.Server) -> None:
    error = refusal(postgres_server.url().replace("postgres@", f"nobody:{PASSWORD}@"))
    assert isinstance(error, ConfigurationError)
    assert "the user or the password" in str(error)


def test_a_wrong_password_is_told(postgres_server: postgres.Server) -> None:
    with postgres_server.asking_for_passwords("strict_user", "right"):
        error = refusal(postgres_server.url().replace("postgres@", f"strict_user:{PASSWORD}@"))
    assert isinstance(error, ConfigurationError)
    assert "the user or the password" in str(error)


def test_a_server_that_is_out_of_reach_is_tried_again_later() -> None:
    error = refusal(f"postgresql://user:{PASSWORD}@127.0.0.1:1/x")
    assert isinstance(error, LedgerError)
    assert error.retryable
    assert "user:***@127.0.0.1:1/x" in str(error)
    assert "no PostgreSQL server answers there" in str(error)


def test_a_host_that_nobody_knows_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def resolve(*_given: object, **_options: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr("socket.getaddrinfo", resolve)
    error = refusal(f"postgresql://user:{PASSWORD}@db.shop.test/x")
    assert "@db.shop.test/x" in str(error)
    assert "no PostgreSQL server answers there" in str(error)


def test_a_schema_that_does_not_exist_is_told(postgres_server: postgres.Server) -> None:
    assert "schema does not exist" in str(refusal(postgres_server.url(options="-csearch_path%3Dno_such_schema")))


def test_a_user_who_may_not_write_is_told(postgres_server: postgres.Server) -> None:
    postgres_server.execute("CREATE ROLE reader LOGIN")
    url = postgres_server.fresh_url().replace("postgres@", "reader@")
    assert isinstance(refusal(url), ConfigurationError)


def test_a_pooled_connection_that_was_cut_is_replaced(postgres_server: postgres.Server, opened: Opening) -> None:
    database = opened(postgres_server.fresh_url())
    add_seller(database, "before")
    postgres_server.restart()
    add_seller(database, "after")


def test_a_write_whose_connection_is_cut_is_not_carried_out(postgres_server: postgres.Server, opened: Opening) -> None:
    database = opened(postgres_server.fresh_url())
    with pytest.raises(LedgerError, match="connection") as caught, database.write() as connection:
        connection.execute(insert(sellers).values(account="half"))
        postgres_server.cut_connections()
    assert caught.value.retryable
    with database.read() as connection:
        assert connection.execute(select(sellers)).all() == []


def test_an_engine_is_taken_as_it_is(ledger_url: str) -> None:
    engine = create_engine(ledger_url)
    database = Database(engine)
    add_seller(database)
    with engine.connect() as connection:
        assert connection.execute(select(sellers.c.account)).scalars().all() == ["shop-de"]
        connection.execute(insert(sellers).values(account="of the caller"))
        connection.rollback()
    with database.read() as connection:
        assert connection.execute(select(sellers.c.account)).scalars().all() == ["shop-de"]
    assert not engine.hide_parameters, "the caller's own errors stay as they were"
    pool = engine.pool
    database.close()
    assert engine.pool is pool
    engine.dispose()


def test_an_engine_with_another_driver_is_refused() -> None:
    engine = create_engine("postgresql+psycopg://user@127.0.0.1:1/x")
    engine.dialect.driver = "psycopg2"
    assert "this one uses psycopg2" in str(refusal(engine))


def test_a_read_writes_nothing(postgres_server: postgres.Server, opened: Opening) -> None:
    database = opened(postgres_server.fresh_url())
    with pytest.raises(LedgerError, match="read-only"), database.read() as connection:
        connection.execute(insert(sellers).values(account="half"))


def test_the_clock_is_the_database_s(database: Database) -> None:
    with database.read() as connection:
        first = connection.execute(select(database.now)).scalar_one()
        assert isinstance(first, int)
        assert first > 1_700_000_000_000
        seconds = "strftime('%s', 'now')" if database.is_sqlite else "extract(epoch FROM clock_timestamp())"
        told = connection.exec_driver_sql(f"SELECT {seconds}").scalar_one()
        later = connection.execute(select(database.now)).scalar_one()
    assert first <= later
    assert first // 1000 - 1 <= int(float(told)) <= later // 1000 + 1


def test_a_clock_of_the_tests_is_read_at_each_statement(ledger_url: str, opened: Opening) -> None:
    times = iter([0.0, 1.5, 2.25, 3.0])
    database = opened(ledger_url, clock=lambda: next(times))
    with database.read() as connection:
        told = [connection.execute(select(database.now)).scalar_one() for _ in range(2)]
        assert told == [1500, 2250]
        assert connection.execute(select(meta.c.created_at)).scalar_one() == 0
