"""A PostgreSQL that is restarted, and connections that are cut: a sender goes on, and no message goes twice."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from spapi_messaging.bulk import Ledger, Sender, State
from spapi_messaging.bulk.storage.database import Database
from spapi_messaging.bulk.storage.schema import sellers, senders
from spapi_messaging.errors import LedgerError
from tests.support.postgres import Server
from tests.support.senders import Shop
from tests.support.tables import session_of, wait_until_free

#: A pace at which there are pauses between messages.
SLOW = (10.0, 1)


@pytest.fixture(params=["restart", "cut_connections"])
def trouble(request: pytest.FixtureRequest, postgres_server: Server) -> Callable[[], object]:
    made: Callable[[], object] = getattr(postgres_server, request.param)
    return made


def test_a_sender_goes_on_when_it_happens_between_messages(
    postgres_server: Server, tmp_path: Path, trouble: Callable[[], object]
) -> None:
    with Shop(postgres_server.fresh_url(), tmp_path, plan=SLOW) as shop, Ledger(shop.url) as ledger:
        shop.add(shop.jobs(8))
        run = Sender(ledger, shop.accounts).run()
        next(run)
        trouble()
        assert len(shop.inbox()) < 16
        assert {outcome.state for outcome in run} == {State.SENT}
        shop.hold()


def test_a_sender_goes_on_when_it_happens_while_messages_are_in_the_air(
    postgres_server: Server, tmp_path: Path, trouble: Callable[[], object]
) -> None:
    with Shop(postgres_server.fresh_url(), tmp_path) as shop:
        shop.add(shop.jobs(8))
        shop.sends.on_send = lambda number: trouble() if number == 3 else None
        shop.run()
        shop.hold()


def test_what_was_in_the_air_is_sent_although_its_sender_was_buried_meanwhile(
    postgres_server: Server, tmp_path: Path
) -> None:
    with Shop(postgres_server.fresh_url(), tmp_path, sellers=1) as shop:

        def take_over(number: int) -> None:
            postgres_server.cut_connections()
            buried.extend(outcome.state for outcome in shop.bury())

        buried: list[State] = []
        shop.add(shop.jobs(1))
        shop.sends.on_send = take_over
        outcomes = shop.run()
        shop.hold()

    assert buried == [State.UNKNOWN]
    assert [outcome.state for outcome in outcomes] == [State.SENT]


@pytest.mark.parametrize("owner", ["database", "session"])
def test_a_connection_that_leads_to_a_standby_is_not_used_again(postgres_server: Server, owner: str) -> None:
    """While another server takes over, a name may lead to one that is read-only. The next connection may not."""
    with closing(Database(postgres_server.fresh_url())) as database, session_of(database) as session:
        begin = database.write if owner == "database" else session.transaction

        def write(account: str) -> None:
            with begin() as connection:
                connection.execute(insert(sellers).values(account=account))

        with begin() as connection:
            connection.exec_driver_sql("SET default_transaction_read_only = on")
        with pytest.raises(LedgerError, match="read-only") as refused:
            write("lost")
        assert refused.value.retryable  # so a run that stays goes on
        with database.read() as connection:
            lock = connection.execute(select(senders.c.lock_number)).scalar_one()
        if owner == "session":
            wait_until_free(database, lock)
        write("kept")
        with database.read() as connection:
            assert connection.execute(select(sellers.c.account)).scalars().all() == ["kept"]
