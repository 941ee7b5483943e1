"""A scheduler that shuts down ends a slice early."""

from __future__ import annotations

import threading
import time

import pytest

from spapi_messaging.bulk import Slice, State, work
from tests.support.runs import Shop, job

MANY = 300


def slowly(shop: Shop) -> None:
    """Adds more than a slice sends before somebody can stop it."""
    shop.sandbox.faults.add("delay", on="sends", every=1, seconds=0.05)
    shop.add(*(job(number) for number in range(MANY)))


def test_a_slice_that_should_stop_begins_no_more_messages(any_shop: Shop) -> None:
    slowly(any_shop)
    stopping = threading.Event()

    served = work(any_shop.ledger, any_shop.client(), on_progress=lambda _: stopping.set(), should_stop=stopping.is_set)

    assert 0 < served.states[State.SENT] < MANY
    assert any_shop.states() == {State.SENT: served.states[State.SENT], State.PENDING: MANY - served.states[State.SENT]}
    assert len(any_shop.received()) == served.states[State.SENT]
    any_shop.assert_nothing_is_held()


def test_a_slice_that_should_stop_from_the_beginning_ends_although_messages_wait(shop: Shop) -> None:
    began = time.monotonic()
    shop.add(job(1), job(2))
    shop.sandbox.faults.add("throttle", on="sends", every=1)  # it would try again for as long as it may

    served = work(shop.ledger, shop.client(), seconds=60, should_stop=lambda: True)

    assert time.monotonic() - began < 30
    assert served.states.keys() <= {State.PENDING}
    assert shop.received() == []


def test_a_question_that_fails_stops_nothing_and_is_said(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    def should_stop() -> bool:
        raise RuntimeError("a bug of the scheduler")

    shop.sandbox.faults.add("delay", on="sends", every=1, seconds=0.5)
    shop.add(job(1))

    assert work(shop.ledger, shop.client(), should_stop=should_stop) == Slice({State.SENT: 1}, 0)
    assert "should_stop raised RuntimeError" in caplog.text


def test_nobody_is_asked_after_the_slice(shop: Shop) -> None:
    work(shop.ledger, shop.client(), should_stop=lambda: False)

    assert all(thread.name != "spapi-messaging-stop" or not thread.is_alive() for thread in _after_a_moment())


def _after_a_moment() -> list[threading.Thread]:
    for thread in threading.enumerate():
        if thread.name == "spapi-messaging-stop":
            thread.join(10)
    return threading.enumerate()
