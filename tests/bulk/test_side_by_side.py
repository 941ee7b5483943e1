"""Two senders on one ledger, in threads and in processes: every message goes once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from spapi_messaging.bulk import Ledger, Sender, State
from tests.support.senders import Shop


def test_two_senders_in_threads_send_everything_once(ledger_url: str, tmp_path: Path) -> None:
    with Shop(ledger_url, tmp_path, sellers=4) as shop, ThreadPoolExecutor(2) as pool:
        shop.add(shop.jobs(10))
        first, second = (pool.submit(shop.run) for _ in range(2))
        outcomes = [*first.result(), *second.result()]
        shop.hold()

    assert [outcome.state for outcome in outcomes] == 40 * [State.SENT]


def test_two_senders_of_one_ledger_object_send_everything_once(ledger_url: str, tmp_path: Path) -> None:
    with Shop(ledger_url, tmp_path, sellers=4) as shop, ThreadPoolExecutor(2) as pool, Ledger(ledger_url) as ledger:
        shop.add(shop.jobs(10))
        runs = [pool.submit(lambda: list(Sender(ledger, shop.accounts).run())) for _ in range(2)]
        assert sum(len(run.result()) for run in runs) == 40
        shop.hold()


def test_two_processes_send_everything_once(ledger_url: str, tmp_path: Path) -> None:
    with Shop(ledger_url, tmp_path, sellers=4) as shop:
        shop.add(shop.jobs(12))
        with shop.program() as first, shop.program() as second:
            lines = [*first.rest(), *second.rest()]
        shop.hold()

    assert lines.count("done") == 2
    assert len(lines) == 48 + 2 * len(["ready", "done"])
