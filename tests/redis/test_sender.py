"""A sender whose sellers' plans are kept by Redis, because other programs send for them too."""

from __future__ import annotations

import threading
from contextlib import closing
from pathlib import Path
from typing import Any

from spapi_messaging import UsagePlan
from spapi_messaging.bulk import Ledger, State
from spapi_messaging.errors import NetworkError
from spapi_messaging.limiters import RedisLimiter, Ticket
from tests.support.redis_server import Server
from tests.support.runs import Shop, job
from tests.support.sandboxes import complete_sandbox

RATE, BURST, SELLERS, EACH = 5.0, 2, 20, 3


def test_two_ledgers_with_the_same_twenty_sellers_keep_to_one_plan(redis_server: Server, tmp_path: Path) -> None:
    """The sandbox says 429 to whoever is faster, and a client that tries once reports it."""
    plans = {"*": UsagePlan(RATE, BURST)}
    states: list[State] = []

    def send(number: int) -> None:
        with Ledger(f"sqlite:///{tmp_path / f'{number}.db'}") as ledger, closing(Shop(sandbox, ledger)) as shop:
            accounts = {f"shop-{seller}": sandbox.credentials_for(f"shop-{seller}") for seller in range(SELLERS)}
            jobs = range(number * SELLERS * EACH, (number + 1) * SELLERS * EACH)
            shop.add(*(job(each, account=f"shop-{each % SELLERS}") for each in jobs))
            with RedisLimiter(redis_server.url, prefix="senders") as limiter:
                outcomes = shop.run(accounts, **shop.options(usage_plans=plans, limiter=limiter))
            states.extend(outcome.state for outcome in outcomes)

    with complete_sandbox(plans={"*": (RATE, BURST)}) as sandbox:
        threads = [threading.Thread(target=send, args=(number,)) for number in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        received = len(list(sandbox.inbox))

    assert states == [State.SENT] * (2 * SELLERS * EACH)
    assert received == 2 * SELLERS * EACH
    with redis_server.connect() as connection:
        buckets = [key for key in connection.scan_iter("{senders}:*") if key.count(":") == 1]
    assert len(buckets) == SELLERS + 1  # and the marker


def test_a_sender_waits_for_redis_to_come_back(own_server: Server, tmp_path: Path) -> None:
    with (
        complete_sandbox() as sandbox,
        Ledger(f"sqlite:///{tmp_path / 'ledger.db'}") as ledger,
        closing(Shop(sandbox, ledger)) as shop,
        RedisLimiter(own_server.url) as limiter,
    ):
        accounts = {f"shop-{seller}": sandbox.credentials_for(f"shop-{seller}") for seller in range(3)}
        shop.add(*(job(number, account=f"shop-{number % 3}") for number in range(6)))
        own_server.stop()
        refused, reserve = threading.Event(), limiter.reserve_async

        async def watched(*arguments: Any, **options: Any) -> Ticket:
            try:
                return await reserve(*arguments, **options)
            except NetworkError:
                refused.set()
                raise

        limiter.reserve_async = watched  # type: ignore[method-assign]

        def bring_back() -> None:
            refused.wait(60)
            own_server.start()

        back = threading.Thread(target=bring_back)
        back.start()
        outcomes = shop.run(accounts, **shop.options(limiter=limiter))
        back.join()

        assert refused.is_set()
        assert [outcome.state for outcome in outcomes] == [State.SENT] * 6
        assert len(list(sandbox.inbox)) == 6
