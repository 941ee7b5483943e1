"""A run that stays waits for more, and serves more sellers than it has places, each in its turn."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager, suppress
from typing import Any

import pytest

from spapi_messaging import UsagePlan
from spapi_messaging.bulk import AsyncSender, Ledger, Outcome, State
from spapi_messaging.bulk.sending import sellers
from spapi_messaging.errors import LedgerError
from tests.support import postgres
from tests.support.clocks import LoopClock
from tests.support.runs import Shop, job, number_of, run_hastily
from tests.support.thorough import choose, on_a_database

PATIENCE = 60 * 50  # seconds of the hasty loop
#: A message a second of the hasty loop.
SLOW: dict[str, Any] = {"usage_plans": {"*": UsagePlan(1.0, 1)}, "clock": LoopClock()}


class Watched:
    """The outcomes of a run that goes on, by the numbers of the orders."""

    def __init__(self, sender: AsyncSender) -> None:
        self.sender = sender
        self.told: list[Outcome] = []
        self._changed = asyncio.Condition()

    async def read(self) -> None:
        async with aclosing(self.sender.run()) as outcomes:
            async for outcome in outcomes:
                async with self._changed:
                    self.told.append(outcome)
                    self._changed.notify_all()

    async def until(self, count: int) -> list[int]:
        """The orders of the outcomes so far, once there are this many."""
        async with asyncio.timeout(PATIENCE), self._changed:
            await self._changed.wait_for(lambda: len(self.told) >= count)
            return [number_of(outcome.job.order_id) for outcome in self.told]


@asynccontextmanager
async def running(sender: AsyncSender) -> AsyncIterator[Watched]:
    watched = Watched(sender)
    task = asyncio.create_task(watched.read())
    try:
        yield watched
    finally:
        sender.stop()
        await task


async def in_thread(function: Any, *arguments: Any) -> Any:
    return await asyncio.get_running_loop().run_in_executor(None, function, *arguments)


def test_it_sends_what_is_added_later(any_shop: Shop) -> None:
    async def main() -> None:
        async with running(AsyncSender(any_shop.ledger, any_shop.client(), stay=True)) as run:
            await in_thread(any_shop.add, job(1))
            assert await run.until(1) == [1]
            await asyncio.sleep(100)
            await in_thread(any_shop.add, job(2))
            assert await run.until(2) == [1, 2]

    run_hastily(main())
    assert any_shop.states() == {State.SENT: 2}
    any_shop.assert_nothing_is_held()


def test_it_is_stopped_while_it_waits(shop: Shop) -> None:
    async def main() -> None:
        async with running(AsyncSender(shop.ledger, shop.client(), stay=True)):
            await asyncio.sleep(10)

    run_hastily(asyncio.wait_for(main(), PATIENCE))


def test_it_asks_again_for_an_account_without_credentials(
    shop: Shop, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sellers, "RECONSIDER", 20.0)
    known: dict[str, Any] = {}

    async def main() -> None:
        shop.add(job(1, account="late"), job(2, account="never"))
        async with running(AsyncSender(shop.ledger, known.get, stay=True)) as run:
            await asyncio.sleep(5 * sellers.RECONSIDER)
            assert run.told == []
            known["late"] = shop.client("late")
            assert await run.until(1) == [1]

    run_hastily(main())
    assert caplog.text.count("no credentials for the account never") == 1


def test_other_credentials_are_used_from_the_next_turn_on(shop: Shop) -> None:
    """A function that reads a database: the refresh token was renewed while the process ran."""
    current = [shop.sandbox.credentials_for("before")]

    async def main() -> None:
        shop.add(job(1, account="a"))
        async with running(AsyncSender(shop.ledger, lambda name: current[0], stay=True, **shop.options())) as run:
            await run.until(1)
            current[0] = shop.sandbox.credentials_for("after")
            await asyncio.sleep(30)
            await in_thread(shop.add, job(2, account="a"))
            await run.until(2)

    run_hastily(main())
    assert [message.seller for message in shop.sandbox.inbox] == ["before", "after"]


def test_it_outlives_a_database_that_is_gone_for_long(postgres_server: postgres.Server, sandbox: Any) -> None:
    with Ledger(postgres_server.fresh_url()) as ledger:
        shop = Shop(sandbox, ledger)

        async def main() -> None:
            async with running(AsyncSender(ledger, shop.client(), stay=True, patience=1)) as run:
                await in_thread(shop.add, job(1))
                await run.until(1)
                await in_thread(postgres_server.stop)
                await asyncio.sleep(60)
                await in_thread(postgres_server.start)
                await in_thread(_until_reached, ledger)
                await in_thread(shop.add, job(2))
                assert await run.until(2) == [1, 2]

        run_hastily(main())
        assert shop.states() == {State.SENT: 2}


def test_it_can_be_stopped_while_the_database_is_gone(
    postgres_server: postgres.Server, sandbox: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """Even if its messages failed many times, no message has to wait for an answer of the database."""
    with Ledger(postgres_server.fresh_url()) as ledger:
        shop = Shop(sandbox, ledger)
        names = [f"shop-{number}" for number in range(20)]
        shop.add(*(job(number, account=names[number % 20]) for number in range(2000)))
        accounts = {name: shop.client(name, **SLOW) for name in names}

        async def main() -> None:
            async with running(AsyncSender(ledger, accounts, stay=True, patience=1)) as run:
                await run.until(20)
                await in_thread(postgres_server.stop)
                await asyncio.sleep(choose(40, 100))

        try:
            with suppress(LedgerError):  # answers that came too late for the ledger are told of
                run_hastily(asyncio.wait_for(main(), PATIENCE))
        finally:
            postgres_server.start()
        assert "out of reach, and no message begins until it is back" in caplog.text
        assert shop.received() == sorted(set(shop.received()))


def _until_reached(ledger: Ledger) -> None:
    for _ in range(100):
        try:
            ledger.status()
        except Exception:
            continue
        return


@on_a_database("stay", [True, False])
def test_a_seller_with_much_work_gives_its_place_to_one_that_waits(any_shop: Shop, stay: bool) -> None:
    """One place, and a queue of some minutes in it: the other seller must not wait for its end."""
    accounts = {name: any_shop.client(name, **SLOW) for name in ("long", "short")}
    any_shop.add(*(job(number, account="long") for number in range(200)))
    any_shop.add(job(500, account="short"))

    async def main() -> None:
        async with running(AsyncSender(any_shop.ledger, accounts, sellers=1, stay=stay)) as run:
            while 500 not in await run.until(len(run.told) + 1):
                assert len(run.told) < 100, "the other seller waits for the end of the queue"
            assert len(run.told) > 5, "its turn was not over"
            told = len(run.told)
            await run.until(told + 5)  # and then it is the first one's turn again

    run_hastily(main())
    any_shop.assert_nothing_is_held()


def test_a_seller_keeps_its_place_while_nobody_waits(shop: Shop) -> None:
    accounts = {"long": shop.client("long", **SLOW)}
    shop.add(*(job(number, account="long") for number in range(100)), job(500, account="without credentials"))

    async def main() -> None:
        async with running(AsyncSender(shop.ledger, accounts, sellers=1, stay=True)) as run:
            await run.until(80)

    run_hastily(main())
    assert shop.seller_row("long").epoch == 1


def test_it_sees_an_outage_of_amazon_after_a_long_time_without_one(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Too few of all messages so far are refused, but all messages of the last hour are."""
    monkeypatch.setattr(sellers, "JUDGE_ANEW", 60.0)

    async def main() -> None:
        shop.add(*(job(number) for number in range(100)))
        async with running(AsyncSender(shop.ledger, shop.client(), stay=True)) as run:
            await run.until(100)
            await asyncio.sleep(70)
            shop.sandbox.faults.answer(400, {"errors": [{"code": "InvalidInput"}]}, on="sends", times=None)
            await in_thread(shop.add, *(job(number) for number in range(100, 130)))
            await run.until(130 + 18)  # those that were rejected at first wait as well

    run_hastily(main())
    assert shop.states() == {State.SENT: 100, State.WAITING: 30}
