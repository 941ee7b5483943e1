"""What people say to a ledger: what changes, what does not, and what is refused."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, event, insert, select, update
from sqlalchemy.pool import Pool

from spapi_messaging import ConfigurationError, InvalidMessageError
from spapi_messaging.bulk import Added, Job, Ledger
from spapi_messaging.bulk.claiming.session import Session
from spapi_messaging.bulk.claiming.witness import Witness
from spapi_messaging.bulk.storage.schema import kept_keys, messages, sellers, senders
from spapi_messaging.errors import LedgerError
from tests.support.amazon import ORDER, TEXT
from tests.support.ledgers import NOON, Clock, a_text, in_every_state, order, park, rows, set_columns, states
from tests.support.tables import lose

PDF = b"%PDF-1.4\n%%EOF\n"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def careless_sqlite() -> Iterator[None]:
    """SQLite leaves what was deleted in its files, unless it is told otherwise. Debian's does not."""

    def connected(connection: Any, _: object) -> None:
        if isinstance(connection, sqlite3.Connection):
            connection.execute("PRAGMA secure_delete = OFF")

    event.listen(Pool, "connect", connected)
    yield
    event.remove(Pool, "connect", connected)


@pytest.fixture
def ledger(ledger_url: str, clock: Clock) -> Iterator[Ledger]:
    with Ledger(ledger_url, clock=clock) as made:
        yield made


def test_retry_makes_pending_what_is_finished_and_was_not_sent(ledger: Ledger) -> None:
    in_every_state(ledger)
    set_columns(ledger, attempts=2, error_type="BadRequestError", error_text="No.", finished_at=1, status_code=400)

    assert ledger.retry(note="new address") == 2
    assert states(ledger) == [
        "pending",
        "claimed",
        "sending",
        "sent",
        "waiting",
        "pending",
        "pending",
        "unknown",
        "cancelled",
        "skipped",
    ]
    retried = rows(ledger)[5]
    assert (retried.attempts, retried.error_type, retried.finished_at, retried.status_code) == (0, None, None, None)
    assert retried.note == "2026-11-22T11:00:00.000Z retry (was rejected): new address"


def test_retry_sends_what_a_person_withdrew_only_by_its_state(ledger: Ledger) -> None:
    in_every_state(ledger)

    assert ledger.retry(state=["cancelled", "skipped"]) == 2
    assert states(ledger)[-2:] == ["pending", "pending"]
    assert "rejected" in states(ledger)


def test_notes_are_added_to_notes(ledger: Ledger, clock: Clock) -> None:
    ledger.add(a_text())
    ledger.skip(order_id=ORDER)
    clock.now += 60
    ledger.retry(order_id=ORDER, state="skipped")

    first, second = rows(ledger)[0].note.splitlines()
    assert (first, second) == (
        "2026-11-22T11:00:00.000Z skip (was pending)",
        "2026-11-22T11:01:00.000Z retry (was skipped)",
    )


def test_retry_of_a_message_whose_text_was_removed_is_refused(ledger: Ledger) -> None:
    ledger.add([a_text(), a_text(order(1))])
    ledger.cancel(order_id=[ORDER, order(1)])
    ledger.add(a_text(order(1)))

    with pytest.raises(InvalidMessageError, match="Add the job again, then retry") as refused:
        ledger.retry(state="cancelled")
    assert [problem.rule for problem in refused.value.problems] == ["text-removed"]
    assert ORDER in str(refused.value)
    assert states(ledger) == ["cancelled", "cancelled"]
    ledger.add(a_text())
    assert ledger.retry(state="cancelled") == 2
    assert [row.text for row in rows(ledger)] == [TEXT, TEXT]


