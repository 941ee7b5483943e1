"""Holds what buyers received against a ledger: nothing twice, nothing lost, nothing that nobody asked for.

It reads the ledger's tables by itself, and it knows from the jobs what each buyer must get. So it believes neither the
sender nor the ledger.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import create_engine, select
from sqlalchemy.pool import NullPool

from spapi_messaging.bulk.states import State
from spapi_messaging.bulk.storage.ledger_url import ledger_url
from spapi_messaging.bulk.storage.schema import messages, sellers
from spapi_messaging.sandbox import Message

MOST_SHOWN = 20
_MAY_HAVE_ARRIVED = frozenset({State.SENT, State.UNKNOWN, State.SENDING})


class File(NamedTuple):
    """A file as the buyer sees it."""

    name: str
    md5: str

    @classmethod
    def read(cls, attachment: Any) -> File:
        """The file of a job: a path, or a name and a path."""
        name, path = attachment if isinstance(attachment, tuple) else (Path(attachment).name, attachment)
        return cls(name, hashlib.md5(Path(path).read_bytes()).hexdigest())


class Content(NamedTuple):
    """All that a buyer can see of a message. Two jobs of one proof differ in it."""

    account: str
    order_id: str
    message_type: str
    text: str | None
    files: tuple[File, ...]

    def __str__(self) -> str:
        return f"{self.message_type} of {self.order_id} ({self.account or 'the only account'})"


class Arrival(NamedTuple):
    """A message in the inbox."""

    content: Content
    request_id: str

    @classmethod
    def of(cls, message: Message) -> Arrival:
        """From a sandbox of this process."""
        files = tuple(File(file.file_name, file.md5) for file in message.attachments)
        content = Content(message.seller, message.order_id, message.message_type, message.text, files)
        return cls(content, message.request_id)

    @classmethod
    def from_json(cls, message: Mapping[str, Any]) -> Arrival:
        """From what ``/_sandbox/inbox`` lists."""
        files = tuple(File(file["file_name"], file["md5"]) for file in message["attachments"])
        content = Content(message["seller"], message["order_id"], message["message_type"], message["text"], files)
        return cls(content, message["request_id"])


class _Key(NamedTuple):
    """What a job and its row share."""

    order_id: str | None
    message_type: str
    document: str | None
    own_key: str | None


class _Row(NamedTuple):
    """A message in the ledger."""

    account: str
    state: State
    request_id: str | None
    note: str | None


@dataclass
class Report:
    """What was found.

    Attributes:
        problems: what must not be, each a sentence.
        states: how many rows are in each state.
        arrived: how many messages are in the inbox.
        twice: how many messages are in the inbox more than once.
        lost: how many rows say that their message was sent, and it is not in the inbox.
        unknown_arrived: the jobs whose row is unknown, and whose message is in the inbox.
        unknown_missing: the jobs whose row is unknown, and whose message is not in the inbox.
    """

    problems: list[str]
    states: Counter[State]
    arrived: int
    twice: int
    lost: int
    unknown_arrived: list[Any]
    unknown_missing: list[Any]

    @property
    def messages(self) -> int:
        """How many rows there are."""
        return self.states.total()

    def check(self) -> None:
        """Fails with what is wrong.

        Raises:
            AssertionError: there are problems.
        """
        if self.problems:
            more = len(self.problems) - MOST_SHOWN
            shown = [*self.problems[:MOST_SHOWN], *([f"and {more} more"] if more > 0 else [])]
            raise AssertionError("The inbox and the ledger do not agree:\n- " + "\n- ".join(shown))


class Proof:
    """Holds an inbox against a ledger, as often as you like, also while senders are at work.

    Args:
        url: the ledger's.
        inbox: reads what buyers received so far.
        jobs: the jobs that were added. More can follow with ``expect``.
    """

    def __init__(self, url: str, inbox: Callable[[], Sequence[Arrival]], jobs: Iterable[Any] = ()) -> None:
        self._engine = create_engine(ledger_url(url), poolclass=NullPool)
        self._inbox = inbox
        self._jobs: dict[_Key, Any] = {}
        self._contents: dict[Content, _Key] = {}
        self.expect(jobs)

    def expect(self, jobs: Iterable[Any]) -> None:
        """Jobs that were added to the ledger. One that is known already changes nothing."""
        for job in jobs:
            key = _Key(job.order_id, job.message_type, job.document, job.key)
            content = content_of(job)
            if self._contents.setdefault(content, key) != key:
                raise ValueError(f"two jobs send the same: {content}")
            self._jobs[key] = job

    def hold(
        self, *, most_unknown: int | None = None, finished: bool = False, states: Collection[State] | None = None
    ) -> Report:
        """Holds the inbox against the ledger.

        Args:
            most_unknown: how many rows may be unknown. None: any number.
            finished: whether no sender may have anything left to do.
            states: the states that rows may be in. None: all.

        Returns:
            What was found.

        Raises:
            AssertionError: something is there twice, was lost or should not be there.
        """
        report = self.examine()
        unfinished = {state for state in State if not state.is_finished}
        forbidden = (unfinished if finished else set()) | (set(State) - set(State if states is None else states))
        for state in sorted(forbidden & report.states.keys()):
            report.problems.append(f"{report.states[state]} rows are {state}")
        if most_unknown is not None and report.states[State.UNKNOWN] > most_unknown:
            report.problems.append(f"{report.states[State.UNKNOWN]} rows are unknown; at most {most_unknown} may be")
        report.check()
        return report

    def examine(self) -> Report:
        """What there is, and what is wrong with it."""
        # While senders are at work, the inbox grows. A message that is there before the rows are read must be in them;
        # a row that says "sent" must have its message in what is read after them.
        before, rows, after = self._inbox(), dict(self._rows()), self._inbox()
        arrivals = defaultdict[Content, list[Arrival]](list)
        for arrival in after:
            arrivals[arrival.content].append(arrival)
        twice = [f"{content} arrived {len(found)} times" for content, found in arrivals.items() if len(found) > 1]
        lost = list(self._lost(rows, arrivals))
        problems = [*twice, *lost, *self._rows_without_job(rows), *self._not_explained(before, rows)]
        unknown = {key for key, row in rows.items() if row.state == State.UNKNOWN and key in self._jobs}
        arrived = {self._contents.get(content) for content in arrivals}
        return Report(
            problems=problems,
            states=Counter(row.state for row in rows.values()),
            arrived=len(after),
            twice=len(twice),
            lost=len(lost),
            unknown_arrived=[self._jobs[key] for key in unknown & arrived],
            unknown_missing=[self._jobs[key] for key in unknown - arrived],
        )

    def _rows(self) -> Iterator[tuple[_Key, _Row]]:
        row, owner = messages.c, sellers.c
        columns = (row.amazon_order_id, row.message_type, row.document, row.own_key, owner.account, row.state)
        query = select(*columns, row.request_id, row.note).join_from(messages, sellers)
        with self._engine.connect() as connection:
            for *key, account, state, request_id, note in connection.execute(query):
                yield _Key(*key), _Row(account, State(state), request_id, note)

    def _lost(self, rows: Mapping[_Key, _Row], arrivals: Mapping[Content, Sequence[Arrival]]) -> Iterator[str]:
        """Rows that are sent without a message, or with another one than they say."""
        for content, key in self._contents.items():
            row = rows.get(key)
            if row is None or row.state != State.SENT:
                continue
            found = [arrival.request_id for arrival in arrivals.get(content, ())]
            if not found:
                yield f"{content} is sent, and did not arrive"
            elif row.request_id not in found and not (row.request_id is None and row.note):
                yield f"{content} is sent with another request id than the message that arrived"

    def _rows_without_job(self, rows: Mapping[_Key, _Row]) -> Iterator[str]:
        yield from (f"{key.message_type} of {key.order_id} has no row" for key in self._jobs.keys() - rows.keys())
        yield from (f"{key.message_type} of {key.order_id} has no job" for key in rows.keys() - self._jobs.keys())
        for content, key in self._contents.items():
            if key in rows and rows[key].account != content.account:
                yield f"{content} is in the ledger for {rows[key].account!r}"

    def _not_explained(self, arrived: Iterable[Arrival], rows: Mapping[_Key, _Row]) -> Iterator[str]:
        """Messages that no row accounts for."""
        for arrival in arrived:
            key = self._contents.get(arrival.content)
            if key is None:
                yield f"{arrival.content} arrived, and nobody asked for it with this text and these files"
            elif key in rows and rows[key].state not in _MAY_HAVE_ARRIVED:
                yield f"{arrival.content} arrived, and is {rows[key].state}"


def content_of(job: Any) -> Content:
    """What the buyer must get for a job."""
    files = tuple(map(File.read, job.attachments))
    return Content(job.account or "", job.order_id, job.message_type, job.text, files)
