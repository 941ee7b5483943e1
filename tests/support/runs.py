"""Runs of a sender against a sandbox: jobs go in, and outcomes, rows and the buyers' inbox come out."""

from __future__ import annotations

import asyncio
import selectors
from collections import Counter
from collections.abc import Coroutine, Iterable
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Row, select, update

from spapi_messaging import AsyncMessagingClient, MessagingClient, RetryPolicy, UsagePlan
from spapi_messaging.bulk import AsyncSender, Job, Ledger, Outcome, Sender, State
from spapi_messaging.bulk.storage.schema import messages, sellers, senders
from spapi_messaging.messages import MESSAGE_TYPES
from spapi_messaging.sandbox import Sandbox
from tests.support.operations import content_kinds

T = TypeVar("T")

TEXT = "Your parcel waits with the neighbour"
#: A usage plan that never makes a test wait.
AMPLE = {"*": UsagePlan(1000.0, 1000)}
#: A call that fails is not tried again by the client, so the sender sees it at once.
ONCE = RetryPolicy(attempts=1)


def _types_with(*kinds: str) -> list[str]:
    fitting = (
        each.message_type
        for each in MESSAGE_TYPES.values()
        if content_kinds(each) == set(kinds) and len(each.fields) == len(kinds) and not each.retired
    )
    return [name for name in fitting if name]


#: A type of message that is a text alone, and one that is files alone, whatever Amazon calls them.
TEXT_TYPE, FILE_TYPE = _types_with("text")[0], _types_with("attachments")[0]
#: Another one that is a text alone.
OTHER_TYPE = _types_with("text")[1]


def order(number: int) -> str:
    """The id of an order."""
    return f"303-{number:07d}-{number:07d}"


def number_of(order_id: str) -> int:
    """The number of an order's id."""
    return int(order_id.rpartition("-")[2])


def job(number: int = 1, **given: Any) -> Job:
    """A text for an order."""
    values = {"message_type": TEXT_TYPE, "marketplace": "DE", **given}
    if values["message_type"] == TEXT_TYPE:
        values.setdefault("text", TEXT)
    return Job(order(number), **values)


class Shop:
    """A sandbox, and a ledger of messages that go there.

    Args:
        sandbox: the sandbox, which runs.
        ledger: the ledger.
    """

    def __init__(self, sandbox: Sandbox, ledger: Ledger) -> None:
        self.sandbox, self.ledger = sandbox, ledger
        self._clients: list[MessagingClient] = []

    def options(self, **more: Any) -> dict[str, Any]:
        """Arguments of a client, besides its credentials."""
        return {
            "endpoint": self.sandbox.url,
            "lwa_endpoint": self.sandbox.lwa_endpoint,
            "usage_plans": AMPLE,
            "retry": ONCE,
            **more,
        }

    def client(self, seller: str = "", **options: Any) -> AsyncMessagingClient:
        """A client for asyncio."""
        return AsyncMessagingClient(**self._arguments(seller, options))

    def threads_client(self, seller: str = "", **options: Any) -> MessagingClient:
        """A client for threads. It is closed with the shop."""
        client = MessagingClient(**self._arguments(seller, options))
        self._clients.append(client)
        return client

    def close(self) -> None:
        """Closes the clients for threads. Those for asyncio close their connections when their event loop ends."""
        for client in self._clients:
            client.close()
        self.ledger.close()  # a test may have opened another one in its place

    def _arguments(self, seller: str, options: dict[str, Any]) -> dict[str, Any]:
        credentials = self.sandbox.credentials_for(seller) if seller else self.sandbox.credentials
        return {"credentials": credentials, "marketplace": "DE", **self.options(**options)}

    def add(self, *jobs: Job) -> None:
        """Adds jobs to the ledger."""
        self.ledger.add(jobs)

    def run(self, accounts: Any = None, **options: Any) -> list[Outcome]:
        """Sends what there is, from a thread."""
        return list(Sender(self.ledger, self.client() if accounts is None else accounts, **options).run())

    def run_hastily(self, accounts: Any = None, **options: Any) -> list[Outcome]:
        """Sends what there is, on an event loop whose pauses are short."""
        sender = AsyncSender(self.ledger, self.client() if accounts is None else accounts, **options)
        return run_hastily(outcomes_of(sender))

    def recorded(self, number: int = 1) -> Outcome:
        """What the ledger has of an order's message."""
        (found,) = self.ledger.outcomes(order_id=order(number))
        return found

    def states(self) -> Counter[State]:
        """How many messages the ledger has, by state."""
        return Counter(outcome.state for outcome in self.ledger.outcomes())

    def row(self, number: int = 1) -> Row[Any]:
        """The row of an order's message."""
        with self.ledger.database.read() as connection:
            return connection.execute(select(messages).where(messages.c.amazon_order_id == order(number))).one()

    def seller_row(self, account: str = "") -> Row[Any]:
        """The row of an account."""
        with self.ledger.database.read() as connection:
            return connection.execute(select(sellers).where(sellers.c.account == account)).one()

    def resume(self) -> None:
        """What a person does when the trouble of parked sellers is mended."""
        with self.ledger.database.write() as connection:
            connection.execute(update(sellers).values(parked_at=None, parked_error=None, parked_reason=None))

    def received(self) -> list[int]:
        """The numbers of the orders whose buyers received something, sorted."""
        return sorted(number_of(message.order_id) for message in list(self.sandbox.inbox))

    def assert_nothing_is_held(self) -> None:
        """Fails if a sender left something claimed, or its traces."""
        with self.ledger.database.read() as connection:
            held = connection.execute(select(messages.c.id).where(messages.c.state.in_(["claimed", "sending"]))).all()
            owned = connection.execute(select(sellers.c.id).where(sellers.c.owner.is_not(None))).all()
            left = connection.execute(select(senders.c.id)).all()
        assert (held, owned, left) == ([], [], [])


async def outcomes_of(sender: AsyncSender) -> list[Outcome]:
    """All outcomes of a run."""
    return [outcome async for outcome in sender.run()]


def by_order(outcomes: Iterable[Outcome]) -> dict[int, list[State]]:
    """The states that were told of each order, in their order."""
    told: dict[int, list[State]] = {}
    for outcome in outcomes:
        told.setdefault(number_of(outcome.job.order_id), []).append(outcome.state)
    return told


def pdf(folder: Path, name: str = "R-17.pdf", content: bytes = b"%PDF-1.7 invoice") -> Path:
    """A file of a job."""
    path = folder / name
    path.write_bytes(content)
    return path


class _HastySelector(selectors.DefaultSelector):
    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        return super().select(timeout and timeout / HastyLoop.HASTE)


class HastyLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock is fast, so that a pause of a second takes little. Threads and servers work beside."""

    HASTE = 50

    def __init__(self) -> None:
        super().__init__(_HastySelector())

    def time(self) -> float:
        return super().time() * self.HASTE


def run_hastily(main: Coroutine[Any, Any, T]) -> T:
    """asyncio.run, on a loop whose clock is fast."""
    with asyncio.Runner(loop_factory=HastyLoop) as runner:
        return runner.run(main)
