"""The same jobs added twice, and while they are being sent: every message goes once."""

from __future__ import annotations

from pathlib import Path

from spapi_messaging.bulk import Ledger, Sender
from tests.support.senders import Shop


def test_jobs_that_are_added_twice_are_sent_once(ledger_url: str, tmp_path: Path) -> None:
    with Shop(ledger_url, tmp_path) as shop:
        shop.add(shop.jobs(4))
        shop.add(shop.jobs(4))
        shop.run()
        shop.add(shop.jobs(4))
        assert shop.run() == []
        shop.hold()


def test_jobs_that_are_added_again_during_a_run_are_sent_once(ledger_url: str, tmp_path: Path) -> None:
    with Shop(ledger_url, tmp_path) as shop, Ledger(ledger_url) as ledger:
        jobs = shop.jobs(20)
        shop.add(jobs[:20])
        for number, _ in enumerate(Sender(ledger, shop.accounts).run()):
            if number % 5 == 0:
                shop.add(jobs)
        shop.run()  # what came too late for the first one
        shop.hold()


def test_jobs_that_are_added_again_while_their_messages_are_in_the_air_are_sent_once(
    ledger_url: str, tmp_path: Path
) -> None:
    with Shop(ledger_url, tmp_path) as shop:
        jobs = shop.jobs(2)
        shop.add(jobs)
        shop.sends.on_send = lambda number: shop.add(jobs)
        shop.run()
        shop.hold()
