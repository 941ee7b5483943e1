"""Every test of a ledger runs on both databases, unless it is about one of them."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from spapi_messaging.bulk import Ledger
from spapi_messaging.bulk.storage.database import Database
from spapi_messaging.sandbox import Sandbox
from tests.support import postgres
from tests.support.runs import Shop
from tests.support.sandboxes import complete_sandbox


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


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """Each seller may do a thousand things a second there."""
    with complete_sandbox(plans={"*": (1000.0, 1000)}) as running:
        yield running


@pytest.fixture
def shop(sandbox: Sandbox, tmp_path: Path) -> Iterator[Shop]:
    """A sandbox, and a ledger in a file."""
    with Ledger(f"sqlite:///{tmp_path / 'ledger.db'}") as ledger, closing(Shop(sandbox, ledger)) as shop:
        yield shop


@pytest.fixture
def any_shop(sandbox: Sandbox, ledger_url: str) -> Iterator[Shop]:
    """A sandbox, and a ledger in a file or in PostgreSQL."""
    with Ledger(ledger_url) as ledger, closing(Shop(sandbox, ledger)) as shop:
        yield shop
