"""The page of `bulk status --html`, of a ledger from which three accounts sent for some hours."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from spapi_messaging import MessagingClient
from spapi_messaging.bulk import Job, Ledger, Sender
from spapi_messaging.cli.bulk.status_page.facts import facts_of
from spapi_messaging.cli.bulk.status_page.pace import Pace
from spapi_messaging.cli.bulk.status_page.rendering import rendered
from spapi_messaging.limiters import Unlimited
from spapi_messaging.sandbox import Sandbox

#: 2026-11-22 06:00 in UTC.
BEGAN = 1_795_327_200.0
ACCOUNTS = ("shop-de", "shop-fr", "shop-it")
URL = "sqlite:///sent.db"
#: Where the page says that the ledger is.
LEDGER = "sqlite:////srv/shop/sent.db"
#: What takes longest, by the plan of today. A plan that Amazon changes shall not make the picture out of date.
PACE = Pace(4.0, "shop-de", "confirmOrderDetails", 4, 1)
REFUSED = {"errors": [{"code": "InvalidInput", "message": "The text is not allowed for this order."}]}

TROUBLE = {"errors": [{"code": "InternalFailure", "message": "We encountered an internal error."}]}
REQUEST_ID = "00000000-0000-4000-8000-000000000001"


class Shop:
    """Three accounts with a ledger, and a day of theirs."""

    def __init__(self, folder: Path, sandbox: Sandbox) -> None:
        self._now, self._number, self._sandbox = BEGAN, 0, sandbox
        self._open = ExitStack()
        self.ledger = self._open.enter_context(Ledger(f"sqlite:///{folder / 'sent.db'}", clock=lambda: self._now))
        self._clients = {name: self._open.enter_context(self._client(name)) for name in ACCOUNTS}

    def add(self, count: int, accounts: tuple[str, ...] = ACCOUNTS) -> None:
        """Adds this many messages of each account."""
        self.ledger.add(self._job(account) for _ in range(count) for account in accounts)

    def send(self) -> None:
        """Sends what is there. An hour goes by."""
        for _ in Sender(self.ledger, self._clients).run():
            pass
        self._now += 3600

    def page(self) -> str:
        """The page, at this moment."""
        facts = facts_of(self.ledger, {}, datetime.fromtimestamp(self._now, UTC), URL)
        return rendered(replace(facts, ledger=LEDGER, pace=PACE)).decode("ascii")

    def close(self) -> None:
        """Closes the ledger and the clients."""
        self._open.close()

    def _job(self, account: str) -> Job:
        self._number += 1
        order = f"303-1234567-{self._number:07d}"
        return Job(order, "confirmOrderDetails", text="Which colour?", marketplace="DE", account=account)

    def _client(self, name: str) -> MessagingClient:
        sandbox = self._sandbox
        return MessagingClient(
            credentials=sandbox.credentials_for(name), marketplace="DE", limiter=Unlimited(),
            endpoint=sandbox.url, lwa_endpoint=sandbox.lwa_endpoint,
        )  # fmt: skip


def html() -> str:
    """The page."""
    with tempfile.TemporaryDirectory() as folder, Sandbox(plans={"*": (1000.0, 1000)}, retired=True) as sandbox:
        shop = Shop(Path(folder), sandbox)
        try:
            for count in (3, 8, 12, 5):
                shop.add(count)
                shop.send()
            sandbox.faults.answer(400, REFUSED, on="sends", times=2)
            shop.add(2, ("shop-fr",))
            shop.send()
            sandbox.faults.answer(500, TROUBLE, {"x-amzn-RequestId": REQUEST_ID}, on="sends", recorded=True)
            shop.add(1, ("shop-it",))
            shop.send()
            shop.add(4)
            return shop.page()
        finally:
            shop.close()
