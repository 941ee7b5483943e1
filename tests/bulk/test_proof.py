"""The proof itself: it finds what it is there to find."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, insert, update
from sqlalchemy.pool import NullPool

from spapi_messaging.bulk import Job, State
from spapi_messaging.bulk.storage.schema import messages, metadata, sellers
from tests.support.proof import Arrival, File, Proof, content_of

ORDERS = [f"303-1234567-{number:07d}" for number in range(4)]


class Books:
    """A ledger with four messages that were sent, and what buyers received."""

    def __init__(self, folder: Path) -> None:
        self.url = f"sqlite:///{folder / 'ledger.db'}"
        self.file = folder / "R-1.pdf"
        self.file.write_bytes(b"an invoice")
        self.jobs = [*(Job(order, "confirmOrderDetails", text=f"About {order}") for order in ORDERS[1:])]
        self.jobs.append(Job(ORDERS[0], "invoice", attachments=[self.file]))
        self.inbox = [Arrival(content_of(job), f"request of {job.order_id}") for job in self.jobs]
        self._engine = create_engine(self.url, poolclass=NullPool)
        metadata.create_all(self._engine)
        with self._engine.begin() as connection:
            connection.execute(insert(sellers).values(id=1, account=""))
            connection.execute(insert(messages), [self._row(number, job) for number, job in enumerate(self.jobs)])

    def set(self, number: int, **values: Any) -> None:
        with self._engine.begin() as connection:
            connection.execute(update(messages).where(messages.c.key_hash == str(number)).values(**values))

    def arrival(self, number: int, **content: Any) -> None:
        arrival = self.inbox[number]
        self.inbox[number] = arrival._replace(content=arrival.content._replace(**content))

    def proof(self) -> Proof:
        return Proof(self.url, lambda: list(self.inbox), self.jobs)

    @staticmethod
    def _row(number: int, job: Job) -> dict[str, Any]:
        return {
            "key_hash": str(number),
            "seller_id": 1,
            "region": "eu",
            "marketplace": "A1PA6795UKMFR9",
            "amazon_order_id": job.order_id,
            "message_type": job.message_type,
            "digest": "",
            "state": State.SENT,
            "request_id": f"request of {job.order_id}",
            "added_at": 0,
        }


@pytest.fixture
def books(tmp_path: Path) -> Books:
    return Books(tmp_path)


def test_books_that_agree_are_held(books: Books) -> None:
    report = books.proof().hold(finished=True, most_unknown=0)

    assert (report.messages, report.states[State.SENT], report.arrived) == (4, 4, 4)
    assert (report.twice, report.lost) == (0, 0)


WRONG: dict[str, tuple[Callable[[Books], object], str]] = {
    "twice": (lambda books: books.inbox.append(books.inbox[0]), "arrived 2 times"),
    "lost": (lambda books: books.inbox.pop(), "is sent, and did not arrive"),
    "another answer": (lambda books: books.set(0, request_id="another"), "another request id"),
    "no answer": (lambda books: books.set(0, request_id=None), "another request id"),
    "pending": (lambda books: books.set(0, state=State.PENDING), "arrived, and is pending"),
    "claimed": (lambda books: books.set(0, state=State.CLAIMED), "arrived, and is claimed"),
    "rejected": (lambda books: books.set(0, state=State.REJECTED), "arrived, and is rejected"),
    "another text": (lambda books: books.arrival(0, text="Hello"), "nobody asked for it"),
    "another file": (lambda books: books.arrival(3, files=(File("R-1.pdf", "0" * 32),)), "nobody asked for it"),
    "a file too many": (
        lambda books: books.arrival(3, files=2 * books.inbox[3].content.files),
        "nobody asked for it",
    ),
    "another seller": (lambda books: books.arrival(0, account="another"), "nobody asked for it"),
    "a row of nobody": (lambda books: books.set(0, document="R-9"), "has no job"),
    "no row": (lambda books: books.jobs.append(Job("303-9999999-9999999", "invoice")), "has no row"),
    "too many unknown": (lambda books: books.set(0, state=State.UNKNOWN), "1 rows are unknown; at most 0"),
    "unfinished": (lambda books: books.set(0, state=State.SENDING), "1 rows are sending"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_wrong_is_found(books: Books, wrong: str) -> None:
    spoil, told = WRONG[wrong]
    spoil(books)

    with pytest.raises(AssertionError, match=told):
        books.proof().hold(finished=True, most_unknown=0)


def test_an_unknown_message_may_have_arrived_or_not(books: Books) -> None:
    books.set(0, state=State.UNKNOWN)
    books.set(1, state=State.UNKNOWN)
    del books.inbox[1]
    report = books.proof().hold(finished=True, most_unknown=2)

    assert report.unknown_arrived == books.jobs[:1]
    assert report.unknown_missing == books.jobs[1:2]


def test_a_message_that_is_sent_while_the_proof_reads_is_no_fault(books: Books) -> None:
    """It was not there when the inbox was read first, and not in the ledger's state that was read then."""
    late = books.inbox.pop(0)
    books.set(0, state=State.CLAIMED)
    reads: list[object] = []

    def inbox() -> list[Arrival]:
        reads.append(None)
        return [*books.inbox, *([late] if len(reads) > 1 else [])]

    Proof(books.url, inbox, books.jobs).hold()


def test_a_message_whose_result_was_resolved_by_a_person_needs_no_request_id(books: Books) -> None:
    books.set(0, request_id=None, note="seen in Seller Central")
    books.proof().hold()


def test_two_jobs_that_look_the_same_cannot_be_told_apart(books: Books) -> None:
    with pytest.raises(ValueError, match="two jobs send the same"):
        books.proof().expect([Job(ORDERS[0], "invoice", attachments=[books.file], document="R-2")])
