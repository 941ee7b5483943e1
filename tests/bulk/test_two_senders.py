"""However many senders there are, and wherever they run: a message is sent once."""

import json
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from typing import Any

import pytest
from sqlalchemy import select

from spapi_messaging.bulk.claiming import claims
from spapi_messaging.bulk.claiming.session import Session, bury_gone
from spapi_messaging.bulk.storage.database import Database
from spapi_messaging.bulk.storage.schema import sellers
from tests.support.claiming import send_all
from tests.support.tables import add_messages, add_seller, claim, living, lose, session_of, states
from tests.support.thorough import choose
from tests.support.together import run_together

SELLERS = 8
EACH = choose(4, 7)  # more than a sender claims at once
WAIT = 60


@pytest.fixture
def ids(database: Database) -> list[int]:
    found = []
    for number in range(SELLERS):
        found += add_messages(database, add_seller(database, f"shop {number}"), EACH)
    return found


def test_threads_send_each_message_once(database: Database, ids: list[int]) -> None:
    with ThreadPoolExecutor(4) as threads:
        sent = list(threads.map(lambda _: send_all(database), range(4)))
    assert sorted(chain.from_iterable(sent)) == ids
    assert set(states(database)) == {"sent"}


def test_processes_send_each_message_once(database: Database, ids: list[int], ledger_url: str) -> None:
    told = run_together([sys.executable, "-m", "tests.support.claiming", ledger_url], 3)
    assert sorted(chain.from_iterable(json.loads(printed) for printed, _ in told)) == ids
    assert set(states(database)) == {"sent"}


def test_senders_that_claim_the_same_name_at_once_do_not_both_get_it(postgres_server: Any) -> None:
    database = Database(postgres_server.fresh_url())
    one, two = add_seller(database, "one"), add_seller(database, "two")
    with session_of(database) as mine, session_of(database) as other:
        with mine.transaction() as first:
            assert len(claims.claim_sellers(first, database.now, mine.id, {one: "the same"})) == 1
            with other.transaction() as second:  # the first one has not committed yet
                assert claims.claim_sellers(second, database.now, other.id, {two: "the same"}) == []
        with other.transaction() as second:
            assert claims.claim_sellers(second, database.now, other.id, {two: "the same"}) == []
    database.close()


def test_senders_that_claim_the_same_seller_at_once_do_not_wait(postgres_server: Any) -> None:
    database = Database(postgres_server.fresh_url())
    one, two = add_seller(database, "one"), add_seller(database, "two")
    both = {one: "1", two: "2"}
    with session_of(database) as mine, session_of(database) as other, mine.transaction() as first:
        assert len(claims.claim_sellers(first, database.now, mine.id, {one: "1"})) == 1
        with other.transaction() as second:
            assert [each.id for each in claims.claim_sellers(second, database.now, other.id, both)] == [two]
    database.close()


def test_several_bury_a_sender_once(database: Database) -> None:
    shop = add_seller(database)
    add_messages(database, shop, 2)
    session = Session(database)
    _, got = claim(database, session, shop, 2)
    with session.transaction() as connection:
        connection.exec_driver_sql(f"UPDATE spapi_messages SET state = 'sending' WHERE id = {got[0].id}")
    lose(session)
    barrier = threading.Barrier(4)

    def bury(_number: int) -> list[int]:
        barrier.wait(WAIT)
        with database.write() as connection:
            return bury_gone(connection, database, None)

    with ThreadPoolExecutor(4) as threads:
        told = list(threads.map(bury, range(4)))
    assert list(chain.from_iterable(told)) == [got[0].id]
    assert states(database) == ["unknown", "pending"]
    assert living(database) == set()
    with database.read() as connection:
        assert connection.execute(select(sellers.c.epoch)).scalar_one() == 2