def test_retry_of_files_alone_needs_no_text(ledger: Ledger, tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(PDF)
    ledger.add(Job(ORDER, "invoice", attachments=[tmp_path / "a.pdf"], marketplace="DE"))
    ledger.cancel(order_id=ORDER)

    assert ledger.retry(state="cancelled") == 1


def test_retry_keeps_a_delay_that_was_asked_for_and_drops_one_of_waiting(ledger: Ledger) -> None:
    ledger.add([a_text(not_before="2026-12-01"), a_text(order(1))])
    delay = rows(ledger)[0].not_before
    set_columns(ledger, order(1), state="waiting", not_before=NOON * 1000 + 1, waiting_since=NOON * 1000)
    set_columns(ledger, ORDER, state="rejected")
    set_columns(ledger, order(1), state="given_up")
    ledger.retry()

    assert [row.not_before for row in rows(ledger)] == [delay, 0]


@pytest.mark.parametrize(("word", "target"), [("cancel", "cancelled"), ("skip", "skipped")])
def test_withdrawing_leaves_alone_what_a_sender_holds_and_what_is_done(ledger: Ledger, word: str, target: str) -> None:
    in_every_state(ledger, account="shop-de")

    assert getattr(ledger, word)(account="shop-de") == 4
    assert states(ledger) == [
        *(target, "claimed", "sending", "sent", target, target, target, "unknown"),
        *("cancelled", "skipped"),
    ]


@pytest.mark.parametrize(
    ("word", "keep", "text"), [("cancel", False, None), ("cancel", True, TEXT), ("skip", False, TEXT)]
)
def test_the_text_of_what_is_cancelled_is_removed(ledger: Ledger, word: str, keep: bool, text: str | None) -> None:
    ledger.keep_texts = keep
    ledger.add(a_text())
    getattr(ledger, word)(order_id=ORDER)

    assert rows(ledger)[0].text == text
    assert rows(ledger)[0].finished_at == NOON * 1000


def test_cancelling_an_order_that_is_being_sent_changes_nothing_and_says_so(ledger: Ledger) -> None:
    ledger.add(a_text())
    set_columns(ledger, state="sending")
    before = rows(ledger)

    assert ledger.cancel(order_id=ORDER) == 0
    assert rows(ledger) == before


@pytest.mark.parametrize("word", ["cancel", "skip"])
def test_nothing_selected_is_not_everything(ledger: Ledger, word: str) -> None:
    ledger.add(a_text())

    for selection in ({}, {"order_id": None}):
        with pytest.raises(ConfigurationError, match=word):
            getattr(ledger, word)(**selection)
    with pytest.raises(ConfigurationError, match="resolve"):
        ledger.resolve(True)
    with pytest.raises(ConfigurationError, match="forget"):
        ledger.forget("")
    assert states(ledger) == ["pending"]


def test_resume_unparks_one_account(ledger: Ledger) -> None:
    ledger.add([a_text(account="a"), a_text(order(1), account="a"), a_text(order(2), account="b"), a_text(order(3))])
    for account in ("a", "b", ""):
        park(ledger, account)

    assert ledger.resume("a") == 2
    assert ledger.resume("a") == 0
    assert [each.account for each in ledger.status().parked] == [None, "b"]
    assert ledger.resume() == 1
    with pytest.raises(ConfigurationError, match="no account"):
        ledger.resume("c")


def test_resolve_sent_is_a_persons_word(ledger: Ledger) -> None:
    in_every_state(ledger)
    set_columns(ledger, order(7), error_type="DeliveryUnknownError", error_text="Lost.")

    assert ledger.resolve(True, order_id=order(7), request_id="r-1", note="seen in Seller Central") == 1
    row = rows(ledger)[7]
    assert (row.state, row.request_id, row.text, row.error_type) == ("sent", "r-1", None, None)
    assert "seen in Seller Central" in row.note
    (outcome,) = ledger.outcomes(order_id=order(7))
    assert (outcome.receipt, outcome.error) == (None, None)


def test_resolve_touches_nothing_but_what_is_unknown(ledger: Ledger) -> None:
    in_every_state(ledger, account="a")

    assert ledger.resolve(True, account="a") == 1
    assert states(ledger)[:7] == ["pending", "claimed", "sending", "sent", "waiting", "rejected", "given_up"]


def test_resolve_not_sent_waits_for_the_grace_time(ledger: Ledger, clock: Clock) -> None:
    ledger.add(a_text())
    set_columns(ledger, state="unknown", sending_at=NOON * 1000, sender="of-old", finished_at=NOON * 1000)
    clock.now += 899

    with pytest.raises(LedgerError, match="2026-11-22T11:15:00") as refused:
        ledger.resolve(False, order_id=ORDER)
    assert refused.value.retryable
    assert states(ledger) == ["unknown"]
    clock.now += 1
    assert ledger.resolve(False, order_id=ORDER) == 1
    row = rows(ledger)[0]
    assert (row.state, row.finished_at, row.text) == ("pending", None, TEXT)
    assert row.sending_at == NOON * 1000, "a copy of the ledger is recognised by it"
    assert "resolve: not sent (was unknown)" in (rows(ledger)[0].note or "")


def test_resolve_not_sent_is_refused_while_the_sender_lives(ledger: Ledger, clock: Clock) -> None:
    ledger.add([a_text(), a_text(order(1))])
    session = Session(ledger.database)
    set_columns(ledger, ORDER, state="unknown", sending_at=1, sender=session.id)
    set_columns(ledger, order(1), state="unknown", sending_at=1, sender="of-old")

    with pytest.raises(LedgerError, match="still runs") as refused:
        ledger.resolve(False, state="unknown")
    assert refused.value.retryable
    assert ledger.resolve(False, order_id=order(1)) == 1
    assert ledger.resolve(True, order_id=ORDER) == 1, "that it was sent can be said at any time"
    set_columns(ledger, ORDER, state="unknown")
    session.close()
    assert ledger.resolve(False, order_id=ORDER) == 1


@pytest.mark.parametrize("word", ["resolve", "forget", "cancel"])
def test_what_a_killed_sender_held_is_not_waited_for(ledger: Ledger, word: str) -> None:
    """No other sender has run since, which would find it."""
    ledger.add([a_text(), a_text(order(1))])
    session = Session(ledger.database)
    set_columns(ledger, ORDER, state="sending", sending_at=1, sender=session.id)
    set_columns(ledger, order(1), state="claimed", sender=session.id)
    lose(session)

    if word == "resolve":
        assert ledger.resolve(True, order_id=ORDER) == 1
    elif word == "cancel":
        assert ledger.cancel(marketplace="DE") == 1
    else:
        assert ledger.forget(ORDER) == ledger.forget(order(1)) == 1
    expected = {"resolve": ["sent", "pending"], "cancel": ["unknown", "cancelled"], "forget": ["unknown", "cancelled"]}
    assert states(ledger) == expected[word]


def test_the_status_knows_what_a_killed_sender_left(ledger: Ledger) -> None:
    ledger.add([a_text(), a_text(order(1))])
    session = Session(ledger.database)
    set_columns(ledger, ORDER, state="sending", sending_at=1, sender=session.id)
    set_columns(ledger, order(1), state="claimed", sender=session.id)
    assert ledger.status().states == {"claimed": 1, "sending": 1}
    lose(session)

    status = ledger.status()

    assert (status.states, status.senders, status.exit_code) == ({"pending": 1, "unknown": 1}, 0, 3)


@pytest.mark.parametrize("sent", ["no", 0, None])
def test_resolve_takes_yes_or_no(ledger: Ledger, sent: Any) -> None:
    with pytest.raises(ConfigurationError, match="True"):
        ledger.resolve(sent, order_id=ORDER)


def test_forget_removes_what_is_personal_in_every_state_that_no_sender_holds(ledger: Ledger, tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(PDF)
    invoice = Job(ORDER, "invoice", attachments=[tmp_path / "a.pdf"], marketplace="DE", document="R-17", key="k-1")
    ledger.add([invoice, a_text(), a_text(document="2"), a_text(order(1))])
    set_columns(ledger, ORDER, error_text=TEXT, receipt={"amazon_order_id": ORDER}, note=TEXT)
    kept = [row.key_hash for row in rows(ledger)]
    with ledger.database.write() as connection:
        connection.execute(update(messages).where(messages.c.document == "2").values(state="sent"))

    assert ledger.forget(f" {ORDER} ") == 3
    *forgotten, other = rows(ledger)
    assert [row.state for row in forgotten] == ["cancelled", "cancelled", "sent"]
    assert [row.key_hash for row in (*forgotten, other)] == kept
    for row in forgotten:
        assert not any(secret in str(row) for secret in (ORDER, TEXT, "a.pdf", "R-17", "k-1"))
    assert (other.state, other.text) == ("pending", TEXT)


def test_what_was_forgotten_is_not_sent_again(ledger: Ledger) -> None:
    ledger.add([a_text(), a_text(order(1))])
    set_columns(ledger, ORDER, state="sent")
    for order_id in (ORDER, order(1)):
        ledger.forget(order_id)

    assert ledger.add([a_text(), a_text(order(1))]) == Added(known=1, already_sent=1)
    assert ledger.retry() == 0
    assert [row.text for row in rows(ledger)] == [None, None]
    assert [outcome.job.order_id for outcome in ledger.outcomes()] == ["", ""]


@pytest.mark.parametrize("state", ["claimed", "sending"])
def test_forget_is_refused_while_a_sender_holds_a_message(ledger: Ledger, state: str) -> None:
    ledger.add([a_text(), a_text(document="2")])
    with ledger.database.write() as connection:
        connection.execute(update(messages).where(messages.c.document == "2").values(state=state))
    before = rows(ledger)

    with pytest.raises(LedgerError) as refused:
        ledger.forget(ORDER)
    assert refused.value.retryable
    assert rows(ledger) == before


def test_no_byte_of_a_forgotten_text_stays_in_the_file(tmp_path: Path, careless_sqlite: None) -> None:
    path = tmp_path / "ledger.db"
    engine = create_engine(f"sqlite:///{path}")
    with Ledger(f"sqlite:///{path}") as ledger:
        ledger.add(a_text(order(number), text=f"{TEXT} {number}") for number in range(50))
        with engine.begin() as connection:
            jobs = (a_text(order(number), text=f"{TEXT} {number}") for number in range(50, 100))
            ledger.add(jobs, connection=connection)
    engine.dispose()
    assert TEXT.encode() in path.read_bytes()
    with Ledger(f"sqlite:///{path}") as ledger:
        for number in range(100):
            ledger.forget(order(number))

    assert TEXT.encode() not in b"".join(each.read_bytes() for each in tmp_path.iterdir())


def test_archive_removes_what_nobody_has_to_look_at_any_more_and_keeps_the_keys(ledger: Ledger) -> None:
    orders = in_every_state(ledger)
    old = datetime(2026, 1, 1, tzinfo=UTC)
    set_columns(ledger, finished_at=int(old.timestamp() * 1000))
    ledger.add(a_text(order(20)))
    set_columns(ledger, order(20), state="sent", finished_at=int(old.timestamp() * 1000) + 1)
    before = {row.key_hash: row.state for row in rows(ledger)}

    listed = [row["amazon_order_id"] for row in ledger.archivable("2026-01-01T00:00:00.001Z")]
    assert sorted(listed) == sorted(orders[state] for state in ("sent", "cancelled", "skipped"))
    assert ledger.archive("2026-01-01T00:00:00.001Z") == 3
    assert states(ledger) == ["pending", "claimed", "sending", "waiting", "rejected", "given_up", "unknown", "sent"]
    with ledger.database.read() as connection:
        kept = dict(connection.execute(select(kept_keys.c.key_hash, kept_keys.c.state)).all())
    assert sorted(kept.values()) == ["cancelled", "sent", "skipped"]
    assert all(before[key] == state for key, state in kept.items())


def test_a_message_that_is_taken_up_again_while_the_archive_runs_stays(ledger: Ledger) -> None:
    if ledger.database.is_sqlite:
        pytest.skip("SQLite has one writer at a time")
    ledger.add([a_text(), a_text(order(1))])
    set_columns(ledger, state="skipped", finished_at=1)

    retried: list[int] = []

    def retry(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith("SELECT") and "finished_at" in statement and not retried:
            retried.append(0)  # what follows comes through here, too
            retried[0] = ledger.retry(order_id=ORDER, state="skipped")

    event.listen(ledger.database._own_engine(), "after_cursor_execute", retry)

    assert ledger.archive("2026-01-01") == 1
    assert retried == [1]
    assert states(ledger) == ["pending"]


@pytest.mark.parametrize("before", ["last year", datetime(2026, 1, 1), 7])
def test_archive_needs_a_time(ledger: Ledger, before: Any) -> None:
    with pytest.raises(ConfigurationError, match="before"):
        ledger.archive(before)
    with pytest.raises(ConfigurationError, match="before"):
        ledger.archivable(before)


def test_archive_of_the_last_message_does_not_make_the_ledger_look_like_a_copy(ledger: Ledger) -> None:
    ledger.add(a_text())
    set_columns(ledger, state="sent", sending_at=5, finished_at=6)
    witness = Witness(ledger.database)
    with ledger.database.write() as connection:
        witness.renew(connection)
    ledger.archive("2026-01-01")

    with ledger.database.write() as connection:
        witness.check(connection)
    witness.close()


def test_recover_makes_unknown_what_the_backup_shows_as_unfinished(ledger: Ledger) -> None:
    in_every_state(ledger)
    with ledger.database.write() as connection:
        connection.execute(insert(senders).values(id="of-old", lock_number=1, host="h", process=1, started_at=1))
    set_columns(ledger, sender="of-old")

    assert ledger.recover("2026-11-21T00:00:00Z", [a_text(), a_text(order(3))]) == 5
    assert states(ledger) == ["unknown"] * 3 + ["sent", "unknown", "rejected", "given_up", "unknown"] + [
        "cancelled",
        "skipped",
        "unknown",
    ]
    (outcome,) = ledger.outcomes(order_id=ORDER)
    assert outcome.error is not None
    assert outcome.error.outcome == "unknown"
    assert ledger.resolve(False, order_id=ORDER) == 1


def test_recover_from_now_on_trusts_the_ledger(ledger: Ledger) -> None:
    ledger.add([a_text(), a_text(order(1))])
    set_columns(ledger, order(1), state="waiting")

    assert ledger.recover("2026-11-22T11:00:00Z", [a_text(order(2))]) == 0
    assert states(ledger) == ["pending", "waiting", "pending"]


def test_recover_is_refused_while_a_sender_runs(ledger: Ledger) -> None:
    ledger.add(a_text())
    session = Session(ledger.database)

    with pytest.raises(LedgerError, match="Stop it first") as refused:
        ledger.recover("2026-11-21")
    assert refused.value.retryable
    session.close()
    assert states(ledger) == ["pending"]
    assert ledger.recover("2026-11-21") == 1


def test_recover_with_a_wrong_job_changes_nothing(ledger: Ledger) -> None:
    ledger.add(a_text())

    with pytest.raises(InvalidMessageError, match=r"jobs\[0\]\.text"):
        ledger.recover("2026-11-21", [a_text(order(1), text="")])
    with pytest.raises(InvalidMessageError, match=r"jobs\[0\]\.document"):
        ledger.recover("2026-11-21", [a_text(text="Another")])
    assert states(ledger) == ["pending"]


def test_recover_makes_a_copy_usable(tmp_path: Path) -> None:
    path, copy = tmp_path / "ledger.db", tmp_path / "copy.db"
    with Ledger(f"sqlite:///{path}") as ledger:
        ledger.add(a_text())
        set_columns(ledger, state="sent", sending_at=5)
    copy.write_bytes(path.read_bytes())
    with Ledger(f"sqlite:///{copy}") as ledger:
        witness = Witness(ledger.database)
        with pytest.raises(ConfigurationError, match="copy"), ledger.database.write() as connection:
            witness.check(connection)
        ledger.recover("2026-11-21")
        with ledger.database.write() as connection:
            witness.check(connection)
        witness.close()


@pytest.mark.parametrize(
    ("selection", "error"),
    [
        ({"message_type": "birthdayCard"}, InvalidMessageError),
        ({"marketplace": "XX"}, ConfigurationError),
        ({"state": "lost"}, ConfigurationError),
        ({"order_id": []}, ConfigurationError),
        ({"order_id": 7}, ConfigurationError),
        ({"colour": "red"}, TypeError),
    ],
)
def test_what_is_unknown_is_an_error_and_no_empty_answer(
    ledger: Ledger, selection: dict[str, Any], error: type[Exception]
) -> None:
    for word in (ledger.outcomes, ledger.export, ledger.status, ledger.retry, ledger.cancel):
        with pytest.raises(error):
            word(**selection)


SELECTIONS: list[dict[str, Any]] = [
    {"order_id": f" {ORDER} "},
    {"order_id": [ORDER, order(9)]},
    {"message_type": "createConfirmDeliveryDetails"},
    {"account": "a"},
    {"document": "R-17"},
    {"key": "k-1"},
    {"state": ["waiting", "unknown"]},
    {"marketplace": "fr"},
    {"order_id": ORDER, "account": "a", "state": "waiting", "key": None},
]


@pytest.mark.parametrize("selection", SELECTIONS, ids=str)
def test_messages_are_selected_by_the_same_words_everywhere(ledger: Ledger, selection: dict[str, Any]) -> None:
    mine = Job(
        ORDER, "confirmDeliveryDetails", text=TEXT, account="a", document="R-17", key="k-1", marketplace="FR"
    )  # fmt: skip
    ledger.add([mine, a_text(order(1)), a_text(order(2), account="b", key="k-2", document="R-18")])
    set_columns(ledger, ORDER, state="waiting")

    assert [outcome.job.key for outcome in ledger.outcomes(**selection)] == ["k-1"]
    assert [each["key"] for each in ledger.export(**selection)] == ["k-1"]
    assert sum(each.count for each in ledger.status(**selection).counts) == 1
    assert ledger.cancel(**selection) == 1
    assert states(ledger) == ["cancelled", "pending", "pending"]


def test_the_messages_of_a_parked_account_are_shown_as_parked(ledger: Ledger) -> None:
    ledger.add([a_text(account="a"), a_text(order(1), account="b")])
    park(ledger, "a", "The token was revoked.")

    (outcome,) = ledger.outcomes(state="parked")
    assert (outcome.state, str(outcome.error)) == ("parked", "The token was revoked.")
    assert [each["state"] for each in ledger.export()] == ["parked", "pending"]
    assert [each["error"] for each in ledger.export()] == ["The token was revoked.", None]
    assert ledger.cancel(state="pending") == 1
    with ledger.database.read() as connection:
        assert connection.execute(select(sellers.c.parked_at).where(sellers.c.account == "a")).scalar_one()


def test_an_unknown_message_that_was_forgotten_and_was_not_sent_is_cancelled(ledger: Ledger) -> None:
    """Nothing is left of it that could be sent."""
    ledger.add([a_text(), a_text(order(1))])
    set_columns(ledger, state="unknown", sending_at=1, sender="of-old", finished_at=1, error_type="ReadTimeout")
    ledger.forget(ORDER)

    assert ledger.resolve(False, state="unknown") == 2

    assert states(ledger) == ["cancelled", "pending"]
    forgotten = rows(ledger)[0]
    assert (forgotten.finished_at, forgotten.error_type) == (NOON * 1000, None)
    assert ledger.add(a_text()).known == 1


@pytest.mark.parametrize("method", ["outcomes", "status", "retry", "cancel"])
def test_a_list_that_is_too_long_for_a_database_is_refused(ledger: Ledger, method: str) -> None:
    ledger.add(a_text())
    most = [ORDER, *map(order, range(9_999))]
    list(ledger.outcomes(order_id=most))

    with pytest.raises(ConfigurationError, match="10000"):
        getattr(ledger, method)(order_id=most, document=["R-1"])
    assert states(ledger) == ["pending"]


@pytest.mark.parametrize("note", ["a\0b", "a\ud800b", 17])
def test_a_note_that_no_database_keeps_is_refused(ledger: Ledger, note: Any) -> None:
    ledger.add(a_text())
    with pytest.raises(ConfigurationError, match="note"):
        ledger.cancel(order_id=ORDER, note=note)
    assert states(ledger) == ["pending"]


def test_an_account_that_is_no_string_is_refused(ledger: Ledger) -> None:
    with pytest.raises(ConfigurationError, match="account is int"):
        ledger.resume(17)  # type: ignore[arg-type]
