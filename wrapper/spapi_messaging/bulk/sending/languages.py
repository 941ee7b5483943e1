"""Which text a buyer gets: Amazon is asked for the buyer's language once for each order."""

from __future__ import annotations

import asyncio
import copy
import re
from functools import partial
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from spapi_messaging.bulk.claiming.languages import write_language
from spapi_messaging.bulk.sending.pace import most_in_work
from spapi_messaging.bulk.texts import text_for
from spapi_messaging.errors import ApiError
from spapi_messaging.messages import find_read

if TYPE_CHECKING:
    from spapi_messaging.bulk.claiming.claims import ClaimedMessage
    from spapi_messaging.bulk.sending.accounts import Client
    from spapi_messaging.bulk.sending.posting import Post
    from spapi_messaging.bulk.sending.run import Run

__all__ = ["Languages"]

# What the ledger keeps as a language, whatever Amazon says.
_LANGUAGE = re.compile(r"[A-Za-z0-9._@-]{1,35}")

_ASKED = "This was the question for the buyer's language. No message was sent. A job with one text does not need it."


class Languages:
    """The languages of one seller's buyers.

    Args:
        run: the run, which writes down what is found.
        region: the region of the orders.
        client: the seller's client.
        post: asks through that client.
    """

    def __init__(self, run: Run, region: str, client: Client, post: Post) -> None:
        self._run, self._region, self._post = run, region, post
        self._read = find_read("OrderAttributes")
        self._known: dict[str, str] = {}  # by order
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()  # by order, while it is asked about
        # All message types share this read. More at once would only wait for its plan, longer than ``max_wait`` allows.
        self._free = asyncio.Semaphore(most_in_work(client, self._read.operation_id) if self._read else 1)

    def must_ask(self, message: ClaimedMessage) -> bool:
        """Whether Amazon must be asked before it is known which text the buyer gets."""
        is_same = all(text == message.text for text in (message.texts or {}).values())
        return not is_same and self._language(message) is None and self._read is not None

    def text_of(self, message: ClaimedMessage) -> str | None:
        """The text that the buyer gets, as far as the buyer's language is known."""
        return text_for(self._language(message), message.text, message.texts)

    async def ask(self, message: ClaimedMessage) -> None:
        """Asks Amazon for the buyer's language. Messages for one order ask once.

        Raises:
            SpApiMessagingError: what the client raised. Nothing was sent.
        """
        order_id = message.amazon_order_id or ""
        turn = self._turns.setdefault(order_id, asyncio.Lock())
        async with turn:
            if self._read is None or order_id in self._known:
                return
            async with self._free:
                found = await self._answer(self._read.name, order_id, message.marketplace)
            self._known[order_id] = found
            writing = partial(write_language, region=self._region, order_id=order_id, language=found)
            change = self._run.writer.ask(lambda connection, _: writing(connection))
            self._run.in_background(change, lambda _: None)

    async def _answer(self, read: str, order_id: str, marketplace: str) -> str:
        try:
            locale = await self._post.language_of(read, order_id, marketplace)
        except ApiError as error:
            told = copy.copy(error)
            told.args = (f"{error} {_ASKED}",)
            raise told.with_traceback(error.__traceback__) from error.__cause__
        language = (locale or "").strip()
        return language if _LANGUAGE.fullmatch(language) else ""

    def _language(self, message: ClaimedMessage) -> str | None:
        return self._known.get(message.amazon_order_id or "", message.language)
