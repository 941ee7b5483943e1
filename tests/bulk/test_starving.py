"""Nothing keeps a seller from its turn: no sellers that this run cannot serve, no seller that prepares for long, and no
accounts that do not answer."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from spapi_messaging import AsyncMessagingClient, UsagePlan
from spapi_messaging.bulk import Outcome, Sender, State, work
from spapi_messaging.bulk.sending import sellers
from tests.support.clocks import LoopClock
from tests.support.runs import Shop, job, number_of, run_hastily
from tests.support.thorough import choose, on_a_database

#: A message a second.
SLOW: dict[str, Any] = {"usage_plans": {"*": UsagePlan(1.0, 1)}}


@on_a_database("places", [1, 5])
def test_sellers_without_credentials_hold_up_no_one(any_shop: Shop, places: int) -> None:
    """They were never served, so they come first each time. While one seller is served, the others are still found."""
    any_shop.add(*(job(number, account="long") for number in range(30)))
    strangers = [f"elsewhere-{number}" for number in range(choose(150, 400))]
    any_shop.add(*(job(1000 + number, account=name) for number, name in enumerate(strangers)))
    others = [f"short-{number}" for number in range(places - 1)]
    any_shop.add(*(job(2000 + number, account=name) for number, name in enumerate(others)))
    last = "last"
    any_shop.add(job(3000, account=last))
    known = {name: any_shop.client(name) for name in [*others, last]}
    known["long"] = any_shop.client("long", clock=LoopClock(), **SLOW)

    outcomes = any_shop.run_hastily(known.get, sellers=places, seconds=50.0)

    assert 3000 in {number_of(outcome.job.order_id) for outcome in outcomes}, "it waits behind the others"
    any_shop.assert_nothing_is_held()


def test_credentials_that_came_later_are_found_although_all_places_are_taken(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sellers, "RECONSIDER", 10.0)
    monkeypatch.setattr(sellers, "TURN", 5.0)
    known = {name: shop.client(name, clock=LoopClock(), **SLOW) for name in ("a", "b")}
    late = shop.client("late")
    for number, name in enumerate(known):
        shop.add(*(job(1000 * number + each, account=name) for each in range(300)))
    shop.add(job(5000, account="late"))
    began = time.monotonic()

    def find(name: str) -> AsyncMessagingClient | None:
        if name == "late":
            return late if time.monotonic() - began > 0.5 else None
        return known[name]

    told: list[Outcome] = []
    sender = Sender(shop.ledger, find, sellers=1, stay=True)

    async def main() -> None:
        async for outcome in sender._sender.run():
            told.append(outcome)
            if outcome.account == "late":
                return
            assert len(told) < 500, "it is never asked for again"

    run_hastily(main())
    assert told[-1].account == "late"


def test_accounts_of_a_seller_that_another_sender_serves_hold_up_no_one(any_shop: Shop) -> None:
    """Two accounts are one seller at Amazon, and another sender serves it under the first name."""
    same = any_shop.client("same", **SLOW)
    accounts = {"first": same, "second": same, "third": any_shop.client("third")}
    any_shop.add(*(job(number, account="first") for number in range(30)))
    running = Sender(any_shop.ledger, accounts, sellers=1).run()
    next(running)
    any_shop.add(job(100, account="second"), job(200, account="third"))

    outcomes = Sender(any_shop.ledger, accounts, sellers=1, seconds=2.0).run()

    assert [outcome.account for outcome in outcomes] == ["third"]
    running.close()


def test_a_message_that_takes_longer_than_a_turn_to_prepare_is_sent(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A large file on a slow line: it must not begin anew in each turn, and never end."""
    monkeypatch.setattr(sellers, "TURN", 5.0)
    # The loop's clock is fast: the time-out of a request would be over within half a second.
    accounts = {name: shop.client(name, clock=LoopClock(), timeout=3600.0, **SLOW) for name in ("large", "others")}
    send = AsyncMessagingClient.send

    async def upload_slowly(self: AsyncMessagingClient, *message: Any, **options: Any) -> Any:
        if self is accounts["large"]:
            await asyncio.sleep(20.0)
        return await send(self, *message, **options)

    monkeypatch.setattr(AsyncMessagingClient, "send", upload_slowly)
    shop.add(job(1, account="large"), *(job(number, account="others") for number in range(100, 200)))

    outcomes = shop.run_hastily(accounts, sellers=1)

    place = [outcome.account for outcome in outcomes].index("large")
    assert place < 50, "it waits until the others have nothing left"
    assert shop.states() == {State.SENT: 101}


@pytest.fixture
def hanging() -> Iterator[Callable[[str], None]]:
    """A function for accounts that does not answer before the end of the test."""
    answer = threading.Event()

    def find(name: str) -> None:
        answer.wait(60)

    yield find
    answer.set()


@pytest.mark.parametrize("how", ["seconds", "stop", "abort"])
def test_a_run_ends_although_the_accounts_do_not_answer(shop: Shop, hanging: Callable[[str], None], how: str) -> None:
    shop.add(job(1))
    sender = Sender(shop.ledger, hanging, seconds=0.3 if how == "seconds" else None)
    run = threading.Thread(target=lambda: list(sender.run()), daemon=True)
    run.start()
    if how != "seconds":
        time.sleep(0.3)  # it asks
        getattr(sender, how)()

    run.join(10)

    assert not run.is_alive()
    assert shop.states() == {State.PENDING: 1}
    shop.assert_nothing_is_held()


def test_an_account_that_does_not_answer_holds_up_no_other(
    shop: Shop, hanging: Callable[[str], None], caplog: pytest.LogCaptureFixture
) -> None:
    good = shop.client("good")
    shop.add(job(1, account="hangs"))
    shop.add(*(job(number, account="good") for number in range(2, 5)))

    outcomes = shop.run_hastily(lambda name: good if name == "good" else hanging(name))

    assert [outcome.account for outcome in outcomes] == ["good"] * 3
    assert "The account hangs cannot be used, and its messages wait: there was no answer for" in caplog.text
    assert shop.states() == {State.PENDING: 1, State.SENT: 3}


def test_an_account_that_does_not_answer_leaves_time_for_the_others_in_a_slice(
    shop: Shop, hanging: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sellers, "LONGEST_ANSWER", 1.0)
    good = shop.client("good")
    shop.add(job(1, account="hangs"), job(2, account="later"))

    slice = work(shop.ledger, lambda name: good if name == "later" else hanging(name), seconds=5.0, sellers=1)

    assert slice.states == {State.SENT: 1}
