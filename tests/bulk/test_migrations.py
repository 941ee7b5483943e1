"""A ledger of an earlier version is changed as a whole or not at all."""

import sqlite3
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, inspect, select, text

from spapi_messaging.bulk.states import State
from spapi_messaging.bulk.storage.database import Database
from spapi_messaging.bulk.storage.migrations import STEPS, Step, migrate
from spapi_messaging.bulk.storage.schema import VERSION, messages, meta, metadata, sellers
from spapi_messaging.errors import ConfigurationError, LedgerError
from tests.bulk.ledgers.dump import fill
from tests.support import postgres
from tests.support.tables import add_seller
from tests.support.together import run_together

DUMPS = sorted((Path(__file__).parent / "ledgers").glob("version-*.sql"))
WAIT = 60


def bring_to(database: Database, version: int, steps: Mapping[int, Step]) -> None:
    with database.write() as connection:
        migrate(connection, database.now, "x", steps, version)


def version_of(database: Database) -> int:
    with database.read() as connection:
        return int(connection.execute(select(meta.c.version)).scalar_one())


def column_names(database: Database) -> set[str]:
    with database.read() as connection:
        return {column["name"] for column in inspect(connection).get_columns(sellers.name)}


def rows_of(database: Database) -> dict[str, list[Any]]:
    with database.read() as connection:
        return {
            table.name: sorted(map(tuple, connection.execute(select(table)).all()), key=lambda row: str(row[0]))
            for table in metadata.sorted_tables
        }


def add_column(name: str) -> Step:
    def step(connection: Connection) -> None:
        connection.execute(text(f"ALTER TABLE spapi_sellers ADD COLUMN {name} INTEGER"))

    return step


def fail(connection: Connection) -> None:
    connection.execute(text("ALTER TABLE spapi_sellers ADD COLUMN half INTEGER"))
    connection.execute(text("UPDATE spapi_sellers SET account = 'half'"))
    connection.execute(text("CREATE TABLE half (id INTEGER)"))
    connection.execute(text("ALTER TABLE nowhere ADD COLUMN x INTEGER"))


def test_a_new_ledger_has_the_present_tables(database: Database) -> None:
    assert version_of(database) == VERSION
    with database.read() as connection:
        assert set(metadata.tables) <= set(inspect(connection).get_table_names())


def test_a_ledger_has_an_id_of_its_own(database: Database, tmp_path: Path) -> None:
    other = Database(f"sqlite:///{tmp_path / 'other.db'}")
    ids = []
    for each in (database, database, other):
        with each.read() as connection:
            ids.append(connection.execute(select(meta.c.ledger_id)).scalar_one())
    other.close()
    assert ids[0] == ids[1] != ids[2]


def test_the_steps_of_all_versions_are_there() -> None:
    assert sorted(STEPS) == list(range(2, VERSION + 1))


def test_steps_are_taken_in_turn(database: Database) -> None:
    add_seller(database, "shop")
    bring_to(database, VERSION + 2, {VERSION + 2: add_column("second"), VERSION + 1: add_column("first")})
    assert version_of(database) == VERSION + 2
    assert {"first", "second"} <= column_names(database)
    bring_to(database, VERSION + 2, {})
    with database.read() as connection:
        assert connection.execute(select(sellers.c.account)).scalars().all() == ["shop"]


def test_a_step_that_fails_leaves_everything_as_it_was(database: Database) -> None:
    add_seller(database, "shop")
    before = column_names(database), rows_of(database)
    with pytest.raises(LedgerError):
        bring_to(database, VERSION + 2, {VERSION + 1: add_column("first"), VERSION + 2: fail})
    assert (column_names(database), rows_of(database)) == before
    with database.read() as connection:
        assert not inspect(connection).has_table("half")
    assert version_of(database) == VERSION


def test_a_later_version_is_refused(database: Database, ledger_url: str) -> None:
    with database.write() as connection:
        connection.execute(meta.update().values(version=VERSION + 1))
    with pytest.raises(ConfigurationError, match=rf"later release.*version {VERSION + 1}.*knows {VERSION}.*Install"):
        Database(ledger_url)


def test_a_ledger_may_stand_among_other_tables(ledger_url: str, tmp_path: Path) -> None:
    database = Database(ledger_url)
    with database.write() as connection:
        metadata.drop_all(connection)
        connection.execute(text("CREATE TABLE orders (id INTEGER)"))
    database.close()
    again = Database(ledger_url)
    assert version_of(again) == VERSION
    again.close()


@pytest.fixture(params=DUMPS, ids=lambda path: path.stem)
def old_ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    path = tmp_path / "old.db"
    connection = sqlite3.connect(path)
    connection.executescript(request.param.read_text("utf-8"))
    connection.close()
    database = Database(f"sqlite:///{path}")
    yield database
    database.close()


def test_there_is_a_ledger_of_each_version() -> None:
    assert [path.stem for path in DUMPS] == [f"version-{number}" for number in range(1, VERSION + 1)]


def test_a_ledger_of_an_earlier_version_is_opened_with_all_its_rows(old_ledger: Database, tmp_path: Path) -> None:
    new = Database(f"sqlite:///{tmp_path / 'new.db'}")
    fill(new)
    assert rows_of(old_ledger) == rows_of(new)
    new.close()
    with old_ledger.read() as connection:
        found = set(connection.execute(select(messages.c.state)).scalars())
    assert found == {state.value for state in State if state != State.PARKED}


def test_its_tables_are_those_of_a_new_ledger(old_ledger: Database, tmp_path: Path) -> None:
    new = Database(f"sqlite:///{tmp_path / 'new.db'}")
    query = "SELECT type, name, tbl_name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' ORDER BY name"
    with old_ledger.read() as mine, new.read() as other:
        assert mine.exec_driver_sql(query).all() == other.exec_driver_sql(query).all()
        for table in metadata.tables:
            columns = f"SELECT name, type, \"notnull\", dflt_value FROM pragma_table_info('{table}')"
            assert mine.exec_driver_sql(columns).all() == other.exec_driver_sql(columns).all()
    new.close()


def test_who_opens_a_ledger_that_another_makes_waits(postgres_server: postgres.Server) -> None:
    url = postgres_server.fresh_url()
    database = Database(url)
    with database.write() as connection:
        metadata.drop_all(connection)
    with ThreadPoolExecutor(1) as threads:
        with database.write() as connection:
            migrate(connection, database.now, "x")
            opening = threads.submit(Database, url)
            while not postgres_server.execute("SELECT 1 FROM pg_locks WHERE NOT granted") and not opening.done():
                wait([opening], 0.02)
            assert not opening.done()
        opening.result(WAIT).close()
    database.close()


OPEN = """
import sys
from spapi_messaging.bulk.storage.database import Database
print("ready", flush=True)
sys.stdin.readline()
Database(sys.argv[1]).close()
"""


def test_several_processes_may_open_a_new_ledger_at_once(ledger_url: str) -> None:
    told = run_together([sys.executable, "-c", OPEN, ledger_url], 3)
    assert [errors for _, errors in told] == [""] * 3
    database = Database(ledger_url)
    assert version_of(database) == VERSION
    database.close()
