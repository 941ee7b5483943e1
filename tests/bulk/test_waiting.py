"""Messages that Amazon does not offer for their order now: they wait, are looked at again, and are given up."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spapi_messaging.bulk import Ledger, State
from spapi_messaging.bulk.sending.waiting import gives_up, next_look
from spapi_messaging.sandbox import Sandbox
from tests.support.runs import FILE_TYPE, Shop, job, order, pdf

MINUTE, HOUR, DAY = 60, 3600, 86400
pytest.importorskip("jsonschema")


class MovedClock:
    """The ledger's clock, which the test moves."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 20, 12, 0, tzinfo=UTC).timestamp()

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture
def late_shop(sandbox: Sandbox, ledger_url: str, clock: MovedClock) -> Iterator[Shop]:
    """Its orders are cancelled, so that nothing is offered for them."""
    with Ledger(ledger_url, clock=clock) as ledger:
        yield Shop(sandbox, ledger)


def offer(shop: Shop, number: int = 1, *, offered: bool) -> None:
    """Lets Amazon offer messages for an order, or not."""
    shop.sandbox.orders.set(order(number), state="shipped" if offered else "cancelled")


def test_what_is_not_offered_waits(late_shop: Shop, clock: MovedClock) -> None:
    late_shop.add(job(1), job(2))
    offer(late_shop, offered=False)

    outcomes = late_shop.run(check=True)

    assert sorted(outcome.state for outcome in outcomes) == [State.SENT, State.WAITING]
    kept = late_shop.recorded(1)
    assert kept.state is State.WAITING and kept.error is not None
    assert kept.error.to_dict()["type"] == "MessageNotAvailableError"
    row = late_shop.row(1)
    assert abs(row.not_before / 1000 - (clock.now + 15 * MINUTE)) < MINUTE
    assert abs(row.waiting_since / 1000 - clock.now) < MINUTE
    assert row.attempts == 0 and row.text
    late_shop.assert_nothing_is_held()


def test_it_is_sent_once_when_it_is_offered(late_shop: Shop, clock: MovedClock) -> None:
    late_shop.add(job(1))
    offer(late_shop, offered=False)
    late_shop.run(check=True)
    offer(late_shop, offered=True)

    assert late_shop.run(check=True) == []
    clock.now += 16 * MINUTE
    (outcome,) = late_shop.run(check=True)

    assert outcome.state is State.SENT
    clock.now += DAY
    assert late_shop.run(check=True) == []
    assert late_shop.received() == [1]


def test_it_is_looked_at_less_and_less_often_and_given_up_after_a_week(late_shop: Shop, clock: MovedClock) -> None:
    late_shop.add(job(1))
    offer(late_shop, offered=False)
    began, pauses = clock.now, []

    for waited in (0, HOUR / 2, 2 * HOUR, 20 * HOUR, 2 * DAY, 6.9 * DAY):
        clock.now = began + waited
        (outcome,) = late_shop.run(check=True)
        assert outcome.state is State.WAITING
        pauses.append(late_shop.row().not_before / 1000 - clock.now)
    clock.now = began + 7.1 * DAY
    (outcome,) = late_shop.run(check=True)

    assert outcome.state is State.GIVEN_UP
    expected = [15 * MINUTE, 15 * MINUTE, HOUR, HOUR, 4 * HOUR, 4 * HOUR]
    assert pauses == pytest.approx(expected, abs=MINUTE)
    row = late_shop.row()
    assert (row.state, row.text) == ("given_up", None)
    assert row.error_type == "MessageNotAvailableError"
    assert late_shop.received() == []


def test_it_is_given_up_when_its_due_is_long_over(late_shop: Shop, clock: MovedClock) -> None:
    late_shop.add(job(1, due="2026-11-21T12:00:00Z"))
    offer(late_shop, offered=False)
    late_shop.run(check=True)
    assert late_shop.recorded().state is State.WAITING

    clock.now += 3 * DAY + MINUTE
    (outcome,) = late_shop.run(check=True)

    assert outcome.state is State.GIVEN_UP


