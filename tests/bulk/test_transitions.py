"""A message is sent by one attempt at most, and only that attempt says how it ended."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import event

from spapi_messaging.bulk.claiming import transitions
from spapi_messaging.bulk.claiming.claims import ClaimedMessage, ClaimedSeller
from spapi_messaging.bulk.claiming.giving_back import give_back
from spapi_messaging.bulk.claiming.session import Session, bury_gone
from spapi_messaging.bulk.claiming.transitions import Settlement
from spapi_messaging.bulk.states import State
from spapi_messaging.bulk.storage.database import Database
from spapi_messaging.bulk.storage.reading import purpose_of
from spapi_messaging.errors import ConfigurationError
from tests.support.tables import (
    BUYERS_TEXT,
    add_messages,
    add_seller,
    claim,
    explained_plan,
    lose,
    message,
    session_of,
    states,
)


@pytest.fixture
def me(database: Database) -> Iterator[Session]:
    with session_of(database) as session:
        yield session


def begin(database: Database, session: Session, *attempts: tuple[int, int]) -> transitions.Begun:
    with session.transaction() as connection:
        return transitions.begin_sending(connection, database.now, session.id, attempts)


def settle(
    database: Database, session: Session, *settlements: Settlement, me: str | None = None, keep_texts: bool = False
) -> set[int]:
    with session.transaction() as connection:
        return transitions.settle(connection, database.now, me or session.id, settlements, keep_texts)


def claimed_one(database: Database, session: Session) -> tuple[ClaimedSeller, ClaimedMessage]:
    shop = add_seller(database)
    add_messages(database, shop)
    seller, (got,) = claim(database, session, shop)
    return seller, got


def sending_one(database: Database, session: Session) -> tuple[ClaimedSeller, ClaimedMessage]:
    seller, got = claimed_one(database, session)
    begin(database, session, (got.id, got.epoch))
    return seller, got


def taken_over(database: Database, session: Session) -> None:
    """The session ends without a word, and another sender finds it gone."""
    lose(session)
    with database.write() as connection:
        bury_gone(connection, database, None)


def test_a_message_that_is_begun_is_sending(database: Database, me: Session) -> None:
    _, got = claimed_one(database, me)
    begun = begin(database, me, (got.id, got.epoch))
    row = message(database, got.id)
    assert begun == {got.id}
    assert (row.state, row.attempts, row.sending_at) == ("sending", 1, begun.sending_at)
    assert abs(row.sending_at - row.added_at) > 1_000_000_000_000  # milliseconds since 1970


def test_a_message_is_begun_once(database: Database, me: Session) -> None:
    _, got = claimed_one(database, me)
    assert begin(database, me, (got.id, got.epoch)) == {got.id}
    assert begin(database, me, (got.id, got.epoch)) == set()
    assert message(database, got.id).attempts == 1


def test_nothing_to_begin_is_no_trouble(database: Database, me: Session) -> None:
    assert begin(database, me) == set()


def test_several_messages_are_begun_in_one_statement(database: Database, me: Session) -> None:
    shop = add_seller(database)
    ids = add_messages(database, shop, 3)
    _, got = claim(database, me, shop, 3)
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        statements.append(statement)

    with me.transaction() as connection:
        event.listen(connection, "before_cursor_execute", note)
        attempts = [(got[0].id, got[0].epoch), (got[1].id, got[1].epoch), (got[2].id, got[2].epoch + 1)]
        begun = transitions.begin_sending(connection, database.now, me.id, attempts)
    assert begun == set(ids[:2])
    assert len(statements) == 1


def test_beginning_reads_only_the_rows_that_it_is_about(database: Database, me: Session) -> None:
    shop = add_seller(database)
    add_messages(database, shop, 50)
    _, got = claim(database, me, shop, 2)
    seen: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        seen.append((statement, parameters))

    with me.transaction() as connection:
        if not database.is_sqlite:
            connection.exec_driver_sql("SET LOCAL enable_seqscan TO off")  # a table of few rows is read whole otherwise
        event.listen(connection, "before_cursor_execute", note)
        transitions.begin_sending(connection, database.now, me.id, [(each.id, each.epoch) for each in got])
        plan = explained_plan(connection, database, *seen[0])
    assert "SCAN spapi_messages" not in plan
    assert "Seq Scan" not in plan


def test_after_a_takeover_nothing_is_begun(database: Database, me: Session) -> None:
    gone = Session(database)
    seller, got = claimed_one(database, gone)
    taken_over(database, gone)
    with me.transaction() as connection:
        assert transitions.begin_sending(connection, database.now, gone.id, [(got.id, got.epoch)]) == set()
    _, (again,) = claim(database, me, seller.id)
    with me.transaction() as connection:
        assert transitions.begin_sending(connection, database.now, gone.id, [(got.id, got.epoch)]) == set()
        assert transitions.begin_sending(connection, database.now, me.id, [(got.id, got.epoch)]) == set()
    assert begin(database, me, (again.id, again.epoch)) == {got.id}


@pytest.mark.parametrize(
    ("state", "values", "finished", "text"),
    [
        (State.SENT, {"request_id": "r-1", "status_code": 201, "receipt": {"a": [1, None]}}, True, None),
        (State.REJECTED, {"error_type": "BadRequestError", "error_text": "no"}, True, BUYERS_TEXT),
        (State.UNKNOWN, {"error_type": "DeliveryUnknownError"}, True, BUYERS_TEXT),
        (State.GIVEN_UP, {}, True, None),
        (State.CANCELLED, {"note": "a person's word"}, True, None),
        (State.PENDING, {"not_before": 5}, False, BUYERS_TEXT),
        (State.CLAIMED, {}, False, BUYERS_TEXT),
        (State.WAITING, {"not_before": 5, "waiting_since": 4}, False, BUYERS_TEXT),
    ],
)
def test_an_attempt_ends_in_a_state(
    database: Database, me: Session, state: State, values: dict[str, Any], finished: bool, text: str | None
) -> None:
    _, got = sending_one(database, me)
    assert settle(database, me, Settlement(got.id, got.epoch, state, values)) == {got.id}
    row = message(database, got.id)
    assert row.state == state
    assert (row.finished_at is not None) == finished
    assert row.text == text
    assert {name: getattr(row, name) for name in values} == values


def test_texts_are_kept_if_that_is_wanted(database: Database, me: Session) -> None:
    _, got = sending_one(database, me)
    settle(database, me, Settlement(got.id, got.epoch, State.SENT, {}), keep_texts=True)
    assert message(database, got.id).text == BUYERS_TEXT


def test_a_time_may_be_told_by_the_database_s_clock(database: Database, me: Session) -> None:
    _, got = sending_one(database, me)
    values = {"not_before": database.now + 60_000, "waiting_since": database.now, "error_text": "later"}
    settle(database, me, Settlement(got.id, got.epoch, State.WAITING, values))
    row = message(database, got.id)
    assert (row.not_before - row.waiting_since, row.error_text) == (60_000, "later")


def test_many_results_are_written_at_once(database: Database, me: Session) -> None:
    shop = add_seller(database)
    ids = add_messages(database, shop, 4)
    _, got = claim(database, me, shop, 4)
    begin(database, me, *((each.id, each.epoch) for each in got))
    ends = (State.SENT, State.REJECTED, State.CLAIMED, State.SENT)
    written = settle(
        database,
        me,
        *(Settlement(each.id, each.epoch, end, {"note": str(each.id)}) for each, end in zip(got, ends, strict=True)),
        Settlement(ids[0], got[0].epoch + 7, State.SENT, {}),
    )
    assert written == set(ids)
    assert states(database) == ["sent", "rejected", "claimed", "sent"]
    assert [message(database, id).note for id in ids] == [str(id) for id in ids]


def test_the_sender_of_the_attempt_says_how_an_unknown_one_ended(database: Database, me: Session) -> None:
    gone = Session(database)
    _, got = sending_one(database, gone)
    taken_over(database, gone)
    row = message(database, got.id)
    assert (row.state, row.error_type, row.finished_at is None) == ("unknown", "SenderGone", False)
    assert settle(database, me, Settlement(got.id, got.epoch, State.SENT, {"request_id": "r"}), me=gone.id) == {got.id}
    row = message(database, got.id)
    assert (row.state, row.request_id, row.error_type, row.error_text) == ("sent", "r", None, None)


def test_another_attempt_does_not_say_how_an_unknown_one_ended(database: Database, me: Session) -> None:
    gone = Session(database)
    _, got = sending_one(database, gone)
    taken_over(database, gone)
    assert settle(database, me, Settlement(got.id, got.epoch, State.SENT, {})) == set()
    assert settle(database, me, Settlement(got.id, got.epoch - 1, State.SENT, {}), me=gone.id) == set()
    assert settle(database, me, Settlement(got.id, got.epoch + 1, State.SENT, {}), me=gone.id) == set()
    assert states(database) == ["unknown"]


def test_an_unknown_message_that_was_not_sent_is_pending_for_the_next_owner(database: Database, me: Session) -> None:
    gone = Session(database)
    seller, got = sending_one(database, gone)
    taken_over(database, gone)
    assert settle(database, me, Settlement(got.id, got.epoch, State.CLAIMED, {}), me=gone.id) == {got.id}
    row = message(database, got.id)
    assert (row.state, row.finished_at, row.error_type) == ("pending", None, None)
    assert len(claim(database, me, seller.id)[1]) == 1


def test_a_message_whose_seller_was_given_back_is_pending(database: Database, me: Session) -> None:
    seller, got = sending_one(database, me)
    with me.transaction() as connection:
        give_back(connection, database.now, me.id, seller, {})
    settle(database, me, Settlement(got.id, got.epoch, State.CLAIMED, {}))
    assert states(database) == ["pending"]


def test_it_is_pending_too_if_its_sender_has_another_seller_or_has_claimed_this_one_again(
    database: Database, me: Session
) -> None:
    seller, got = sending_one(database, me)
    other, _ = claim(database, me, add_seller(database, "shop-fr"))
    assert other.epoch == seller.epoch
    with me.transaction() as connection:
        give_back(connection, database.now, me.id, seller, {})
    settle(database, me, Settlement(got.id, got.epoch, State.CLAIMED, {}))
    assert states(database) == ["pending"]

    seller, (got,) = claim(database, me, seller.id)
    begin(database, me, (got.id, got.epoch))
    with me.transaction() as connection:
        give_back(connection, database.now, me.id, seller, {})
    assert claim(database, me, seller.id)[0].epoch > seller.epoch
    settle(database, me, Settlement(got.id, got.epoch, State.CLAIMED, {}))
    assert states(database) == ["pending"]


@pytest.mark.parametrize("state", ["pending", "waiting", "sent", "rejected", "cancelled", "skipped", "given_up"])
def test_an_attempt_that_is_over_is_not_written_again(database: Database, me: Session, state: str) -> None:
    shop = add_seller(database)
    (id,) = add_messages(database, shop, state=state, sender=me.id, epoch=3)
    assert settle(database, me, Settlement(id, 3, State.UNKNOWN, {})) == set()
    assert settle(database, me, Settlement(id, 3, State.CLAIMED, {})) == set()
    assert states(database) == [state]


def test_a_settlement_that_stands_already_counts_as_written(database: Database, me: Session) -> None:
    """The answer to the commit was lost, so the sender writes it once more."""
    shop = add_seller(database)
    (id,) = add_messages(database, shop, state="sent", sender=me.id, epoch=3)

    assert settle(database, me, Settlement(id, 3, State.SENT, {})) == {id}


def test_a_settlement_does_not_show_its_values() -> None:
    assert BUYERS_TEXT not in repr(Settlement(1, 2, State.REJECTED, {"error_text": BUYERS_TEXT}))


def test_a_ledger_is_for_one_purpose(database: Database) -> None:
    for purpose in ("production", "production"):
        with database.write() as connection:
            transitions.bind(connection, purpose)
    with database.write() as connection:
        for purpose in ("http://127.0.0.1:1", "production"):  # nothing has begun, so it was meant for another place
            transitions.bind(connection, purpose)
            assert purpose_of(connection) == purpose
    add_messages(database, add_seller(database), state="sent", sending_at=1)
    with (
        pytest.raises(ConfigurationError, match=r"is for production.*is for http://127.0.0.1:8765"),
        database.write() as connection,
    ):
        transitions.bind(connection, "http://127.0.0.1:8765")


def test_a_ledger_keeps_its_purpose_while_a_seller_is_served(database: Database) -> None:
    with database.write() as connection:
        transitions.bind(connection, "production")
    add_seller(database, owner="a sender")
    with pytest.raises(ConfigurationError, match="is for production"), database.write() as connection:
        transitions.bind(connection, "http://127.0.0.1:8765")
