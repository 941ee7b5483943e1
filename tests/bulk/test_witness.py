"""An older copy of a ledger has forgotten what was sent since. What can be seen of that is refused."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from spapi_messaging.bulk.claiming.transitions import begin_sending
from spapi_messaging.bulk.claiming.witness import Witness, why_copied
from spapi_messaging.bulk.storage.database import Database
from spapi_messaging.bulk.storage.schema import kept_keys, messages
from spapi_messaging.errors import ConfigurationError, LedgerError
from tests.support import postgres
from tests.support.tables import add_messages, add_seller, claim, session_of


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


@pytest.fixture
def database(file: Path) -> Iterator[Database]:
    made = Database(f"sqlite:///{file}")
    yield made
    made.close()


def start(database: Database) -> None:
    """What a sender does when it starts."""
    witness = Witness(database)
    try:
        with database.write() as connection:
            witness.check(connection)
    finally:
        witness.close()


def send(database: Database, seller: int) -> int:
    """A sender that starts, begins to send a message, and ends."""
    (id,) = add_messages(database, seller)
    witness = Witness(database)
    with session_of(database) as session:
        with session.transaction() as connection:
            witness.check(connection)
        _, (got,) = claim(database, session, seller)
        with session.transaction() as connection:
            begun = begin_sending(connection, database.now, session.id, [(got.id, got.epoch)])
        witness.note(got.id, begun.sending_at)
    witness.close()
    return id


def copy(file: Path, name: str) -> Path:
    """A copy of the ledger that is whole."""
    target = file.with_name(name)
    Database(f"sqlite:///{file}").close()  # writes the log into the file
    shutil.copy(file, target)
    return target


def refused(path: Path) -> str:
    database = Database(f"sqlite:///{path}")
    reason = why_copied(database)
    with pytest.raises(ConfigurationError, match="recover") as caught:
        start(database)
    assert f"put back: {reason}." in str(caught.value)
    database.close()
    return str(caught.value)


def test_a_ledger_that_goes_on_is_accepted(database: Database) -> None:
    shop = add_seller(database)
    start(database)
    for _ in range(3):
        send(database, shop)
        start(database)
        assert why_copied(database) is None


def test_an_older_backup_is_refused(database: Database, file: Path) -> None:
    shop = add_seller(database)
    send(database, shop)
    backup = copy(file, "backup.db")
    send(database, shop)
    database.close()
    backup.rename(file)
    assert "does not know of the message that was sent last" in refused(file)


def test_a_backup_from_before_a_second_attempt_is_refused(database: Database, file: Path) -> None:
    shop = add_seller(database)
    id = send(database, shop)
    backup = copy(file, "backup.db")
    with database.write() as connection:
        connection.execute(messages.update().values(state="pending"))
        connection.exec_driver_sql("UPDATE spapi_messages SET sending_at = sending_at - 1000")
    assert id
    witness = Witness(database)
    with session_of(database) as session:
        _, (got,) = claim(database, session, shop)
        with session.transaction() as connection:
            witness.renew(connection)
            begun = begin_sending(connection, database.now, session.id, [(got.id, got.epoch)])
        witness.note(got.id, begun.sending_at + 1)
    witness.close()
    database.close()
    backup.rename(file)
    refused(file)


def test_a_copy_of_a_ledger_that_was_used_elsewhere_is_refused(database: Database, file: Path) -> None:
    send(database, add_seller(database))
    assert "is missing" in refused(copy(file, "copy.db"))


def test_a_copy_whose_rows_were_archived_is_refused(database: Database, file: Path) -> None:
    with database.write() as connection:
        connection.execute(kept_keys.insert().values(key_hash="0", state="sent", kept_at=1))
    refused(file)


def test_a_ledger_from_which_nothing_was_sent_may_be_copied(database: Database, file: Path) -> None:
    shop = add_seller(database)
    add_messages(database, shop)
    start(database)
    other = Database(f"sqlite:///{copy(file, 'copy.db')}")
    start(other)
    other.close()


def test_another_ledger_in_its_place_is_refused(database: Database, file: Path) -> None:
    send(database, add_seller(database))
    database.close()
    for path in file.parent.glob("ledger.db*"):
        if not path.name.endswith(".witness"):
            path.unlink()
    assert "belongs to another ledger" in refused(file)


@pytest.mark.parametrize("content", [b"", b"\0" * 79, b"nonsense", b"a b c"])
def test_a_witness_that_cannot_be_read_is_none(database: Database, file: Path, content: bytes) -> None:
    shop = add_seller(database)
    start(database)
    file.with_name("ledger.db.witness").write_bytes(content)
    start(database)
    send(database, shop)
    file.with_name("ledger.db.witness").write_bytes(content)
    assert "is missing" in refused(file)


def test_after_a_recovery_the_ledger_is_accepted(database: Database, file: Path) -> None:
    shop = add_seller(database)
    send(database, shop)
    backup = copy(file, "backup.db")
    send(database, shop)
    database.close()
    backup.rename(file)
    again = Database(f"sqlite:///{file}")
    witness = Witness(again)
    with again.write() as connection:
        witness.renew(connection)
    witness.close()
    start(again)
    send(again, shop)
    again.close()


def test_rows_may_be_removed_if_the_witness_is_told(database: Database) -> None:
    send(database, add_seller(database))
    witness = Witness(database)
    with database.write() as connection:
        connection.execute(messages.delete())
        witness.renew(connection)
    witness.close()
    start(database)


def test_the_file_keeps_its_length(database: Database, file: Path) -> None:
    shop = add_seller(database)
    start(database)
    witness = file.with_name("ledger.db.witness")
    length = witness.stat().st_size
    send(database, shop)
    assert witness.stat().st_size == length


def test_a_witness_that_cannot_be_written_is_told(database: Database, file: Path) -> None:
    file.with_name("ledger.db.witness").mkdir()
    with pytest.raises(LedgerError, match="cannot be written") as caught:
        start(database)
    assert caught.value.retryable


def test_a_ledger_in_postgresql_has_no_witness(postgres_server: postgres.Server) -> None:
    database = Database(postgres_server.fresh_url())
    before = set(Path.cwd().iterdir())
    send(database, add_seller(database))
    start(database)
    assert set(Path.cwd().iterdir()) == before
    database.close()
