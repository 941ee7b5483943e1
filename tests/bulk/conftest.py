"""Every test of a ledger runs on both databases, unless it is about one of them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from spapi_messaging.bulk.database import Database
from tests.support import postgres


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[postgres.Server]:
    """One for each worker of the tests that needs it."""
    programs = postgres.find_programs()
    if programs is None:
        pytest.skip("no PostgreSQL server on this machine")
    server = postgres.Server(programs)
    try:
        yield server
    finally:
        server.remove()


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A ledger that does not exist yet."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'ledger.db'}"
    server: postgres.Server = request.getfixturevalue("postgres_server")
    return server.fresh_url()


@pytest.fixture
def database(ledger_url: str) -> Iterator[Database]:
    made = Database(ledger_url)
    yield made
    made.close()
