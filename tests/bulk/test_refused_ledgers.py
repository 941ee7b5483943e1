"""Ledgers that cannot be used, seen by whoever opens one and by whoever sends from one."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from sqlalchemy import create_engine, update
from sqlalchemy.pool import NullPool

from spapi_messaging import ConfigurationError
from spapi_messaging.bulk import Ledger
from spapi_messaging.bulk.storage.database import Database
from spapi_messaging.bulk.storage.schema import VERSION, meta
from spapi_messaging.errors import LedgerError
from tests.support.senders import Shop


def test_a_ledger_of_a_later_version_is_refused_and_left_as_it_is(ledger_url: str) -> None:
    Ledger(ledger_url).close()
    set_version(ledger_url, VERSION + 1)

    with pytest.raises(ConfigurationError, match="version"):
        Ledger(ledger_url)
    assert version(ledger_url) == VERSION + 1


def test_a_ledger_that_must_not_be_made(ledger_url: str) -> None:
    for _ in range(2):  # the first time leaves none for the second
        with pytest.raises(ConfigurationError, match="There is no ledger at") as refused:
            Ledger(ledger_url, create=False)
        assert refused.value.argument == "ledger"
    assert not Path(ledger_url.removeprefix("sqlite:///")).exists()

    Ledger(ledger_url).close()
    Ledger(ledger_url, create=False).close()


def test_an_empty_file_is_no_ledger_yet(tmp_path: Path) -> None:
    (tmp_path / "empty.db").touch()

    with pytest.raises(ConfigurationError, match="There is no ledger at"):
        Ledger(f"sqlite:///{tmp_path / 'empty.db'}", create=False)


def test_a_file_that_is_no_database_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "invoice.pdf"
    file.write_bytes(b"%PDF-1.4 " + bytes(range(256)) * 20)
    before = file.read_bytes()

    with pytest.raises(ConfigurationError, match="database"):
        Ledger(f"sqlite:///{file}")
    assert file.read_bytes() == before


def test_a_database_of_another_program_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "other.db"
    with closing(sqlite3.connect(file)) as other:
        other.execute("CREATE TABLE spapi_meta (something TEXT)")
        other.commit()
        before = list(other.iterdump())

    with pytest.raises((ConfigurationError, LedgerError)) as raised:
        Ledger(f"sqlite:///{file}")
    assert not raised.value.retryable
    with closing(sqlite3.connect(file)) as other:
        assert list(other.iterdump()) == before


def test_a_folder_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no-such-folder"):
        Ledger(f"sqlite:///{tmp_path / 'no-such-folder' / 'ledger.db'}")


def test_a_link_to_itself_is_named(tmp_path: Path) -> None:
    loop = tmp_path / "loop.db"
    loop.symlink_to(loop)

    with pytest.raises(ConfigurationError, match=r"loop\.db cannot be made"):
        Ledger(f"sqlite:///{loop}")


UNPRIVILEGED = """
import os, sys
from spapi_messaging import ConfigurationError
from spapi_messaging.bulk import Ledger

good, bad = sys.argv[1:]
Ledger(good).close()  # loads everything, which an unprivileged user may not be allowed to read
if os.geteuid() == 0:  # who may write everywhere
    os.setuid(65534)
try:
    Ledger(bad)
except ConfigurationError as error:
    print(error)
"""


@pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX's")
def test_a_folder_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    with TemporaryDirectory() as name:  # unlike `tmp_path`, below folders that everybody may enter
        bad = Path(name) / "ledger.db"
        Ledger(f"sqlite:///{bad}").close()
        bad.chmod(0o444)
        bad.parent.chmod(0o555)
        urls = [f"sqlite:///{path}" for path in (tmp_path / "good.db", bad)]
        done = subprocess.run(
            [sys.executable, "-c", UNPRIVILEGED, *urls], capture_output=True, text=True, env=environment()
        )
        bad.parent.chmod(0o755)

    assert str(bad) in done.stdout, done.stderr


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}


def test_a_sender_sees_that_another_program_holds_the_ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Database.__init__, "__kwdefaults__", {"clock": None, "busy_seconds": 0.2})
    with Shop(f"sqlite:///{tmp_path / 'ledger.db'}", tmp_path, sellers=1) as shop:
        shop.add(shop.jobs(2))
        with held(tmp_path / "ledger.db"), pytest.raises(LedgerError) as raised:
            shop.run()
        assert raised.value.retryable
        shop.run()
        shop.hold()


@contextmanager
def held(file: Path) -> Iterator[None]:
    """Another program that writes, and does not come to its end."""
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


def test_a_sender_refuses_a_ledger_that_is_for_something_else(ledger_url: str, tmp_path: Path) -> None:
    with Shop(ledger_url, tmp_path, sellers=1) as first, Shop(ledger_url, tmp_path, sellers=1) as other:
        first.add(first.jobs(1))
        first.run()
        first.add(first.jobs(1, batch=1))
        with pytest.raises(ConfigurationError) as raised:
            other.run()
        assert first.sandbox.url in str(raised.value)
        assert other.sandbox.url in str(raised.value)
        assert other.inbox() == []
        first.run()
        first.hold()


def set_version(url: str, number: int) -> None:
    with create_engine(url, poolclass=NullPool).begin() as connection:
        connection.execute(update(meta).values(version=number))


def version(url: str) -> int:
    with create_engine(url, poolclass=NullPool).connect() as connection:
        return int(connection.execute(meta.select()).one().version)
