"""Many sellers side by side: a slow or broken one does not hold up the others."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import httpx
import pytest

from spapi_messaging import AsyncMessagingClient, Credentials, UsagePlan
from spapi_messaging.bulk import AsyncSender, Outcome, Sender, State
from spapi_messaging.bulk.claiming import claims
from spapi_messaging.limiters import InProcessLimiter
from tests.support.runs import AMPLE, OTHER_TYPE, TEXT, TEXT_TYPE, Shop, job, number_of, run_hastily
from tests.support.thorough import choose

#: Amazon's usual plan: five at once, so that a seller with five messages does not wait.
USUAL = {"*": UsagePlan(1.0, 5)}


class Amazon(httpx.AsyncBaseTransport):
    """Takes messages of all sellers. That of one is revoked, and that of another one hangs."""

    def __init__(self) -> None:
        self.received: Counter[int] = Counter()
        self.hanging = asyncio.Event()
        self.go_on = asyncio.Event()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        content = (await request.aread()).decode()
        if request.url.path.startswith("/auth"):
            if "revoked" in content:
                return httpx.Response(400, json={"error": "invalid_grant", "error_description": "No."})
            name = content.partition("refresh_token=")[2].partition("&")[0]
            return httpx.Response(200, json={"access_token": name, "token_type": "bearer", "expires_in": 3600})
        if "hangs" in request.headers["x-amz-access-token"]:
            self.hanging.set()
            await self.go_on.wait()
        self.received[number_of(request.url.path.split("/")[4])] += 1
        return httpx.Response(201, json={}, headers={"x-amzn-requestid": "request-1"})


def accounts_of(shop: Shop, amazon: Amazon, sellers: int) -> dict[str, AsyncMessagingClient]:
    """A client for each seller, of one application."""
    application: Any = {**shop.options(usage_plans=USUAL, limiter=InProcessLimiter()), "transport": amazon}
    base = AsyncMessagingClient(credentials=Credentials("application", "secret", "x"), marketplace="DE", **application)
    names = ["revoked", "hangs", *(f"shop-{number}" for number in range(2, sellers))]
    return {name: base.for_seller(refresh_token=f"Atzr|{name}") for name in names}


def test_hundreds_of_sellers(shop: Shop) -> None:
    """One is revoked and is parked, one hangs and waits alone. All others are done while it hangs."""
    sellers, each = choose(400, 2000), 2

    async def main() -> list[Outcome]:
        amazon = Amazon()
        accounts = accounts_of(shop, amazon, sellers)
        names = list(accounts)
        shop.add(*(job(number, account=names[number % sellers]) for number in range(sellers * each)))
        outcomes: list[Outcome] = []
        sent = 0
        async for outcome in AsyncSender(shop.ledger, accounts).run():
            outcomes.append(outcome)
            sent += outcome.state is State.SENT
            if sent == (sellers - 2) * each:
                assert amazon.hanging.is_set()
                amazon.go_on.set()
        assert set(amazon.received.values()) == {1}
        return outcomes

    outcomes = asyncio.run(main())

    assert Counter(outcome.state for outcome in outcomes) == {State.SENT: (sellers - 1) * each, State.PARKED: 1}
    assert shop.states() == {State.SENT: (sellers - 1) * each, State.PARKED: each}
    shop.assert_nothing_is_held()


def test_more_sellers_than_are_served_at_once(any_shop: Shop) -> None:
    """The run does not end between two of them."""
    any_shop.add(*(job(number, account=f"shop-{number}") for number in range(20)))
    accounts = {f"shop-{number}": any_shop.client(f"shop-{number}") for number in range(20)}

    any_shop.run(accounts, sellers=1)

    assert any_shop.states() == {State.SENT: 20}


@pytest.mark.parametrize("sellers", [1, 3])
def test_the_most_urgent_seller_comes_first(shop: Shop, sellers: int) -> None:
    shop.add(
        job(1, account="never"), job(2, account="late", due="2030-01-02"), job(3, account="soon", due="2030-01-01")
    )
    accounts = {name: shop.client(name) for name in ("never", "late", "soon")}

    outcomes = shop.run(accounts, sellers=sellers)

    if sellers == 1:
        assert [number_of(outcome.job.order_id) for outcome in outcomes] == [3, 2, 1]
    assert shop.states() == {State.SENT: 3}


def test_the_most_urgent_message_comes_first(shop: Shop) -> None:
    shop.add(job(1), job(2, due="2030-01-02"), job(3, due="2030-01-01"))

    shop.run(shop.client(usage_plans={"*": UsagePlan(100.0, 1)}))

    received = [number_of(message.order_id) for message in shop.sandbox.inbox]
    assert received == [3, 2, 1]


def test_clients_for_threads_and_for_asyncio_beside_each_other(shop: Shop) -> None:
    shop.add(*(job(number, account="a" if number % 2 else "b") for number in range(20)))

    with shop.threads_client("a") as threads:
        shop.run({"a": threads, "b": shop.client("b")})

    assert shop.received() == list(range(20))


def test_another_sender_serves_the_same_seller(any_shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two accounts are one seller at Amazon. While one sender serves the first, another one leaves the second alone."""
    looks: list[int] = []
    candidates = claims.candidates

    def counted(*given: Any) -> Any:
        looks.append(1)
        return candidates(*given)

    monkeypatch.setattr(claims, "candidates", counted)
    any_shop.add(job(0, account="a"), job(1, account="a"))
    client = any_shop.client(usage_plans={"*": UsagePlan(0.01, 1)}, limiter=InProcessLimiter())
    running = Sender(any_shop.ledger, {"a": client}.get).run()
    next(running)
    any_shop.add(job(100, account="b"))
    looks.clear()

    assert list(Sender(any_shop.ledger, {"b": client}.get, patience=0.3).run()) == []

    assert len(looks) < 10, "it asks the ledger again and again"
    running.close()
    assert any_shop.states() == {State.SENT: 1, State.PENDING: 2}
    any_shop.run({"a": any_shop.client(), "b": any_shop.client()})
    assert any_shop.received() == [0, 1, 100]


def test_what_is_added_while_a_seller_is_served_goes_at_its_own_pace(shop: Shop) -> None:
    """It does not wait for the end of everything that the seller had before."""
    plans = {TEXT_TYPE: UsagePlan(20.0, 1), "*": AMPLE["*"]}
    shop.add(*(job(number) for number in range(30)))
    types: list[str] = []

    async def main() -> None:
        async for outcome in AsyncSender(shop.ledger, shop.client(usage_plans=plans)).run():
            if not types:
                shop.add(job(100, message_type=OTHER_TYPE, text=TEXT))
            types.append(outcome.job.message_type)

    run_hastily(main())

    assert types.count(TEXT_TYPE) == 30
    assert types.index(OTHER_TYPE) < 25
