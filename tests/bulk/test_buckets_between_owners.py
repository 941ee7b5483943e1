"""The usage plans of a seller go from one sender to the next: Amazon does not know that they are two."""

from __future__ import annotations

from typing import Any

from sqlalchemy import update

from spapi_messaging import UsagePlan
from spapi_messaging.bulk import State
from spapi_messaging.bulk.storage.schema import sellers
from spapi_messaging.limiters import InProcessLimiter
from tests.support.runs import FILE_TYPE, Shop, job, pdf

#: Five at once, and then hardly any.
SLOW = {"*": UsagePlan(0.01, 5)}


def as_another_process(shop: Shop, **options: Any) -> int:
    """How many messages a sender sends that shares nothing with the others but the ledger."""
    client = shop.client(usage_plans=SLOW, limiter=InProcessLimiter(), **options)
    return sum(outcome.state is State.SENT for outcome in shop.run(client, seconds=1.0))


def test_the_next_sender_goes_on_where_this_one_stopped(any_shop: Shop) -> None:
    any_shop.add(*(job(number) for number in range(10)))

    assert as_another_process(any_shop) == 5
    assert as_another_process(any_shop) == 0

    assert any_shop.states() == {State.SENT: 5, State.PENDING: 5}
    any_shop.assert_nothing_is_held()


def test_time_that_passed_in_between_counts(shop: Shop) -> None:
    now = [1_800_000_000.0]
    shop.ledger.close()
    shop.ledger = type(shop.ledger)(shop.ledger.database.url_shown, clock=lambda: now[0])
    shop.add(*(job(number) for number in range(10)))
    assert as_another_process(shop) == 5

    now[0] += 310  # three calls at a hundredth of a call a second

    assert as_another_process(shop) == 3


def test_after_a_sender_that_died_the_buckets_begin_empty(any_shop: Shop) -> None:
    """Nobody knows how many requests it made."""
    any_shop.add(*(job(number) for number in range(10)))
    with any_shop.ledger.database.write() as connection:
        connection.execute(update(sellers).values(buckets={"emptied": True}))

    assert as_another_process(any_shop) == 0
    assert any_shop.states() == {State.PENDING: 10}


def test_each_operation_has_its_own(shop: Shop, tmp_path: Any) -> None:
    shop.add(*(job(number) for number in range(10)))
    assert as_another_process(shop) == 5

    shop.add(job(100, message_type=FILE_TYPE, attachments=[pdf(tmp_path)]))

    assert as_another_process(shop) == 1
    assert shop.recorded(100).state is State.SENT
