"""Behind a pooler in transaction mode, which is a real one here, senders show by heartbeats that they live."""

import asyncio
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from sqlalchemy import create_engine, select

from spapi_messaging.bulk import Job, Ledger
from spapi_messaging.bulk.claiming import liveness
from spapi_messaging.bulk.claiming.liveness import DEAD_AFTER
from spapi_messaging.bulk.claiming.session import SenderGone, Session, bury_gone
from spapi_messaging.bulk.claiming.transitions import Settlement, begin_sending, settle
from spapi_messaging.bulk.sending.writer import Writer
from spapi_messaging.bulk.states import State
from spapi_messaging.bulk.storage.database import Database
from spapi_messaging.bulk.storage.schema import senders
from spapi_messaging.errors import ConfigurationError, LedgerError
from spapi_messaging.sandbox import Sandbox
from tests.support import pgbouncer, postgres
from tests.support.ledgers import Clock
from tests.support.runs import Shop
from tests.support.tables import add_messages, add_seller, claim, living, lose, message, seller, session_of, states


class Places(dict[str, str]):
    """The same database: ``direct``, and ``pooled`` through the pooler."""


@pytest.fixture
def places(postgres_server: postgres.Server, pooler: pgbouncer.Pooler) -> Places:
    name = postgres_server.fresh_database()
    return Places(direct=postgres_server.url(name), pooled=pooler.url(name))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def pooled(places: Places, clock: Clock) -> Iterator[Database]:
    made = Database(places["pooled"], clock=clock)
    yield made
    made.close()


@pytest.fixture
def direct(places: Places, pooled: Database, clock: Clock) -> Iterator[Database]:
    made = Database(places["direct"], clock=clock)
    yield made
    made.close()


def bury(database: Database, me: str | None = None) -> list[int]:
    with database.write() as connection:
        return bury_gone(connection, database, me)


def rows_of_senders(database: Database) -> list[Any]:
    with database.read() as connection:
        return list(connection.execute(select(senders)).all())


def test_a_pooler_is_found_out(pooled: Database, direct: Database) -> None:
    with session_of(pooled), session_of(direct):
        beats = {row.heartbeat_at is not None: row.lock_number != 0 for row in rows_of_senders(direct)}
        assert beats == {True: False, False: True}


@pytest.mark.parametrize("said", [True, False])
def test_what_the_caller_says_counts(places: Places, said: bool) -> None:
    with closing(Database(places["direct"], pooler=said)) as database, session_of(database):
        (row,) = rows_of_senders(database)
        assert (row.heartbeat_at is not None) == said


def test_a_sender_without_heartbeats_is_gone_and_not_before(pooled: Database, clock: Clock) -> None:
    shop = add_seller(pooled)
    ids = add_messages(pooled, shop, 2)
    session = Session(pooled)
    claimed, got = claim(pooled, session, shop, 2)
    with session.transaction() as connection:
        begin_sending(connection, pooled.now, session.id, [(got[0].id, got[0].epoch)])
    session.let_go()  # its process is killed
    clock.now += DEAD_AFTER - 0.1
    assert bury(pooled) == []
    clock.now += 0.2
    assert bury(pooled) == [ids[0]]
    assert states(pooled) == ["unknown", "pending"]
    assert (seller(pooled, shop).owner, seller(pooled, shop).epoch) == (None, claimed.epoch + 1)
    assert living(pooled) == set()


def test_each_transaction_is_a_heartbeat(pooled: Database, clock: Clock) -> None:
    with session_of(pooled) as session:
        for _ in range(5):
            clock.now += DEAD_AFTER - 1
            with session.transaction():
                pass
            assert bury(pooled) == []
        assert living(pooled) == {session.id}
        assert session.rest < DEAD_AFTER / 2


