"""A sender that is frozen in the middle of a transaction keeps its work from others for a limited time only."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import update

from spapi_messaging.bulk.claiming.session import Session, bury_gone
from spapi_messaging.bulk.storage import database as database_module
from spapi_messaging.bulk.storage.database import LONGEST_IDLE_MS, Database
from spapi_messaging.bulk.storage.schema import senders
from spapi_messaging.errors import LedgerError
from tests.support import pgbouncer, postgres
from tests.support.tables import add_messages, add_seller, claim, states
from tests.support.waiting import wait_until


@pytest.fixture(params=["direct", "pooled"])
def ledger(
    request: pytest.FixtureRequest, postgres_server: postgres.Server, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Database]:
    """A ledger whose server waits for a tenth of a second instead of half a minute."""
    begin, kind = database_module._BEGIN, ("postgresql", "write")
    monkeypatch.setitem(begin, kind, begin[kind].replace(str(LONGEST_IDLE_MS), "100"))
    name = postgres_server.fresh_database()
    url = postgres_server.url(name)
    if request.param == "pooled":
        pooler: pgbouncer.Pooler = request.getfixturevalue("pooler")
        url = pooler.url(name)
    made = Database(url)
    yield made
    made.close()


def test_others_take_over_from_a_sender_that_is_frozen_in_a_transaction(ledger: Database) -> None:
    seller = add_seller(ledger)
    add_messages(ledger, seller, 1)
    frozen = Session(ledger)
    claim(ledger, frozen, seller)

    with pytest.raises(LedgerError) as failed, frozen.transaction() as connection:
        wait_until(lambda: bury(ledger), "others that take the frozen sender for dead", pause=0.02)
        connection.execute(update(senders).values(host="awake again"))

    assert failed.value.retryable
    assert states(ledger) == ["pending"]
    frozen.close()


def bury(ledger: Database) -> bool:
    """What other senders do all the time, long after the sender's last heartbeat. Whether they found it gone."""
    with ledger.write() as connection:
        # A row that is locked cannot be written, so the server has not ended the transaction yet.
        unlocked = connection.exec_driver_sql("SELECT id FROM spapi_senders FOR UPDATE SKIP LOCKED").all()
        if unlocked:
            connection.execute(update(senders).where(senders.c.heartbeat_at > 0).values(heartbeat_at=1))
        bury_gone(connection, ledger, None)
        return connection.exec_driver_sql("SELECT id FROM spapi_senders").first() is None
