"""Who serves which seller: the most urgent work first, and nothing by two senders."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, update

from spapi_messaging.bulk.claiming import claims, giving_back
from spapi_messaging.bulk.claiming.claims import ClaimedSeller
from spapi_messaging.bulk.claiming.session import Session
from spapi_messaging.bulk.states import State
from spapi_messaging.bulk.storage.database import Database
from spapi_messaging.bulk.storage.schema import NEVER, messages, sellers
from tests.support.tables import (
    BUYERS_TEXT,
    add_messages,
    add_seller,
    claim,
    explained_plan,
    message,
    seller,
    session_of,
    states,
)

NOW = 1_000_000


class Clock:
    seconds = NOW / 1000

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def database(ledger_url: str, clock: Clock) -> Iterator[Database]:
    made = Database(ledger_url, clock=clock)
    yield made
    made.close()


@pytest.fixture
def me(database: Database) -> Iterator[Session]:
    with session_of(database) as session:
        yield session


@pytest.fixture
def other(database: Database) -> Iterator[Session]:
    with session_of(database) as session:
        yield session


def found(database: Database, limit: int = 10, without: tuple[int, ...] = ()) -> list[str]:
    with database.write() as connection:
        return [each.account for each in claims.candidates(connection, database.now, limit, without)]


def claim_sellers(database: Database, session: Session, names: dict[int, str]) -> list[ClaimedSeller]:
    with session.transaction() as connection:
        return claims.claim_sellers(connection, database.now, session.id, names)


def test_candidates_are_the_most_urgent_then_those_that_waited_longest(database: Database) -> None:
    add_messages(database, add_seller(database, "waits", last_served_at=5))
    add_messages(database, add_seller(database, "waits longer", last_served_at=2))
    add_messages(database, add_seller(database, "due later", last_served_at=1), due_at=NOW + 9)
    add_messages(database, add_seller(database, "due first", last_served_at=9), due_at=NOW + 3)
    assert found(database) == ["due first", "due later", "waits longer", "waits"]
    assert found(database, limit=2) == ["due first", "due later"]


def test_candidates_have_work_that_can_be_done_now(database: Database, me: Session) -> None:
    ids = {name: add_seller(database, name) for name in ("free", "parked", "owned", "idle", "later", "later work")}
    for name in ids.keys() - {"idle", "later work"}:
        add_messages(database, ids[name])
    add_messages(database, ids["later work"], not_before=NOW + 1)
    add_messages(database, ids["idle"], state="sent")
    with database.write() as connection:
        connection.execute(update(sellers).where(sellers.c.account == "parked").values(parked_at=1))
        connection.execute(update(sellers).where(sellers.c.account == "later").values(not_before=NOW + 1))
    claim_sellers(database, me, {ids["owned"]: "owned"})
    assert found(database) == ["free"]
    assert found(database, without=(ids["free"],)) == []


def test_what_is_done_makes_no_seller_urgent(database: Database) -> None:
    done = add_seller(database, "done")
    add_messages(database, done, state="sent", due_at=NOW - 9)
    add_messages(database, done, due_at=NOW + 9)
    add_messages(database, add_seller(database, "due"), due_at=NOW + 3)
    add_messages(database, add_seller(database, "nothing left"), state="sent", due_at=NOW - 9)

    assert found(database) == ["due", "done"]
    assert found(database, limit=1) == ["due"]


def test_a_sender_may_leave_many_sellers_alone(database: Database) -> None:
    """More than either database takes as parameters."""
    shop = add_seller(database, "shop")
    add_messages(database, shop)
    add_messages(database, shop, not_before=NOW + 1)
    others = tuple(range(shop + 1, shop + 70_000))
    assert found(database, without=others) == ["shop"]
    assert found(database, without=(*others, shop)) == []
    with database.read() as connection:
        assert claims.next_time(connection, database.now, others) == NOW + 1


def test_a_seller_comes_back_when_its_time_has_come(database: Database, clock: Clock) -> None:
    add_messages(database, add_seller(database, "shop"), not_before=NOW + 1000)
    assert found(database) == []
    clock.seconds += 1
    assert found(database) == ["shop"]


def test_a_candidate_names_the_market_of_its_most_urgent_message(database: Database) -> None:
    shop = add_seller(database, "shop")
    add_messages(database, shop, marketplace="DE", message_type="a")
    add_messages(database, shop, marketplace="US", region="na", message_type="z", due_at=NOW + 5)
    add_messages(database, shop, marketplace="JP", region="fe", message_type="b", due_at=NOW + 1, not_before=NOW + 1)
    with database.write() as connection:
        (candidate,) = claims.candidates(connection, database.now, 10, [])
    assert candidate == (shop, "shop", "na", "US")


def test_a_claim_raises_the_epoch_and_names_the_seller(database: Database, me: Session, clock: Clock) -> None:
    shop = add_seller(database, buckets={"send": {"tokens": 1}})
    (claimed,) = claim_sellers(database, me, {shop: "a stable name"})
    assert claimed == (shop, "shop-de", 1, {"send": {"tokens": 1}})
    row = seller(database, shop)
    assert (row.owner, row.seller, row.epoch, row.last_served_at) == (me.id, "a stable name", 1, NOW)


def test_nobody_claims_a_seller_that_another_serves(database: Database, me: Session, other: Session) -> None:
    shop = add_seller(database)
    assert len(claim_sellers(database, me, {shop: "x"})) == 1
    for name in ("x", "whose account was given to another seller"):
        assert claim_sellers(database, other, {shop: name}) == []
    assert seller(database, shop).owner == me.id


def test_nobody_claims_a_parked_seller(database: Database, me: Session) -> None:
    assert claim_sellers(database, me, {add_seller(database, parked_at=1): "x"}) == []


def test_accounts_of_the_same_seller_are_served_by_one_sender(database: Database, me: Session, other: Session) -> None:
    one, two, three = (add_seller(database, name) for name in ("one", "two", "three"))
    claim_sellers(database, me, {one: "the same"})
    assert [each.id for each in claim_sellers(database, other, {two: "the same", three: "another"})] == [three]
    assert [each.id for each in claim_sellers(database, me, {two: "the same"})] == [two]


def test_messages_are_claimed_in_the_order_of_their_due_times(database: Database, me: Session) -> None:
    shop = add_seller(database)
    (last,) = add_messages(database, shop)
    (second,) = add_messages(database, shop, due_at=NOW + 2)
    (first,) = add_messages(database, shop, due_at=NOW + 1, fields={"a": 1}, attachments=[{"path": "/r.pdf"}])
    add_messages(database, shop, not_before=NOW + 1)
    add_messages(database, shop, message_type="warranty")
    claimed, got = claim(database, me, shop, 2)
    assert [each.id for each in got] == [first, second]
    assert got[0].text == BUYERS_TEXT
    assert (got[0].fields, got[0].attachments) == ({"a": 1}, [{"path": "/r.pdf"}])
    assert (got[0].epoch, got[1].due_at) == (claimed.epoch, NOW + 2)
    assert message(database, last).state == "pending"
    assert (message(database, first).state, message(database, first).sender) == ("claimed", me.id)


@pytest.mark.parametrize(
    ("by_me", "claims_later"),
    [(False, 1), (True, 1), (False, 0)],
    ids=["by another", "by this sender again", "in the same claim"],
)
def test_a_seller_that_was_taken_over_gives_no_messages(
    database: Database, me: Session, other: Session, by_me: bool, claims_later: int
) -> None:
    shop = add_seller(database)
    add_messages(database, shop, 2)
    claimed, _ = claim(database, me, shop, 1)
    owner = me.id if by_me else other.id
    with database.write() as connection:
        connection.execute(update(sellers).values(owner=owner, epoch=sellers.c.epoch + claims_later))
    with me.transaction() as connection:
        assert claims.claim_messages(connection, database.now, me.id, claimed, "eu", "invoice", 5) == []
        giving_back.give_back(connection, database.now, me.id, claimed, {})
        giving_back.park(connection, database.now, me.id, claimed, "AuthorizationError", "no")
    row = seller(database, shop)
    assert (row.owner, row.parked_at) == (owner, None)
    assert states(database) == ["claimed", "pending"]


def test_giving_back_frees_the_seller_and_what_was_not_sent(database: Database, me: Session, clock: Clock) -> None:
    shop = add_seller(database)
    add_messages(database, shop, 3)
    claimed, got = claim(database, me, shop, 2)
    clock.seconds += 5
    with me.transaction() as connection:
        connection.execute(update(messages).where(messages.c.id == got[0].id).values(state="sending"))
        giving_back.give_back(connection, database.now, me.id, claimed, {"send": {"tokens": 0}}, NOW + 7)
    row = seller(database, shop)
    assert (row.owner, row.buckets, row.last_served_at, row.not_before) == (
        None,
        {"send": {"tokens": 0}},
        NOW + 5000,
        NOW + 7,
    )
    assert states(database) == ["sending", "pending", "pending"]


def test_a_seller_is_served_later_by_the_database_s_clock(database: Database, me: Session) -> None:
    shop = add_seller(database)
    claimed, _ = claim(database, me, shop)
    with me.transaction() as connection:
        giving_back.give_back(connection, database.now, me.id, claimed, {}, database.now + 250)
    assert seller(database, shop).not_before == NOW + 250


def test_parking_frees_the_seller_and_says_why(database: Database, me: Session) -> None:
    shop = add_seller(database, buckets={"send": 1})
    add_messages(database, shop, 2)
    claimed, _ = claim(database, me, shop, 2)
    with me.transaction() as connection:
        giving_back.park(connection, database.now, me.id, claimed, "AuthorizationError", "LWA refused the token")
    row = seller(database, shop)
    assert (row.owner, row.parked_at, row.parked_error, row.parked_reason, row.buckets) == (
        None,
        NOW,
        "AuthorizationError",
        "LWA refused the token",
        {"send": 1},
    )
    assert states(database) == ["pending", "pending"]


def test_waiting_work_counts_by_seller_region_and_type(database: Database) -> None:
    one, two, three = (add_seller(database, name) for name in ("one", "two", "three"))
    add_messages(database, one, 2)
    add_messages(database, one, 1, message_type="warranty")
    add_messages(database, one, 1, message_type="warranty", not_before=NOW + 1)
    add_messages(database, two, 3)
    add_messages(database, three, 1)
    with database.read() as connection:
        work = claims.waiting_work(connection, database.now, [one, two])
        assert claims.waiting_work(connection, database.now, []) == {}
    assert work == {(one, "eu", "invoice"): 2, (one, "eu", "warranty"): 1, (two, "eu", "invoice"): 3}


def test_waiting_messages_are_looked_at_again_when_their_time_has_come(database: Database, clock: Clock) -> None:
    shop = add_seller(database)
    add_messages(database, shop, state="waiting", not_before=NOW + 1000, waiting_since=5)
    with database.write() as connection:
        claims.revive_waiting(connection, database.now)
    assert states(database) == ["waiting"]
    clock.seconds += 1
    with database.write() as connection:
        claims.revive_waiting(connection, database.now)
    assert states(database) == ["pending"]


def test_the_next_time_is_the_earliest_one_in_the_future(database: Database) -> None:
    one, two, parked, later = (
        add_seller(database, "one"),
        add_seller(database, "two"),
        add_seller(database, "parked", parked_at=1),
        add_seller(database, "later", not_before=NOW + 90),
    )

    def next_time(*without: int) -> int | None:
        with database.read() as connection:
            return claims.next_time(connection, database.now, without)

    add_messages(database, one)  # can be done now
    assert next_time() is None
    add_messages(database, one, not_before=NOW + 50)
    add_messages(database, two, not_before=NOW + 20, state="waiting")
    add_messages(database, two, not_before=NOW + 5, state="cancelled")
    add_messages(database, parked, not_before=NOW + 10)
    add_messages(database, later, not_before=NOW + 30)
    assert next_time() == NOW + 20
    assert (next_time(one), next_time(two), next_time(one, two)) == (NOW + 20, NOW + 50, NOW + 90)
    assert next_time(one, two, later) is None


def test_claiming_uses_the_index_of_pending_messages(database: Database, me: Session) -> None:
    shop = add_seller(database)
    add_messages(database, shop, 3)
    add_messages(database, shop, 300, state="sent")
    claimed, _ = claim(database, me, shop)
    statements: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool) -> None:
        statements.append((statement, parameters))

    with me.transaction() as connection:
        if not database.is_sqlite:
            connection.exec_driver_sql("SET LOCAL enable_seqscan TO off")  # a table of few rows is read whole otherwise
        event.listen(connection, "before_cursor_execute", note)
        claims.claim_messages(connection, database.now, me.id, claimed, "eu", "invoice", 5)
        plan = explained_plan(connection, database, *statements[0])
    assert "spapi_messages_pending" in plan
    assert "SCAN spapi_messages" not in plan


def test_candidates_are_found_without_the_messages_of_sellers_that_are_served(database: Database, me: Session) -> None:
    if not database.is_sqlite:
        pytest.skip("PostgreSQL's plan depends on what is in the tables")
    shop = add_seller(database)
    add_messages(database, shop)
    claim_sellers(database, me, {shop: "a name"})
    statements: list[tuple[str, Any]] = []

    def note(_c: object, _d: object, statement: str, parameters: Any, _e: object, _m: object) -> None:
        statements.append((statement, parameters))

    with database.write() as connection:
        event.listen(connection, "before_cursor_execute", note)
        claims.candidates(connection, database.now, 10, [])
        plan = explained_plan(connection, database, *statements[0])
    assert "SCAN spapi_sellers" in plan
    assert "SCAN spapi_messages" not in plan
    assert "spapi_messages_due" in plan  # so that the first message is found at once, however many there are


def test_a_claimed_message_does_not_show_its_text(database: Database, me: Session) -> None:
    shop = add_seller(database)
    add_messages(database, shop, fields={"a": BUYERS_TEXT})
    _, got = claim(database, me, shop)
    assert BUYERS_TEXT not in repr(got) + str(got[0])


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 5), st.booleans()), max_size=12), st.integers(1, 5))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_candidates_are_what_a_plain_reading_of_the_rows_gives(
    database: Database, rows: list[tuple[int, int, bool]], limit: int
) -> None:
    with database.write() as connection:
        connection.execute(messages.delete())
        connection.execute(sellers.delete())
    ids = [add_seller(database, f"shop {number}", last_served_at=number % 2) for number in range(4)]
    for number, due, is_later in rows:
        add_messages(database, ids[number], due_at=NOW + due if due else NEVER, not_before=NOW + 1 if is_later else NOW)
    expected = sorted(
        (min(NOW + due if due else NEVER for other, due, later in rows if other == number and not later), number % 2, n)
        for number, n in enumerate(ids)
        if any(other == number and not later for other, _, later in rows)
    )
    with database.write() as connection:
        got = [each.id for each in claims.candidates(connection, database.now, limit, [])]
    assert got == [n for _, _, n in expected][:limit]


def test_only_waiting_messages_whose_time_has_come_are_revived(database: Database) -> None:
    shop = add_seller(database, "shop")
    others = [state for state in State if state not in (State.WAITING, State.PARKED)]
    for state in others:
        add_messages(database, shop, state=state.value, not_before=NOW - 1)
    for not_before in (NOW - 1, NOW, NOW + 1):
        add_messages(database, shop, state="waiting", not_before=not_before)
    with database.write() as connection:
        claims.revive_waiting(connection, database.now)

    assert states(database) == [*others, "pending", "pending", "waiting"]
