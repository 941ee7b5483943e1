"""Writes checked jobs into a ledger, in one transaction: all of them, or none."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, delete, insert, select, update
from sqlalchemy.dialects.postgresql import insert as insert_into_postgres

from spapi_messaging.bulk.adding.checking import NewRow
from spapi_messaging.bulk.adding.problems import Problems
from spapi_messaging.bulk.adding.spool import Spool
from spapi_messaging.bulk.states import REFUSED, UNSENT, WITHDRAWN, State
from spapi_messaging.bulk.storage.among import among
from spapi_messaging.bulk.storage.schema import kept_keys, messages, sellers
from spapi_messaging.errors import Problem

__all__ = ["Added", "Tally", "add_rows", "compare", "mark"]

# Of these, the content may be another one: a mended file takes the place of the one that was refused.
_MENDABLE = (*REFUSED, State.CANCELLED)
# These take something over from a job that is added again. Others were sent, or are just being sent.
_REFRESHED = messages.c.state.in_([state.value for state in (*UNSENT, *REFUSED, *WITHDRAWN)])


@dataclass(frozen=True, slots=True)
class Added:
    """What ``Ledger.add`` did. Each job counts once.

    Attributes:
        added: jobs that are new.
        known: jobs that were in the ledger already, and are not sent.
        already_sent: jobs that were sent before.
    """

    added: int = 0
    known: int = 0
    already_sent: int = 0

    def to_dict(self) -> dict[str, int]:
        """What ``json.dumps`` takes."""
        return asdict(self)


class _Known(NamedTuple):
    """A message that the ledger has. ``digest`` is None if only its key was kept."""

    digest: str | None
    state: str


class Tally:
    """Counts jobs, and remembers which of them are new."""

    def __init__(self) -> None:
        self.new = bytearray()
        self.known = self.already_sent = self._missed = 0

    def add(self, found: _Known | None) -> None:
        """One more job, which the ledger has or has not."""
        self.new.append(found is None)
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
        return Added(sum(self.new) - self._missed, self.known, self.already_sent)


def add_rows(
    connection: Connection, now: int, spool: Spool, problems: Problems, values: Mapping[str, Any] | None = None
) -> Added:
    """Writes rows inside a write transaction, unless something is wrong with one of them.

    Args:
        connection: the connection.
        now: the database's time in milliseconds.
        spool: the rows.
        problems: takes what is wrong. If there is anything, nothing was written, and the caller raises.
        values: columns to set besides in those that are new.
    """
    tally = compare(connection, spool, problems)
    if problems:
        return Added()
    accounts = _Accounts(connection)
    written: list[int] = []
    for new, _ in tally.divided(spool):
        ids = accounts.ids({row.account for row in new})
        missed = _insert(connection, [{**_columns(row, ids, now), **(values or {})} for row in new], written)
        _recheck(connection, [row for row in new if row.key_hash in missed], problems)
        tally.missed(len(missed))
    if problems:
        _take_back(connection, written, accounts.made)
        return Added()
    for _, known in tally.divided(spool):
        _refresh(connection, known, accounts)
    return tally.added()


def compare(connection: Connection, spool: Spool, problems: Problems) -> Tally:
    """Finds what the ledger has already, and adds a problem for each job whose content is another there."""
    tally = Tally()
    here: dict[str, tuple[str, int]] = {}  # by key, digest and place of the first of this call
    for chunk in spool.chunks():
        there = _known(connection, {row.key_hash for row in chunk})
        for row in chunk:
            found = there.get(row.key_hash)
            if found is None and row.key_hash in here:
                found = _Known(here[row.key_hash][0], State.PENDING)
            if found is not None and _is_other(found, row):
                where = "the ledger" if row.key_hash in there else problems.name(here[row.key_hash][1])
                problems.add(row.place, _other_content(row, where))
            here.setdefault(row.key_hash, (row.digest, row.place))
            tally.add(found)
    return tally


def mark(connection: Connection, spool: Spool, batch: str) -> None:
    """Says of all messages of these rows that they were added together, of those that are known too."""
    for chunk in spool.chunks():
        same = among(connection, messages.c.key_hash, {row.key_hash for row in chunk})
        others = (same, messages.c.batch.is_distinct_from(batch))
        connection.execute(update(messages).where(*others).values(batch=batch))


def _known(connection: Connection, keys: Collection[str]) -> dict[str, _Known]:
    """What the ledger has of these keys.

    Messages are read first: one that is archived meanwhile is found among the keys that were kept, and none is missed.
    """
    columns = (messages.c.key_hash, messages.c.digest, messages.c.state)
    rows = connection.execute(select(*columns).where(among(connection, messages.c.key_hash, keys)))
    found = {key: _Known(digest, state) for key, digest, state in rows}
    kept = select(kept_keys.c.key_hash, kept_keys.c.state).where(among(connection, kept_keys.c.key_hash, keys))
    return {key: _Known(None, state) for key, state in connection.execute(kept)} | found


def _is_other(found: _Known, row: NewRow) -> bool:
    """Whether a job has another content than the message that it would be, which stands or was sent."""
    return found.digest not in (None, row.digest) and found.state not in _MENDABLE


def _other_content(row: NewRow, where: str) -> Problem:
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


def _columns(row: NewRow, ids: Mapping[str, int], now: int) -> dict[str, Any]:
    columns = row._asdict()
    del columns["place"]
    columns["seller_id"] = ids[columns.pop("account")]
    columns["added_at"] = now
    return columns


def _insert(connection: Connection, rows: list[dict[str, Any]], written: list[int]) -> set[str]:
    """Inserts new rows, and gives the keys of those that another program has added meanwhile."""
    if not rows:
        return set()
    if connection.dialect.name == "sqlite":  # nobody else writes during this transaction
        connection.execute(insert(messages), rows)
        return set()
    statement = insert_into_postgres(messages).on_conflict_do_nothing(index_elements=[messages.c.key_hash])
    made = connection.execute(statement.returning(messages.c.id, messages.c.key_hash), rows).all()
    written.extend(id for id, _ in made)
    return {row["key_hash"] for row in rows} - {key for _, key in made}


def _recheck(connection: Connection, rows: list[NewRow], problems: Problems) -> None:
    there = _known(connection, {row.key_hash for row in rows}) if rows else {}
    for row in rows:
        found = there.get(row.key_hash)
        if found is not None and _is_other(found, row):
            problems.add(row.place, _other_content(row, "the ledger"))


def _refresh(connection: Connection, rows: list[NewRow], accounts: _Accounts) -> None:
    """Gives known messages what a sender needs: the account and the paths as they are now, a text that was removed.

    Messages that were forgotten stay so: they have no order any more.
    """
    if not rows:
        return
    ids = accounts.ids({row.account for row in rows})
    by_key = {row.key_hash: row for row in rows}
    is_known = (among(connection, messages.c.key_hash, by_key), messages.c.amazon_order_id.is_not(None))
    for kept in connection.execute(select(messages).where(*is_known, _REFRESHED)):
        now = _refreshed(kept, by_key[kept.key_hash], ids)
        changed = {name: value for name, value in now.items() if getattr(kept, name) != value}
        if changed:
            same = (messages.c.id == kept.id, messages.c.state == kept.state)
            connection.execute(update(messages).where(*same).values(changed))


def _refreshed(kept: Row[Any], row: NewRow, ids: Mapping[str, int]) -> dict[str, Any]:
    """What a known message takes over from a job that is added again."""
    if kept.state in _MENDABLE:  # it was not sent, and is not to be sent as it was
        columns = row._asdict()
        del columns["place"]
        is_same_buyer = (kept.amazon_order_id, kept.region) == (row.amazon_order_id, row.region)
        language = kept.language if is_same_buyer else None  # with a key of the caller's own, it may be another order
        return columns | {"seller_id": ids[columns.pop("account")], "language": language}
    if kept.digest != row.digest:
        return {}
    if kept.state in UNSENT:  # it moves to the account under which it is added again
        account = {"seller_id": ids[row.account], "marketplace": row.marketplace}
        return {"attachments": row.attachments, **account}
    return {"attachments": row.attachments, "text": row.text, "texts": row.texts}


class _Accounts:
    """The rows of accounts, made where there are none."""

    def __init__(self, connection: Connection) -> None:
        self.made: list[int] = []
        self._connection = connection
        self._ids: dict[str, int] = {}

    def ids(self, accounts: Collection[str]) -> dict[str, int]:
        """The ids of these accounts, and of others."""
        if missing := [account for account in accounts if account not in self._ids]:
            self._find(missing)
        if missing := [account for account in missing if account not in self._ids]:
            self._make(sorted(missing))
            self._find(missing)
        return self._ids

    def _find(self, accounts: list[str]) -> None:
        found = select(sellers.c.account, sellers.c.id).where(among(self._connection, sellers.c.account, accounts))
        self._ids |= dict(self._connection.execute(found).all())

    def _make(self, accounts: list[str]) -> None:
        rows = [{"account": account} for account in accounts]
        if self._connection.dialect.name == "sqlite":
            self._connection.execute(insert(sellers), rows)
            return
        statement = insert_into_postgres(sellers).on_conflict_do_nothing(index_elements=[sellers.c.account])
        self.made += self._connection.scalars(statement.returning(sellers.c.id), rows)


def _take_back(connection: Connection, written: list[int], accounts: list[int]) -> None:
    """Deletes what was inserted, where the transaction is the caller's and goes on."""
    for ids in _portions(written):
        connection.execute(delete(messages).where(among(connection, messages.c.id, ids)))
    for ids in _portions(accounts):
        connection.execute(delete(sellers).where(among(connection, sellers.c.id, ids)))


def _portions(ids: list[int]) -> Iterator[list[int]]:
    for start in range(0, len(ids), 500):
        yield ids[start : start + 500]
