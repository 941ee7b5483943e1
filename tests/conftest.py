"""For every test: only loopback, no other network; asyncio; live tests only with credentials."""

import gc
import os
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol, TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.database import DirectoryBasedExampleDatabase
from pytest_recording import network

from tests.support import pgbouncer, postgres
from tests.support import redis_server as redis_server_support
from tests.support.memory import folder_in_memory
from tests.support.on_windows import skip_on_windows
from tests.support.thorough import THOROUGH

LOOPBACK = [r"127\.", r"::1$", r"localhost$"]
LIVE_CREDENTIALS = ("SP_API_REFRESH_TOKEN", "LWA_APP_ID", "LWA_CLIENT_SECRET")
MISSING = [name for name in LIVE_CREDENTIALS if not os.environ.get(name)]

# What is read while tests are collected stays: there is no garbage yet.
gc.disable()

# Each client reads the certificates of all authorities, which takes longer than most tests. Tests that stay on this
# machine need no certificates, so httpx gets a folder without certificates.
if MISSING:
    os.environ.pop("SSL_CERT_FILE", None)
    os.environ["SSL_CERT_DIR"] = str(Path(__file__).parent)

    # A machine that is set up for a sandbox: the tests of production's endpoint send nothing there.
    for variable in ("SP_API_SANDBOX", "SP_API_ENDPOINT", "LWA_ENDPOINT", "AWS_ENV"):
        os.environ.pop(variable, None)

# Where pytest makes the temporary folders of tests. Those of tests that passed are removed at once (pyproject.toml).
if folder := folder_in_memory():
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", folder)

# Every run tries the same examples, so that a test does not fail by chance. `pytest --hypothesis-profile=random` tries
# others, and `THOROUGH=1` others and more. There is no deadline: how long an example takes says more about the machine
# than about the code.
settings.register_profile("same", deadline=None, derandomize=True, max_examples=50)
settings.register_profile("random", deadline=None, derandomize=False)
# `pytest tests/fuzz --hypothesis-profile=fuzz` searches for long, and remembers in .fuzz what it found.
settings.register_profile(
    "fuzz",
    deadline=None,
    derandomize=False,
    max_examples=3000,
    database=DirectoryBasedExampleDatabase(Path(__file__).parents[1] / ".fuzz" / "hypothesis"),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.register_profile("thorough", deadline=None, derandomize=False, max_examples=500)
settings.load_profile("thorough" if THOROUGH else "same")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if not item.get_closest_marker("amazon"):
            item.add_marker(pytest.mark.block_network(allowed_hosts=LOOPBACK))  # for the plugin, in tests/recorded
        elif MISSING:
            item.add_marker(pytest.mark.skip(reason=f"Amazon's sandbox needs {', '.join(MISSING)}"))
    skip_on_windows(items)


def pytest_collection_finish() -> None:
    """Thirteen thousand tests are a large heap. To look for garbage in it again and again takes a tenth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 50, 50)
    gc.enable()


def pytest_sessionfinish() -> None:
    """At the end pytest looks for garbage five times, for errors that nobody saw. Once finds them, too."""
    gc.collect()
    gc.freeze()


# pytest-recording has these two for each test, which took two fifths of the time of a short one. In tests/recorded they
# are the plugin's own.
@pytest.fixture(autouse=True, scope="module")
def block_network(request: pytest.FixtureRequest) -> Iterator[None]:
    """Only loopback can be reached."""
    if request.node.get_closest_marker("amazon"):
        yield
    else:
        with network.blocking_context(allowed_hosts=LOOPBACK):
            yield


@pytest.fixture(autouse=True, scope="session")
def vcr() -> None:
    """No cassettes."""


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(autouse=True)
def forget_tokens() -> Iterator[None]:
    """A process keeps its access tokens by endpoint, and a later test's server may get the port of an earlier one."""
    yield
    if (cells := sys.modules.get("spapi_messaging._io.token_cells")) is not None:
        cells.token_cell.cache_clear()
        cells._in_use.clear()  # those of clients that are still alive


@pytest.fixture
def join_helpers(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Waits for the helper threads that were left behind: they end here, instead of being kept for the next one."""
    from spapi_messaging._io import helper

    monkeypatch.setattr(helper, "MAX_IDLE", 0)
    monkeypatch.setattr(helper, "_helpers", helper._Helpers())
    before = threading.enumerate()

    def join() -> None:
        for thread in threading.enumerate():
            if thread not in before and thread.name == "spapi-messaging-helper":
                thread.join(10)

    return join


class Removable(Protocol):
    """A server of the tests'."""

    def remove(self) -> None: ...


P = TypeVar("P")
S = TypeVar("S", bound=Removable)


def running(program: P | None, name: str, start: Callable[[P], S]) -> Iterator[S]:
    """A server, removed at the end. Without its program, the tests that need it are skipped."""
    if program is None:
        pytest.skip(f"no {name} on this machine")
    server = start(program)
    try:
        yield server
    finally:
        server.remove()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[postgres.Server]:
    """One for each worker of the tests that needs it."""
    yield from running(postgres.find_programs(), "PostgreSQL server", postgres.Server)


@pytest.fixture(scope="session")
def redis_server() -> Iterator[redis_server_support.Server]:
    """One for each worker of the tests that needs it. Its keys stay from test to test."""
    yield from running(redis_server_support.find_program(), "Redis server", redis_server_support.Server)


@pytest.fixture
def pooler(postgres_server: postgres.Server) -> Iterator[pgbouncer.Pooler]:
    """PgBouncer in transaction mode, in front of the PostgreSQL server."""
    yield from running(
        pgbouncer.find_program(), "PgBouncer", lambda program: pgbouncer.Pooler(program, postgres_server)
    )
