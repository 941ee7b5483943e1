"""What a 403 means: one is about its message, several in a row are about the seller, and nearly all are Amazon's."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from spapi_messaging import AsyncMessagingClient, UsagePlan
from spapi_messaging.bulk import State, work
from tests.support.runs import Shop, by_order, job, number_of
from tests.support.thorough import on_a_database

DENIED = {"errors": [{"code": "Unauthorized", "message": "Access to requested resource is denied.", "details": ""}]}
TEMPLATE = {"errors": [{"code": "Unauthorized", "message": "Invalid amazonOrderId and template combination."}]}
BAD = {"errors": [{"code": "InvalidInput", "message": "No."}]}


class Amazon(httpx.AsyncBaseTransport):
    """Answers each send as the test says, by the number of its order."""

    def __init__(self, answer: Callable[[int], tuple[int, Any]]) -> None:
        self.answer = answer
        self.sends: list[int] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.startswith("/auth"):
            return httpx.Response(200, json={"access_token": "a", "token_type": "bearer", "expires_in": 3600})
        number = number_of(request.url.path.split("/")[4])
        self.sends.append(number)
        status, body = self.answer(number)
        return httpx.Response(status, content=json.dumps(body), headers={"x-amzn-requestid": f"request-{number}"})


def client_of(shop: Shop, answer: Callable[[int], tuple[int, Any]], plan: UsagePlan | None = None) -> Any:
    """A client, and the Amazon that it talks to."""
    amazon = Amazon(answer)
    given: dict[str, Any] = {"transport": amazon} | ({"usage_plans": {"*": plan}} if plan else {})
    client: AsyncMessagingClient = shop.client(**given)
    return client, amazon


def test_one_denied_message_is_rejected_and_the_others_go_on(any_shop: Shop) -> None:
    any_shop.add(*(job(number) for number in range(10)))

    outcomes = any_shop.run(client_of(any_shop, lambda number: (403, DENIED) if number == 4 else (201, {}))[0])

    assert by_order(outcomes) == {number: [State.REJECTED if number == 4 else State.SENT] for number in range(10)}
    assert any_shop.seller_row().parked_at is None


def test_two_denied_orders_at_the_end_are_rejected(shop: Shop) -> None:
    shop.add(job(1), job(2))

    shop.run(client_of(shop, lambda number: (403, DENIED))[0])

    assert shop.states() == {State.REJECTED: 2}


@on_a_database("orders", [3, 5, 50])
def test_several_denied_orders_park_the_seller_once(
    any_shop: Shop, orders: int, caplog: pytest.LogCaptureFixture
) -> None:
    """However many were in flight when it was seen, none of them is rejected."""
    any_shop.add(*(job(number) for number in range(orders)), job(100, account="other"))
    accounts = {"": client_of(any_shop, lambda number: (403, DENIED))[0], "other": any_shop.client("other")}

    outcomes = any_shop.run(accounts)

    states = sorted(outcome.state for outcome in outcomes)
    assert states == [State.PARKED, State.SENT]
    assert any_shop.states() == {State.PARKED: orders, State.SENT: 1}
    assert caplog.text.count("is parked") == 1
    row = any_shop.seller_row()
    assert row.parked_at and row.parked_error == "AccessDeniedError" and "403" not in (row.owner or "")
    any_shop.assert_nothing_is_held()


def test_a_parked_seller_sends_nothing_until_it_is_resumed(any_shop: Shop) -> None:
    any_shop.add(*(job(number) for number in range(50)))
    denied, amazon = client_of(any_shop, lambda number: (403, DENIED), UsagePlan(1000.0, 1))
    any_shop.run(denied)
    tried = len(amazon.sends)

    assert any_shop.run(denied) == []
    assert len(amazon.sends) == tried

    any_shop.resume()
    any_shop.run()

    assert any_shop.received() == list(range(50))
    assert any_shop.states() == {State.SENT: 50}


def test_a_slice_says_that_a_seller_is_parked(shop: Shop) -> None:
    shop.add(*(job(number) for number in range(5)))

    done = work(shop.ledger, client_of(shop, lambda number: (403, DENIED))[0], seconds=10)

    assert done.to_dict() == {"states": {"parked": 1}, "exit_code": 4}


def test_three_messages_of_one_order_are_not_the_sellers_trouble(shop: Shop) -> None:
    shop.add(*(job(1, document=f"R-{number}") for number in range(4)), job(2))

    shop.run(client_of(shop, lambda number: (403, DENIED) if number == 1 else (201, {}))[0])

    assert shop.states() == {State.REJECTED: 4, State.SENT: 1}


@pytest.mark.parametrize("plan", [UsagePlan(1000.0, 1000), UsagePlan(1000.0, 1)])
@pytest.mark.parametrize(("status", "body"), [(400, BAD), (403, TEMPLATE), (404, BAD)])
def test_when_nearly_all_are_refused_alike_they_wait(
    shop: Shop, status: int, body: Any, plan: UsagePlan, caplog: pytest.LogCaptureFixture
) -> None:
    """Those too that were refused before this was seen. What is wrong with Amazon today may be mended tomorrow."""
    shop.add(*(job(number) for number in range(30)))

    outcomes = shop.run(client_of(shop, lambda number: (status, body) if number else (201, {}), plan)[0])

    assert shop.states() == {State.WAITING: 29, State.SENT: 1}
    last = {number: states[-1] for number, states in by_order(outcomes).items()}
    assert last == {number: State.WAITING if number else State.SENT for number in range(30)}
    assert caplog.text.count("probably Amazon's side") == 1
    assert all(outcome.error is not None for outcome in shop.ledger.outcomes(state="waiting"))
    shop.assert_nothing_is_held()


def test_below_that_share_they_are_rejected(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    """Every eighth is accepted."""
    shop.add(*(job(number) for number in range(64)))
    one_by_one = UsagePlan(1000.0, 1)

    shop.run(client_of(shop, lambda number: (201, {}) if number % 8 == 0 else (400, BAD), one_by_one)[0])

    assert shop.states() == {State.REJECTED: 56, State.SENT: 8}
    assert "Amazon's side" not in caplog.text


def test_few_orders_say_nothing_about_amazon(shop: Shop) -> None:
    shop.add(*(job(number) for number in range(19)))

    shop.run(client_of(shop, lambda number: (400, BAD))[0])

    assert shop.states() == {State.REJECTED: 19}


def test_one_order_with_many_documents_says_nothing_about_amazon(shop: Shop) -> None:
    shop.add(*(job(1, document=f"R-{number}") for number in range(30)))

    shop.run(client_of(shop, lambda number: (400, BAD))[0])

    assert shop.states() == {State.REJECTED: 30}


def test_a_slice_counts_each_message_once(shop: Shop) -> None:
    """A message that was rejected first and then waits is a message that waits."""
    shop.add(*(job(number) for number in range(30)))

    done = work(shop.ledger, client_of(shop, lambda number: (400, BAD), UsagePlan(1000.0, 1))[0])

    assert done.to_dict() == {"states": {"waiting": 30}, "exit_code": 6}


def test_what_was_sent_before_stands_beside_a_refusal(any_shop: Shop) -> None:
    any_shop.add(job(1, document="R-1"))
    any_shop.run()
    any_shop.add(job(1, document="R-2"), job(2))

    outcomes = any_shop.run(client_of(any_shop, lambda number: (403, TEMPLATE))[0])

    told = {outcome.job.document: outcome.error for outcome in outcomes}
    assert "by this ledger (document R-1)" in str(told["R-2"])
    assert "by this ledger" not in str(told[None])
    kept = {outcome.job.document: outcome.error for outcome in any_shop.ledger.outcomes(state="rejected")}
    assert str(kept["R-2"]) == str(told["R-2"])
    assert any_shop.states() == {State.SENT: 1, State.REJECTED: 2}
