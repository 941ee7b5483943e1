"""A ledger that was restored from a backup, or copied: what it has forgotten is not sent a second time."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from spapi_messaging import ConfigurationError
from spapi_messaging.bulk import Ledger, State
from tests.support.postgres import Server
from tests.support.senders import Shop


def back_up(source: Path, target: Path) -> None:
    """A copy of the database alone, as a tool for backups makes it."""
    engine = create_engine(f"sqlite:///{source}", poolclass=NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql("VACUUM INTO ?", (str(target),))


def restore(backup: Path, ledger: Path) -> None:
    for suffix in ("-wal", "-shm"):
        ledger.with_name(ledger.name + suffix).unlink(missing_ok=True)
    shutil.copy(backup, ledger)


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


@pytest.fixture
def backup(tmp_path: Path) -> Path:
    return tmp_path / "backup.db"


def test_a_restored_backup_is_refused_until_it_is_told_what_it_has_forgotten(
    tmp_path: Path, ledger: Path, backup: Path
) -> None:
    with Shop(f"sqlite:///{ledger}", tmp_path, sellers=1) as shop:
        shop.add(shop.jobs(4))
        before = datetime.now(UTC) - timedelta(seconds=1)
        back_up(ledger, backup)
        later = shop.jobs(2, batch=1)
        shop.add(later)
        shop.run()
        restore(backup, ledger)

        with pytest.raises(ConfigurationError, match="recover"):
            shop.run()
        with Ledger(shop.url) as restored:
            restored.recover(before, jobs=later)
        assert shop.run() == []
        report = shop.hold({State.UNKNOWN})
        assert len(report.unknown_arrived) == 6

        with Ledger(shop.url) as restored:
            assert restored.resolve(True, state=State.UNKNOWN) == 6
        shop.run()
        shop.hold()


def test_a_backup_of_a_ledger_that_has_sent_since_is_refused(tmp_path: Path, ledger: Path, backup: Path) -> None:
    with Shop(f"sqlite:///{ledger}", tmp_path, sellers=1) as shop:
        shop.add(shop.jobs(2))
        shop.run()
        back_up(ledger, backup)
        shop.add(shop.jobs(2, batch=1))
        shop.run()
        restore(backup, ledger)

        with pytest.raises(ConfigurationError, match="recover"):
            shop.run()
        assert len(shop.inbox()) == 4


def test_a_backup_from_before_all_was_sent_and_archived_is_refused(tmp_path: Path, ledger: Path, backup: Path) -> None:
    with Shop(f"sqlite:///{ledger}", tmp_path, sellers=1) as shop:
        shop.add(shop.jobs(2))
        back_up(ledger, backup)
        shop.run()
        with Ledger(shop.url) as running:
            assert running.archive(datetime.now(UTC) + timedelta(seconds=1)) == 2
        assert shop.run() == []
        restore(backup, ledger)

        with pytest.raises(ConfigurationError, match="archived last"):
            shop.run()
        assert len(shop.inbox()) == 2


def test_a_copy_that_is_run_elsewhere_is_refused(tmp_path: Path, ledger: Path, backup: Path) -> None:
    with Shop(f"sqlite:///{ledger}", tmp_path, sellers=1) as shop:
        shop.add(shop.jobs(2))
        shop.run()
        shop.add(shop.jobs(2, batch=1))
        elsewhere = tmp_path / "elsewhere" / "ledger.db"
        elsewhere.parent.mkdir()
        back_up(ledger, elsewhere)
        shop.run()

        shop.url = f"sqlite:///{elsewhere}"
        with pytest.raises(ConfigurationError, match="recover"):
            shop.run()
        assert len(shop.inbox()) == 4


def test_a_restored_postgresql_is_told_what_it_has_forgotten(postgres_server: Server, tmp_path: Path) -> None:
    """Nothing beside the database can tell that it is an older one, so a person does."""
    postgres_server.execute("CREATE DATABASE running")
    with Shop(postgres_server.url("running"), tmp_path, sellers=1) as shop:
        shop.add(shop.jobs(4))
        before = datetime.now(UTC) - timedelta(seconds=1)
        postgres_server.execute("CREATE DATABASE restored TEMPLATE running")
        restored = postgres_server.url("restored")
        shop.run()

        with Ledger(restored) as ledger:
            assert ledger.recover(before) == 4
        shop.url = restored
        assert shop.run() == []
        assert shop.states() == 4 * [State.UNKNOWN]
        assert len(shop.inbox()) == 4


@pytest.mark.parametrize("has_witness", [True, False])
def test_the_refusal_says_what_to_type_and_names_no_file_that_is_not_there(
    tmp_path: Path, ledger: Path, backup: Path, has_witness: bool
) -> None:
    with Shop(f"sqlite:///{ledger}", tmp_path, sellers=1) as shop:
        shop.add(shop.jobs(1))
        back_up(ledger, backup)
        shop.run()
        if has_witness:
            restore(backup, ledger)
        else:
            ledger.with_name("ledger.db.witness").unlink()

        with pytest.raises(ConfigurationError, match="spapi-messaging bulk recover --since TIME") as refused:
            shop.run()
    assert ("delete ledger.db.witness" in str(refused.value)) is has_witness
