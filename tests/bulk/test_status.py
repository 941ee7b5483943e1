"""`Ledger.status` and `Ledger.export`: what people read of a ledger."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from spapi_messaging import SendReceipt
from spapi_messaging.bulk import Job, Ledger, State
from spapi_messaging.bulk.claiming.session import Session
from spapi_messaging.bulk.claiming.transitions import bind
from spapi_messaging.bulk.jobs import FileSource
from spapi_messaging.bulk.storage.reading import PAGE
from tests.support.amazon import ORDER, TEXT
from tests.support.ledgers import NOON, Clock, a_text, in_every_state, order, park, set_columns

RECEIPT = SendReceipt(
    operation="confirmOrderDetails",
    message_type="confirmOrderDetails",
    amazon_order_id=ORDER,
    marketplace_id="A1PA6795UKMFR9",
    endpoint="https://sellingpartnerapi-eu.amazon.com",
    seller=None,
    request_id="r-1",
    status_code=201,
    attachments=(),
    sent_at=datetime(2026, 11, 22, tzinfo=UTC),
)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ledger(ledger_url: str, clock: Clock) -> Iterator[Ledger]:
    with Ledger(ledger_url, clock=clock) as made:
        yield made


def test_an_empty_ledger(ledger: Ledger) -> None:
    status = ledger.status()

    assert (status.counts, status.late, status.due_today, status.oldest_pending) == ((), 0, 0, None)
    assert (status.parked, status.senders, status.exit_code) == ((), 0, 0)
    assert list(ledger.export()) == []
    assert list(ledger.outcomes()) == []


def test_counts_by_account_type_and_state(ledger: Ledger) -> None:
    in_every_state(ledger, account="a")
    ledger.add([a_text(order(number)) for number in (20, 21)])
    status = ledger.status()

    first = status.counts[0]
    assert (first.account, first.state, first.count) == (None, State.PENDING, 2)
    assert {each.message_type for each in status.counts} == {"confirmOrderDetails"}
    assert status.states == {**dict.fromkeys(set(State) - {State.PARKED}, 1), State.PENDING: 3}


@pytest.mark.parametrize(
    ("left", "code"),
    [
        (["sent", "cancelled", "skipped"], 0),
        (["sent", "pending"], 6),
        (["pending", "rejected"], 1),
        (["rejected", "parked"], 4),
        (["parked", "unknown"], 3),
    ],
)
def test_exit_code_is_that_of_the_worst(ledger: Ledger, left: list[str], code: int) -> None:
    for number, state in enumerate(left):
        ledger.add(a_text(order(number), account=state))
        if state == "parked":
            park(ledger, "parked")
        else:
            set_columns(ledger, order(number), state=state)

    assert ledger.status().exit_code == code


@pytest.mark.parametrize(
    ("now", "marketplace", "due", "late", "today"),
    [
        ("2026-11-22T12:00+01:00", "DE", "2026-11-22", 0, 1),
        ("2026-11-22T23:59:59.999+01:00", "DE", "2026-11-22", 0, 1),
        ("2026-11-23T00:00+01:00", "DE", "2026-11-22", 1, 0),
        ("2026-11-23T00:00+01:00", "UK", "2026-11-22", 0, 1),
        ("2026-11-22T12:00+01:00", "DE", "2026-11-23", 0, 0),
        ("2026-11-22T12:00+01:00", "DE", "2026-11-22T11:59+01:00", 1, 0),
        ("2026-10-25T23:30+01:00", "DE", "2026-10-25", 0, 1),
        ("2026-03-29T23:30+02:00", "DE", "2026-03-29", 0, 1),
        ("2026-11-22T12:00+01:00", "DE", None, 0, 0),
    ],
)
def test_what_is_late_and_what_is_due_today(
    ledger: Ledger, clock: Clock, now: str, marketplace: str, due: str | None, late: int, today: int
) -> None:
    clock.now = datetime.fromisoformat(now).timestamp()
    ledger.add([a_text(marketplace=marketplace, due=due), a_text(order(1), marketplace=marketplace, due=due)])
    set_columns(ledger, order(1), state="sent")

    assert (ledger.status().late, ledger.status().due_today) == (late, today)


def test_oldest_pending_and_parked(ledger: Ledger, clock: Clock) -> None:
    ledger.add(a_text(account="a"))
    clock.now += 60
    ledger.add(a_text(order(1), account="b"))
    set_columns(ledger, ORDER, state="sent")
    park(ledger, "b", "The token was revoked.")
    status = ledger.status()

    assert status.oldest_pending == datetime.fromtimestamp(NOON + 60, UTC)
    (parked,) = status.parked
    assert (parked.account, parked.error, parked.reason) == ("b", "AuthorizationError", "The token was revoked.")
    assert parked.since == datetime.fromtimestamp(NOON, UTC)
    assert ledger.status(account="a").parked == ()


def test_senders_that_run_are_counted(ledger: Ledger) -> None:
    sessions = [Session(ledger.database) for _ in range(2)]
    assert ledger.status().senders == 2
    sessions[0].close()
    assert ledger.status().senders == 1
    sessions[1].close()
    assert ledger.status().senders == 0


def test_status_can_be_written_as_json(ledger: Ledger) -> None:
    ledger.add(a_text(account="a", due="2026-11-22"))
    ledger.add(a_text(order(1), account="b", due="2026-11-21"))
    ledger.add(a_text(order(2), account="b", not_before="2026-11-24"))
    park(ledger, "a")

    def counted(account: str, state: str, count: int) -> dict[str, Any]:
        return {"account": account, "message_type": "confirmOrderDetails", "state": state, "count": count}

    assert json.loads(json.dumps(ledger.status().to_dict())) == {
        "counts": [counted("a", "parked", 1), counted("b", "pending", 2)],
        "states": {"parked": 1, "pending": 2},
        "late": 1,
        "due_today": 1,
        "oldest_pending": "2026-11-22T11:00:00+00:00",
        "parked": [
            {
                "account": "a",
                "error": "AuthorizationError",
                "reason": "The token was revoked.",
                "since": "2026-11-22T11:00:00+00:00",
            }
        ],
        "senders": 0,
        "later": 1,
        "next_at": "2026-11-23T23:00:00+00:00",
        "exit_code": 4,
    }


def test_export_tells_everything_but_the_text(ledger: Ledger) -> None:
    ledger.add(
        a_text(account="a", document="R-17", key="k-1", due="2026-11-22T12:00:00+01:00", not_before="2026-11-01")
    )
    set_columns(ledger, state="rejected", error_type="BadRequestError", error_text="No.", status_code=400, attempts=1)
    set_columns(ledger, request_id="r-1", sending_at=1_000, finished_at=2_000)
    (told,) = ledger.export()

    assert told == {
        "account": "a",
        "marketplace": "DE",
        "amazon_order_id": ORDER,
        "message_type": "confirmOrderDetails",
        "document": "R-17",
        "key": "k-1",
        "state": "rejected",
        "request_id": "r-1",
        "status_code": 400,
        "error_type": "BadRequestError",
        "error": "No.",
        "attempts": 1,
        "due": "2026-11-22T11:00:00.000Z",
        "not_before": "2026-10-31T23:00:00.000Z",
        "added_at": "2026-11-22T11:00:00.000Z",
        "sending_at": "1970-01-01T00:00:01.000Z",
        "finished_at": "1970-01-01T00:00:02.000Z",
        "note": None,
        "files": [],
    }
    assert TEXT not in json.dumps(told)


def test_outcomes_hold_the_receipt_or_the_error(ledger: Ledger) -> None:
    ledger.add([a_text(), a_text(order(1))])
    set_columns(ledger, ORDER, state="sent", receipt=RECEIPT.to_dict(), request_id="r-1", text=None)
    error: dict[str, Any] = {"error_type": "DeliveryUnknownError", "error_text": "Lost.", "request_id": "r-2"}
    set_columns(ledger, order(1), state="unknown", status_code=500, **error)
    sent, unknown = ledger.outcomes()

    assert (sent.receipt, sent.error, sent.job.text) == (RECEIPT, None, None)
    assert sent.to_dict()["request_id"] == "r-1"
    assert (unknown.receipt, str(unknown.error)) == (None, "Lost.")
    assert unknown.error is not None
    assert (unknown.error.outcome, unknown.error.retryable, unknown.error.request_id) == ("unknown", False, "r-2")
    assert json.loads(json.dumps(unknown.to_dict()))["error"]["type"] == "DeliveryUnknownError"


def test_a_receipt_of_another_release_does_no_harm(ledger: Ledger) -> None:
    ledger.add(a_text())
    set_columns(ledger, state="sent", receipt={"of": "the future"})

    assert [outcome.receipt for outcome in ledger.outcomes()] == [None]


def test_outcomes_are_read_page_by_page_while_others_write(ledger: Ledger) -> None:
    ledger.add(a_text(order(number)) for number in range(PAGE + 2))
    found = ledger.outcomes()
    first = next(found)
    ledger.add(a_text(order(PAGE + 2)))
    set_columns(ledger, order(PAGE + 1), state="sent")
    rest = list(found)

    assert first.job.order_id == order(0)
    assert [outcome.job.order_id for outcome in rest] == [order(number) for number in range(1, PAGE + 3)]
    assert rest[PAGE].state == "sent"


def test_what_a_ledger_is_for(ledger: Ledger) -> None:
    assert ledger.purpose is None
    with ledger.database.write() as connection:
        bind(connection, "production")

    assert ledger.purpose == "production"


def test_an_export_names_the_files(ledger: Ledger, tmp_path: Path) -> None:
    for name in ("a.pdf", "b.pdf"):
        (tmp_path / name).write_bytes(b"%PDF-1.4\n%%EOF\n")
    files: list[FileSource] = [tmp_path / "a.pdf", ("Rechnung.pdf", tmp_path / "b.pdf")]
    ledger.add(Job(ORDER, "invoice", attachments=files, marketplace="DE"))

    assert [each["files"] for each in ledger.export()] == [["a.pdf", "Rechnung.pdf"]]
