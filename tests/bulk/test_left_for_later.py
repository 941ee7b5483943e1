"""Messages that wait for their time, and those that were left for later after trouble."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import update

from spapi_messaging.bulk import Ledger
from spapi_messaging.bulk.storage.schema import sellers
from tests.support.ledgers import NOON, Clock, park, rows, set_columns
from tests.support.runs import Shop, job

LATER = (NOON + 900) * 1000


@pytest.fixture
def ledger(ledger_url: str) -> Iterator[Ledger]:
    with Ledger(ledger_url, clock=Clock()) as made:
        yield made


def pause(ledger: Ledger, account: str, until: int = LATER) -> None:
    with ledger.database.write() as connection:
        connection.execute(update(sellers).where(sellers.c.account == account).values(not_before=until))


def test_after_an_outage_everything_goes_on_at_once_if_a_person_wants_it(any_shop: Shop) -> None:
    any_shop.ledger.add([job(number) for number in range(1, 6)], batch="evening")
    outage = any_shop.sandbox.faults.add("reset", on="token", times=None)
    any_shop.run_hastily(patience=1)
    any_shop.sandbox.faults.remove(outage)
    assert any_shop.ledger.status().later == 5
    assert any_shop.run_hastily(patience=1) == [], "until then nothing goes"

    assert any_shop.ledger.hurry(batch="evening") == 5

    any_shop.run_hastily()
    assert any_shop.received() == [1, 2, 3, 4, 5]
    assert any_shop.ledger.hurry() == 0


def test_it_hurries_what_was_left_and_nothing_else(ledger: Ledger) -> None:
    ledger.add(
        [job(1, account="a"), job(2, account="b"), job(3, account="a", not_before="2026-12-24"), job(4, account="c")]
    )
    set_columns(ledger, job(1).order_id, not_before=LATER, error_type="ServerError")
    pause(ledger, "b")
    pause(ledger, "c")
    park(ledger, "c")
    before = rows(ledger)[2]

    assert ledger.hurry(order_id=job(4).order_id) == 0
    assert ledger.hurry() == 2

    assert ledger.status().later == 1
    assert rows(ledger)[2] == before, "a person's own not_before stands"
    with ledger.database.read() as connection:
        times = connection.execute(sellers.select().order_by(sellers.c.account)).all()
    assert [row.not_before for row in times] == [0, 0, LATER]


def test_the_status_says_what_may_not_be_sent_yet_and_until_when(ledger: Ledger) -> None:
    ledger.add(
        [
            job(1, account="a", not_before="2026-12-24"),
            job(2, account="a", not_before="2026-12-01"),
            job(3, account="b"),
        ]
    )
    status = ledger.status()
    assert (status.later, status.next_at) == (2, datetime(2026, 11, 30, 23, tzinfo=UTC))
    assert status.to_dict()["next_at"] == "2026-11-30T23:00:00+00:00"

    pause(ledger, "b")
    status = ledger.status()
    assert (status.later, status.next_at) == (3, datetime.fromtimestamp(LATER / 1000, UTC))
    assert ledger.status(account="none").next_at is None


def test_what_is_due_now_waits_for_its_account_alone(ledger: Ledger) -> None:
    ledger.add([job(1, account="a"), job(2, account="a"), job(3, account="a")])
    for number, not_before in ((1, NOON * 1000), (2, NOON * 1000 - 1), (3, LATER)):
        set_columns(ledger, job(number).order_id, not_before=not_before)
    pause(ledger, "a")

    assert ledger.hurry() == 2
