"""A run that is ended at an unlucky moment ends all the same."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from spapi_messaging import LedgerError
from spapi_messaging.bulk import Ledger, State
from spapi_messaging.bulk.sending.writer import Writer
from tests.support.senders import Shop
from tests.support.servers import PATIENCE


def test_a_run_that_is_stopped_before_a_message_has_taken_its_first_step_ends(tmp_path: Path) -> None:
    with Shop(f"sqlite:///{tmp_path / 'ledger.db'}", tmp_path, sellers=1) as shop:
        shop.add(shop.jobs(1))
        with shop.program("tests.bulk.ending") as program:
            assert program.line(seconds=5.0) == "done"
        assert shop.states() == [State.PENDING]


async def test_who_asks_a_writer_that_was_cancelled_does_not_wait_for_ever(ledger_url: str) -> None:
    """asyncio.run cancels all tasks when main() returns: those of a run still want to give back what they hold."""
    with Ledger(ledger_url) as ledger:
        writer = Writer(ledger.database, keep_texts=False)
        before = asyncio.all_tasks()
        await writer.open()
        await asyncio.sleep(0)  # it waits for something to write
        for task in asyncio.all_tasks() - before:
            task.cancel()
        await asyncio.sleep(0)
        async with asyncio.timeout(PATIENCE):
            with pytest.raises(LedgerError, match="cannot be written any more"):
                await writer.change(lambda connection, me: None)
        await writer.close()