async def test_a_writer_without_anything_to_write_beats(pooled: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sender that waits for its last answers looks for no more sellers, and one may wait long for its accounts."""
    monkeypatch.setattr(liveness._Heartbeats, "rest", 0.05)
    writer = Writer(pooled, keep_texts=False)
    await writer.open()
    try:
        for _ in range(3):
            clock_before = rows_of_senders(pooled)[0].heartbeat_at
            monkeypatch.setattr(pooled, "now", pooled.now + 1000)
            async with asyncio.timeout(30):
                while rows_of_senders(pooled)[0].heartbeat_at <= clock_before:
                    await asyncio.sleep(0.05)
    finally:
        await writer.close()
    assert rows_of_senders(pooled) == []


@pytest.mark.parametrize("who", ["pooled", "direct"])
def test_a_sleeper_that_was_taken_over_begins_nothing(
    pooled: Database, direct: Database, clock: Clock, who: str
) -> None:
    """It was suspended for longer than others wait, and wakes."""
    others = pooled if who == "pooled" else direct
    shop = add_seller(pooled)
    (first,) = add_messages(pooled, shop)
    sleeper = Session(pooled)
    claim(pooled, sleeper, shop)
    clock.now += DEAD_AFTER + 1
    with session_of(others) as awake:
        assert bury(others, awake.id) == []
        _, taken = claim(others, awake, shop)
        with pytest.raises(SenderGone), sleeper.transaction() as connection:
            begin_sending(connection, pooled.now, sleeper.id, [(first, 1)])
        with awake.transaction() as connection:
            assert begin_sending(connection, others.now, awake.id, [(first, taken[0].epoch)]) == {first}
    sleeper.close()


def test_a_sleeper_still_writes_the_answer_that_it_got(pooled: Database, clock: Clock) -> None:
    shop = add_seller(pooled)
    (first,) = add_messages(pooled, shop)
    sleeper = Session(pooled)
    _, got = claim(pooled, sleeper, shop)
    with sleeper.transaction() as connection:
        begin_sending(connection, pooled.now, sleeper.id, [(first, got[0].epoch)])
    clock.now += DEAD_AFTER + 1
    assert bury(pooled) == [first]
    with session_of(pooled) as again, again.transaction() as connection:  # as its writer goes on
        answer = Settlement(first, got[0].epoch, State.SENT, {"request_id": "r-1"})
        assert settle(connection, pooled.now, sleeper.id, [answer], keep_texts=False) == {first}
    assert message(pooled, first).state == "sent"
    sleeper.close()


def test_nobody_buries_a_sender_whose_transaction_is_open(pooled: Database, clock: Clock) -> None:
    with session_of(pooled) as session, session.transaction():
        clock.now += DEAD_AFTER + 1  # the statement before the clock moved is the heartbeat, and it is locked
        assert bury(pooled) == []
        assert living(pooled) == {session.id}


def test_a_sender_with_a_lock_is_buried_through_the_pooler(pooled: Database, direct: Database) -> None:
    session = Session(direct)
    assert bury(pooled) == []
    lose(session)
    bury(pooled)
    assert living(direct) == set()


def test_not_sent_is_refused_while_the_sender_beats(places: Places, clock: Clock) -> None:
    with Ledger(places["pooled"], clock=clock, grace=0) as ledger:
        shop = add_seller(ledger.database)
        (first,) = add_messages(ledger.database, shop)
        session = Session(ledger.database)
        _, got = claim(ledger.database, session, shop)
        with session.transaction() as connection:
            begin_sending(connection, ledger.database.now, session.id, [(first, got[0].epoch)])
            lost = Settlement(first, got[0].epoch, State.UNKNOWN, {})
            settle(connection, ledger.database.now, session.id, [lost], keep_texts=False)
        with pytest.raises(LedgerError, match="still runs"):
            ledger.resolve(sent=False, state="unknown")
        clock.now += DEAD_AFTER + 1
        assert ledger.resolve(sent=False, state="unknown") == 1
        session.close()


def test_messages_are_sent_through_the_pooler(places: Places, sandbox: Sandbox) -> None:
    """More often than psycopg prepares a statement, on connections that change under it."""
    with Ledger(places["pooled"]) as ledger, closing(Shop(sandbox, ledger)) as shop:
        jobs = [Job(f"303-{n:07d}-1234567", "confirmOrderDetails", text="Hello", marketplace="DE") for n in range(60)]
        assert ledger.add(jobs).added == 60
        assert {outcome.state for outcome in shop.run()} == {State.SENT}
        assert len(sandbox.inbox) == 60


def test_an_engine_of_the_callers_own_finds_the_pooler_too(places: Places) -> None:
    engine = create_engine(places["pooled"], connect_args={"prepare_threshold": None})
    database = Database(engine)
    try:
        with session_of(database):
            assert rows_of_senders(database)[0].heartbeat_at is not None
    finally:
        database.close()
        engine.dispose()


@pytest.mark.parametrize("statement", ["DEALLOCATE ALL", "PREPARE _pg3_0 AS SELECT 1"])
def test_a_pooler_that_was_denied_is_named_when_statements_are_mixed_up(places: Places, statement: str) -> None:
    """Another connection of the server lacks a statement, or has another one of its name. Here it is the same one."""

    def read_often() -> None:
        for _ in range(20):
            with session.transaction() as connection:
                connection.execute(select(senders)).all()

    with (
        closing(Database(places["direct"], pooler=False)) as database,
        session_of(database) as session,
        pytest.raises(ConfigurationError) as refused,
    ):
        if statement.startswith("DEALLOCATE"):
            read_often()
        with session.transaction() as connection:
            connection.exec_driver_sql(f"DO $$ BEGIN EXECUTE '{statement}'; END $$")
        read_often()

    assert "a pooler such as PgBouncer" in str(refused.value)
    assert "--no-pooler" in str(refused.value)