def test_without_a_check_amazons_403_rejects_it(late_shop: Shop) -> None:
    late_shop.add(job(1))
    offer(late_shop, offered=False)

    (outcome,) = late_shop.run()

    assert outcome.state is State.REJECTED


def test_strict_stops_what_a_check_lets_pass(late_shop: Shop) -> None:
    """Amazon's guidelines advise against an emoji, and nothing forbids it."""
    late_shop.add(job(1, text="Danke \N{SMILING FACE WITH SMILING EYES}"), job(2, text="Vielen Dank und alles Gute!"))

    strict = {outcome.job.order_id: outcome for outcome in late_shop.run(check="strict")}

    assert (strict[order(1)].state, strict[order(2)].state) == (State.REJECTED, State.SENT)
    assert "emoji" in str(strict[order(1)].error)
    late_shop.add(job(3, text="Danke \N{SMILING FACE WITH SMILING EYES}"))
    assert [outcome.state for outcome in late_shop.run(check=True)] == [State.SENT]


def test_a_file_for_an_order_that_is_not_offered_waits_too(late_shop: Shop, tmp_path: Path) -> None:
    """Nothing is uploaded for it."""
    late_shop.add(job(1, message_type=FILE_TYPE, attachments=[pdf(tmp_path)]))
    offer(late_shop, offered=False)

    (outcome,) = late_shop.run(check=True)

    assert outcome.state is State.WAITING
    assert not [request for request in late_shop.sandbox.requests if request.service == "s3"]


def test_a_list_that_is_empty_now_is_looked_at_again(late_shop: Shop, clock: MovedClock) -> None:
    """Amazon fills it later, for one order or for nearly all."""
    late_shop.add(job(1))
    late_shop.sandbox.faults.answer(200, {"_embedded": {"actions": []}, "_links": {"actions": []}}, on="reads")

    (outcome,) = late_shop.run(check=True)
    assert outcome.state is State.WAITING

    clock.now += HOUR
    (outcome,) = late_shop.run(check=True)
    assert outcome.state is State.SENT


def test_what_this_ledger_sent_stands_beside_it(late_shop: Shop) -> None:
    late_shop.add(job(1, document="R-1"))
    late_shop.run()
    late_shop.add(job(1, document="R-2"))
    offer(late_shop, offered=False)

    (outcome,) = late_shop.run(check=True)

    assert "2026-11-20" in str(outcome.error) and "by this ledger" in str(outcome.error)
    row: Any = late_shop.ledger.outcomes(document="R-2")
    assert str(next(iter(row)).error) == str(outcome.error)


@given(st.integers(0, 8 * DAY * 1000))
def test_it_is_looked_at_within_four_hours_and_not_more_often_than_each_quarter(waited: int) -> None:
    assert 15 * MINUTE * 1000 <= next_look(waited) <= 4 * HOUR * 1000


@given(st.integers(0, 20 * DAY * 1000), st.integers(-20 * DAY * 1000, 20 * DAY * 1000))
def test_it_is_given_up_after_a_week_or_two_days_after_its_due(waited: int, overdue: int) -> None:
    assert gives_up(waited, overdue) == (waited >= 7 * DAY * 1000 or overdue >= 2 * DAY * 1000)


@pytest.mark.parametrize(
    ("waited", "minutes"),
    [(0, 15), (HOUR - 1, 15), (HOUR, 60), (DAY - 1, 60), (DAY, 240), (7 * DAY, 240), (8 * DAY, 240)],
)
def test_the_looks_become_rarer(waited: int, minutes: int) -> None:
    assert next_look(waited * 1000) == minutes * 60_000


@pytest.mark.parametrize(
    ("waited", "overdue", "given_up"),
    [(7 * DAY, -1, True), (7 * DAY - 1, -1, False), (0, 2 * DAY, True), (0, 2 * DAY - 1, False)],
)
def test_it_is_given_up_on_the_second(waited: int, overdue: int, given_up: bool) -> None:
    assert gives_up(waited * 1000, overdue * 1000) is given_up
