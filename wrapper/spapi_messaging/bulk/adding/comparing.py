"""Compares checked jobs with a ledger: which ones are new, and whether it has the others with the same content."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass, field
from typing import NamedTuple

from sqlalchemy import Connection, select

from spapi_messaging.bulk.adding.checking import NewRow
from spapi_messaging.bulk.adding.problems import Problems
from spapi_messaging.bulk.adding.spool import Spool
from spapi_messaging.bulk.states import REFUSED, UNSENT, State
from spapi_messaging.bulk.storage.among import among
from spapi_messaging.bulk.storage.dates import from_milliseconds
from spapi_messaging.bulk.storage.schema import kept_keys, messages
from spapi_messaging.errors import Problem

__all__ = ["STRICT", "Added", "Known", "Policy", "Tally", "compare", "known_messages", "other_content"]

# Messages in these states may get another content: a corrected file takes the place of the refused one.
_MENDABLE = (*REFUSED, State.CANCELLED)


class Policy(NamedTuple):
    """What becomes of jobs that the ledger has with another content; see ``Ledger.add``."""

    replace_unsent: bool = False
    leave_sent: bool = False

    def replaces(self, state: str) -> bool:
        """Whether a message in this state takes the new content."""
        return state in _MENDABLE or (self.replace_unsent and state in UNSENT)

    def refuses(self, found: Known, digest: str) -> bool:
        """Whether a job with this digest is refused, because the ledger has its message with another content."""
        if found.digest in (None, digest) or self.replaces(found.state):
            return False
        return not self.leaves(found)

    def leaves(self, found: Known | str) -> bool:
        """Whether a job counts as sent, because its message was sent."""
        return self.leave_sent and isinstance(found, Known) and found.state == State.SENT


#: No message is replaced, and no job is left out.
STRICT = Policy()


@dataclass(frozen=True, slots=True)
class Added:
    """What ``Ledger.add`` did. Each job counts once.

    Attributes:
        added: jobs that are new.
        known: jobs that were in the ledger already, and are not sent.
        already_sent: jobs that were sent before.
        repeated: jobs that repeat an earlier job of this call. The earlier one counts above.
        standing: messages of these jobs that are in the ledger now. Jobs that are the same have one message.
        archived: messages of these jobs that were archived: the ledger has only their keys.
        rejected: messages of these jobs that were rejected or given up: ``retry`` sends them again.
    """

    added: int = 0
    known: int = 0
    already_sent: int = 0
    repeated: int = 0
    standing: int = field(default=0, compare=False, repr=False)
    archived: int = field(default=0, compare=False, repr=False)
    rejected: int = field(default=0, compare=False, repr=False)

    def to_dict(self) -> dict[str, int]:
        """What ``json.dumps`` takes."""
        return asdict(self)


class Known(NamedTuple):
    """A message that the ledger has. ``digest`` is None if only its key was kept."""

    digest: str | None
    state: str
    finished_at: int | None = None
    document: str | None = None


class Tally:
    """Counts jobs, and remembers which of them are new."""

    def __init__(self) -> None:
        self.new = bytearray()
        self.known = self.already_sent = self.repeated = self._missed = 0
        self.standing = self.archived = self.rejected = 0

    def add(self, found: Known | None, *, is_first: bool, is_twin: bool) -> None:
        """Counts one more job.

        Args:
            found: its message in the ledger; None: the job is new.
            is_first: whether no earlier job of this call has the same key.
            is_twin: whether the message is that of another document with the same content.
        """
        self.new.append(found is None)
        is_archived = found is not None and found.digest is None
        self.archived += is_first and is_archived
        self.standing += is_first and not is_archived and not is_twin
        if not is_first:
            self.repeated += 1
        elif found is not None:
            is_sent = found.state == State.SENT
            self.already_sent += is_sent
            self.known += not is_sent
            self.rejected += found.state in REFUSED

    def divided(self, spool: Spool) -> Iterator[tuple[list[NewRow], list[NewRow]]]:
        """The rows of each chunk: those that are new, and those that the ledger has."""
        is_new = iter(self.new)
        for chunk in spool.chunks():
            told = [(row, next(is_new)) for row in chunk]
            yield [row for row, new in told if new], [row for row, new in told if not new]

    def missed(self, count: int) -> None:
        """``count`` jobs that counted as new are in the ledger after all."""
        self._missed += count
        self.known += count

    def added(self) -> Added:
        """The result."""
        added = sum(self.new) - self._missed
        counts = (self.known, self.already_sent, self.repeated, self.standing, self.archived, self.rejected)
        return Added(added, *counts)


class _First(NamedTuple):
    """The first job of this call with its key."""

    digest: str
    place: int


def compare(connection: Connection, spool: Spool, problems: Problems, policy: Policy) -> Tally:
    """Finds what the ledger has already, and adds a problem for each job that must not be added beside it."""
    tally = Tally()
    here: dict[str, _First] = {}  # by key
    files: dict[str, int] = {}  # places of the first jobs with these files, by digest
    for chunk in spool.chunks():
        there = known_messages(connection, {row.key_hash for row in chunk})
        same = _same_files(connection, [row for row in chunk if _is_for_one_document(row)])
        for row in chunk:
            known, first, twin = there.get(row.key_hash), here.get(row.key_hash), None
            if known is None and first is None and _is_for_one_document(row):
                twin = problems.name(files[row.digest]) if row.digest in files else same.get(row.digest)
                files.setdefault(row.digest, row.place)
            if first is not None and first.digest != row.digest:
                problems.add(row.place, other_content(row, problems.name(first.place)))
            elif known is not None and policy.refuses(known, row.digest):
                problems.add(row.place, other_content(row, known))
            elif twin is not None and not policy.leaves(twin):
                problems.add(row.place, _same_content(twin))
            known = twin if isinstance(twin, Known) else known
            found = known or (first and Known(first.digest, State.PENDING))
            tally.add(found, is_first=first is None, is_twin=twin is not None)
            here.setdefault(row.key_hash, _First(row.digest, row.place))
    return tally


def _is_for_one_document(row: NewRow) -> bool:
    """Whether a buyer must not get this twice, under two documents: it has files, and no key of its own allows it."""
    return bool(row.attachments) and row.own_key is None


def _same_files(connection: Connection, rows: Collection[NewRow]) -> dict[str, Known]:
    """Messages that stand, or may have been sent, with the same order, type and content as these rows. By digest."""
    if not rows:
        return {}
    columns = (messages.c.digest, messages.c.state, messages.c.finished_at, messages.c.document)
    of_orders = among(connection, messages.c.amazon_order_id, {row.amazon_order_id for row in rows})
    wanted = {row.digest for row in rows}
    found = (Known(*row) for row in connection.execute(select(*columns).where(of_orders)))
    return {each.digest: each for each in found if each.digest in wanted and each.state not in _MENDABLE}


def known_messages(connection: Connection, keys: Collection[str]) -> dict[str, Known]:
    """What the ledger has of these keys.

    Messages are read first: one that is archived meanwhile is found among the keys that were kept, and none is missed.
    """
    columns = (
        messages.c.key_hash,
        messages.c.digest,
        messages.c.state,
        messages.c.finished_at,
        messages.c.document,
    )
    rows = connection.execute(select(*columns).where(among(connection, messages.c.key_hash, keys)))
    found = {key: Known(*known) for key, *known in rows}
    kept = select(kept_keys.c.key_hash, kept_keys.c.state).where(among(connection, kept_keys.c.key_hash, keys))
    return {key: Known(None, state) for key, state in connection.execute(kept)} | found


def other_content(row: NewRow, other: Known | str) -> Problem:
    """What is wrong with a job whose message has another content, and what to do.

    Args:
        row: the job.
        other: that message; or the name of the job of the same call that is the same message.
    """
    to_both = f"If the buyer is to get both, {_DISTINGUISHED[row.own_key is None]}"
    remedy = f"Put back what it was. {to_both}"
    if isinstance(other, str):
        told = f"{other} is the same message with another content."
    elif other.state == State.SENT:
        told = f"this message was sent {_when(other)}with another content."
        remedy = f"Leave it out, as leave_sent does. {to_both}"
    elif other.state in UNSENT:
        told = "this message was added with another content, and is not sent yet."
        remedy = f"Put back what it was, or let the new content take its place with replace_unsent. {to_both}"
    else:
        told = f"this message is in the ledger with another content: it is {other.state}."
    return Problem("key" if row.own_key else "document", told, rule="document", remedy=remedy)


_DISTINGUISHED = {
    True: "give each a document of its own, such as the number of the invoice.",
    False: "give each a key of its own.",
}


def _same_content(twin: Known | str) -> Problem:
    """What is wrong with a job whose files the buyer already gets under another document, and what to do."""
    if isinstance(twin, str):
        told = f"{twin} has the same files for the same order, under another document."
    else:
        under = f"as document {twin.document}" if twin.document else "without a document"
        was = "was sent" if twin.state == State.SENT else "is in the ledger"
        told = f"a message with the same files for this order {was} {_when(twin)}{under}."
    remedy = "Give the same document, so that it is the same message. If the buyer is to get it twice, give a key."
    return Problem("document", told, rule="same-content", remedy=remedy)


def _when(known: Known) -> str:
    if known.state != State.SENT or known.finished_at is None:
        return ""
    return f"on {from_milliseconds(known.finished_at):%Y-%m-%d %H:%M} UTC "
