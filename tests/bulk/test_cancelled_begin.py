"""A send that is given up while its ledger writes ``sending`` down: nothing leaves, so nothing may stay ``sending``."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

from sqlalchemy import Connection

from spapi_messaging.bulk import Ledger, State
from spapi_messaging.bulk.claiming.claims import claim_messages, claim_sellers
from spapi_messaging.bulk.sending.attempts import Attempt
from spapi_messaging.bulk.sending.writer import Writer, _Begin
from tests.support.senders import Shop
from tests.support.servers import PATIENCE
from tests.support.tables import session_of


async def test_a_message_whose_begin_was_cancelled_before_it_was_written_is_not_sending(
    ledger_url: str, tmp_path: Path
) -> None:
    """As when the client's own deadline passes while the writer is busy with another transaction."""
    shop = Shop(ledger_url, tmp_path, sellers=1)
    shop.add(shop.jobs(1))
    with Ledger(ledger_url) as ledger:
        now = ledger.database.now
        writer = Writer(ledger.database, keep_texts=False)
        await writer.open()
        (seller,) = await writer.change(lambda connection, me: claim_sellers(connection, now, me, {1: "seller"}))
        me, (message,) = await writer.change(
            lambda connection, me: (me, claim_messages(connection, now, me, seller, "eu", "confirmOrderDetails", 1))
        )
        busy, released = threading.Event(), threading.Event()

        def hold(connection: Connection, me: str) -> None:
            busy.set()
            released.wait(PATIENCE)

        other = asyncio.create_task(writer.change(hold))
        await asyncio.to_thread(busy.wait, PATIENCE)
        begin = asyncio.create_task(Attempt(writer, (me, message)).begin())
        await asyncio.sleep(0)  # it waits until the writer is free
        begin.cancel()
        await asyncio.wait([begin])
        released.set()
        await other
        await writer.change(lambda connection, me: None)  # by now, everything before it is written
        states = shop.states()
        await writer.close()

    assert begin.cancelled()
    assert states == [State.CLAIMED]


async def test_messages_of_two_senders_begin_in_one_transaction(ledger_url: str, tmp_path: Path) -> None:
    """A sender that was taken for dead goes on as another one, while a message of the first one waits to begin."""
    shop = Shop(ledger_url, tmp_path, sellers=2)
    shop.add(shop.jobs(1))
    with Ledger(ledger_url) as ledger, session_of(ledger.database) as one, session_of(ledger.database) as other:
        now = ledger.database.now
        writer = Writer(ledger.database, keep_texts=False)
        begins = []
        for number, session in enumerate((one, other), 1):
            with session.transaction() as connection:
                (seller,) = claim_sellers(connection, now, session.id, {number: f"seller {number}"})
                (message,) = claim_messages(connection, now, session.id, seller, "eu", "confirmOrderDetails", 1)
                begins.append(_Begin(session.id, message, asyncio.get_running_loop().create_future()))
        with ledger.database.write() as connection:
            begun = writer._begin_all(connection, begins)

    assert begun == {begin.message.id for begin in begins}
