"""A ledger, and a person who types commands about it."""

from __future__ import annotations

import json
from typing import Any

from spapi_messaging.bulk import Ledger
from tests.cli.conftest import Run, invoke
from tests.support.ledgers import rows, set_columns
from tests.support.runs import job, number_of, order

#: What stands in no output: the text of a message.
SECRET = "Dear Ms Example, your parcel waits"


class WordDesk:
    """A ledger, and commands on it.

    Args:
        url: the ledger's.
    """

    def __init__(self, url: str) -> None:
        self.url = url

    def add(self, *states: str, first: int = 0, **more: Any) -> list[str]:
        """Adds a message in each of these states, for orders that are counted from ``first``. Gives the orders."""
        orders = [order(number) for number in range(first, first + len(states))]
        with Ledger(self.url) as ledger:
            ledger.add(job(number_of(each), **{"text": SECRET, **more}) for each in orders)
            for order_id, state in zip(orders, states, strict=True):
                set_columns(ledger, order_id, state=state)
        return orders

    def change(self, number: int, **columns: Any) -> None:
        """Changes columns of the message for an order."""
        with Ledger(self.url) as ledger:
            set_columns(ledger, order(number), **columns)

    def types(self, *words: str, answer: str | None = None) -> Run:
        """`bulk WORDS`. It never prints the text of a message."""
        done = invoke("bulk", *words, "--ledger", self.url, stdin=answer)
        assert SECRET not in done.stdout + done.stderr
        return done

    def json(self, *words: str) -> Any:
        """What `bulk WORDS --json` prints, which is one document."""
        return json.loads(self.types(*words, "--json").stdout)

    def states(self) -> list[str]:
        """The states of all messages, in the order in which they were added."""
        with Ledger(self.url) as ledger:
            return [row.state for row in rows(ledger)]

    def notes(self) -> list[str | None]:
        """The notes of all messages, likewise."""
        with Ledger(self.url) as ledger:
            return [row.note for row in rows(ledger)]
