"""Compares checked jobs with a ledger: which are new, and whether what it has of the others is the same."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass, field
from typing import NamedTuple

from sqlalchemy import Connection, select

from spapi_messaging.bulk.adding.checking import NewRow
from spapi_messaging.bulk.adding.problems import Problems
from spapi_messaging.bulk.adding.spool import Spool
from spapi_messaging.bulk.states import REFUSED, State
from spapi_messaging.bulk.storage.among import among
from spapi_messaging.bulk.storage.schema import kept_keys, messages
from spapi_messaging.errors import Problem

__all__ = ["MENDABLE", "Added", "Known", "Tally", "compare", "is_other", "known_messages", "other_content"]

# Of these, the content may be another one: a mended file takes the place of the one that was refused.
MENDABLE = (*REFUSED, State.CANCELLED)


@dataclass(frozen=True, slots=True)
class Added:
    """What ``Ledger.add`` did. Each job counts once.

    Attributes:
        added: jobs that are new.
        known: jobs that were in the ledger already, and are not sent.
        already_sent: jobs that were sent before.
        standing: messages that the jobs are in the ledger now: one for jobs that are the same.
        archived: messages that the jobs were, of which the ledger has only the key.
    """

    added: int = 0
    known: int = 0
    already_sent: int = 0
    standing: int = field(default=0, compare=False)
    archived: int = field(default=0, compare=False)

    def to_dict(self) -> dict[str, int]:
        """What ``json.dumps`` takes."""
        return asdict(self)


class Known(NamedTuple):
    """A message that the ledger has. ``digest`` is None if only its key was kept."""

    digest: str | None
    state: str


class Tally:
    """Counts jobs, and remembers which of them are new."""

    def __init__(self) -> None:
        self.new = bytearray()
        self.known = self.already_sent = self.standing = self.archived = self._missed = 0

    def add(self, found: Known | None, *, is_first: bool) -> None:
        """One more job, which the ledger has or has not; the first with its key, or one that is there again."""
        self.new.append(found is None)
        is_archived = found is not None and found.digest is None
        self.archived += is_first and is_archived
        self.standing += is_first and not is_archived
        if found is not None:
            is_sent = found.state == State.SENT
            self.already_sent += is_sent
            self.known += not is_sent

    def divided(self, spool: Spool) -> Iterator[tuple[list[NewRow], list[NewRow]]]:
        """The rows of each chunk: those that are new, and those that the ledger has."""
        is_new = iter(self.new)
        for chunk in spool.chunks():
            told = [(row, next(is_new)) for row in chunk]
            yield [row for row, new in told if new], [row for row, new in told if not new]

    def missed(self, count: int) -> None:
        """``count`` jobs are known after all."""
        self._missed += count
        self.known += count

    def added(self) -> Added:
        """The result."""
        added = sum(self.new) - self._missed
        return Added(added, self.known, self.already_sent, self.standing, self.archived)


def compare(connection: Connection, spool: Spool, problems: Problems) -> Tally:
    """Finds what the ledger has already, and adds a problem for each job whose content is another there."""
    tally = Tally()
    here: dict[str, tuple[str, int]] = {}  # by key, digest and place of the first of this call
    for chunk in spool.chunks():
        there = known_messages(connection, {row.key_hash for row in chunk})
        for row in chunk:
            found = there.get(row.key_hash)
            if found is None and row.key_hash in here:
                found = Known(here[row.key_hash][0], State.PENDING)
            if found is not None and is_other(found, row):
                where = "the ledger" if row.key_hash in there else problems.name(here[row.key_hash][1])
                problems.add(row.place, other_content(row, where))
            tally.add(found, is_first=row.key_hash not in here)
            here.setdefault(row.key_hash, (row.digest, row.place))
    return tally


def known_messages(connection: Connection, keys: Collection[str]) -> dict[str, Known]:
    """What the ledger has of these keys.

    Messages are read first: one that is archived meanwhile is found among the keys that were kept, and none is missed.
    """
    columns = (messages.c.key_hash, messages.c.digest, messages.c.state)
    rows = connection.execute(select(*columns).where(among(connection, messages.c.key_hash, keys)))
    found = {key: Known(digest, state) for key, digest, state in rows}
    kept = select(kept_keys.c.key_hash, kept_keys.c.state).where(among(connection, kept_keys.c.key_hash, keys))
    return {key: Known(None, state) for key, state in connection.execute(kept)} | found


def is_other(found: Known, row: NewRow) -> bool:
    """Whether a job has another content than the message that it would be, which stands or was sent."""
    return found.digest not in (None, row.digest) and found.state not in MENDABLE


def other_content(row: NewRow, where: str) -> Problem:
    """What is wrong with a job that has another content than the message which it would be, and what to do."""
    if row.own_key:
        told = f"there is already another content for this key in {where}."
        remedy = "Another text, file or field makes another content. Put back what it was, or give another key."
    else:
        told = f"there is already another content for this order and type in {where}."
        remedy = (
            "Another text, file or field makes another content. Put back what it was; or, if the buyer is to get both, "
            "give each a document, such as the number of the invoice."
        )
    return Problem("key" if row.own_key else "document", told, rule="document", remedy=remedy)
