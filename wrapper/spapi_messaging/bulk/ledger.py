"""The ledger: what is to be sent, and the outcomes. One file, or a database of PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from datetime import date
from math import inf
from pathlib import Path
from typing import Any, Unpack

from sqlalchemy import URL, Connection, Engine

from spapi_messaging._safeguards.tracebacks import methods_without_variables
from spapi_messaging.bulk.adding.collecting import CheckedJobs, check_jobs
from spapi_messaging.bulk.adding.comparing import Added, Policy, compare
from spapi_messaging.bulk.adding.entries import Entry
from spapi_messaging.bulk.adding.inserting import add_rows, mark
from spapi_messaging.bulk.adding.outbox import in_transaction_of
from spapi_messaging.bulk.claiming.transitions import require_purpose
from spapi_messaging.bulk.files.roots import checked_root
from spapi_messaging.bulk.jobs import Job
from spapi_messaging.bulk.outcomes import Outcome, outcome_of
from spapi_messaging.bulk.people.exporting import exported
from spapi_messaging.bulk.people.status import Status, late_rows, status_of
from spapi_messaging.bulk.people.timeline import Span, Step, TimeName, timeline_of
from spapi_messaging.bulk.people.words import Words
from spapi_messaging.bulk.storage.database import Database
from spapi_messaging.bulk.storage.reading import ledger_id_of, now_of, purpose_of, read_as
from spapi_messaging.bulk.storage.selection import Selection, check_batch, rows_of
from spapi_messaging.errors import ConfigurationError

__all__ = ["Ledger"]


@methods_without_variables
class Ledger(Words):
    """Messages to send, each at most once, and their outcomes. Any thread may use it.

        with Ledger("sqlite:///sent.db") as ledger:
            ledger.add([Job("303-1234567-1234567", "invoice", attachments=["R-17.pdf"], marketplace="DE")])

    Args:
        url: of SQLite's file or of PostgreSQL's database, as SQLAlchemy writes it; or an engine of the caller's own.
            None: one file for each user, whose path is ``database.path``.
        attachments_root: a folder that all files lie below, or the URL of one. The ledger then keeps their paths below
            it, so that senders may have the folder elsewhere, and relative paths begin there. None: absolute paths and
            URLs.
        keep_texts: whether texts stay in the ledger after they were sent, cancelled or given up.
        grace: seconds after which a message may be called not sent, if its sender is gone.
        create: whether a missing ledger is made.
        pooler: whether a pooler such as PgBouncer stands in front of PostgreSQL. Senders then show by heartbeats that
            they live, because a pooler in transaction mode makes locks of a session useless. None: each connection
            finds out. An engine of the caller's own behind a pooler needs ``prepare_threshold=None`` in its
            ``connect_args``.
        clock: seconds since 1970, for tests. None: the database's clock.

    Attributes:
        database: where it is.

    Raises:
        ConfigurationError: this cannot be a ledger: no such folder, read-only, no database, of a later release. With
            ``create=False``: there is no ledger, and ``argument`` is ``"ledger"``.
        LedgerError: the database cannot be reached, or is locked.
    """

    def __init__(
        self,
        url: str | URL | Engine | None = None,
        *,
        attachments_root: str | Path | None = None,
        keep_texts: bool = False,
        grace: float = 900,
        create: bool = True,
        pooler: bool | None = None,
        clock: Callable[[], float] | None = None,
    ) -> None:
        self.attachments_root = checked_root(attachments_root)
        self.keep_texts = keep_texts
        self.grace = _seconds(grace)
        self.database = Database(url, clock=clock, create=create, pooler=pooler)
        with self.database.read() as connection:
            self._id = ledger_id_of(connection)

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Ledger({self.database.url_shown!r})"

    @property
    def purpose(self) -> str | None:
        """What it is for: ``"production"``, or a sandbox's URL. None until its first message is sent."""
        with self.database.read() as connection:
            return purpose_of(connection)

    def require_purpose(self, purpose: str) -> None:
        """Refuses a ledger from which messages were sent to another place. Senders do so too, before they send.

        Args:
            purpose: ``"production"``, or a sandbox's URL.

        Raises:
            ConfigurationError: it is for another place.
            LedgerError: the database is locked or gone.
        """
        with self.database.read() as connection:
            require_purpose(connection, purpose)

    def close(self) -> None:
        """Closes the connections to the database."""
        self.database.close()

    def check(self, jobs: Iterable[Job | Entry] | Job) -> CheckedJobs:
        """Checks jobs, and adds none of them. Files are read to their end.

        Args:
            jobs: any number of jobs, such as a generator or a JobFile.

        Returns:
            Everything that is wrong, what there is to send, and its digest. ``add`` takes it. Close it, or use it as a
            context manager.

        Raises:
            ConfigurationError: these are not jobs.
            NetworkError: the storage of a file is out of reach.
        """
        return check_jobs(jobs, self.attachments_root)

    def compare(self, jobs: CheckedJobs, *, replace_unsent: bool = False, leave_sent: bool = False) -> Added:
        """What ``add`` would do with these jobs now. Takes the same ``replace_unsent`` and ``leave_sent``.

        Raises:
            InvalidMessageError: jobs break rules, or the ledger has another content for one of them.
            ConfigurationError: this is not what ``check`` returned.
            LedgerError: the database is locked or gone.
        """
        if not isinstance(jobs, CheckedJobs):
            raise ConfigurationError("compare() takes what check() returned: compare(check(jobs)).")
        with self.database.read() as connection:
            tally = compare(connection, jobs.spool, jobs.problems, Policy(replace_unsent, leave_sent))
        if jobs.problems:
            raise jobs.problems.error()
        return tally.added()

    def add(
        self,
        jobs: Iterable[Job | Entry] | Job | CheckedJobs,
        *,
        batch: str | None = None,
        replace_unsent: bool = False,
        leave_sent: bool = False,
        connection: Connection | None = None,
    ) -> Added:
        """Checks jobs and adds all of them, or none. A job that is known already is not added again.

        Files are read to their end. A job that is known and not sent gets the account, the marketplace and the paths of
        its files as they are given now, and a text that was removed. Nothing else of it changes.

        Args:
            jobs: any number of jobs, such as a generator or a JobFile; or what ``check`` returned.
            batch: a name for what is added together, 64 characters at most. A sender can be limited to it. A job that
                is added again belongs to the last batch. None: the batch stays.
            replace_unsent: messages that are pending or waiting take the new content of a job. Without it, another
                content is taken by rejected, given up and cancelled ones alone.
            leave_sent: a job that was sent before counts as sent, even if its content is another one now.
            connection: a connection of the caller's own to the ledger's database. The jobs are then added in its
                transaction, which the caller commits or rolls back. None: in a transaction of the ledger.

        Returns:
            How many jobs are new, known and already sent.

        Raises:
            InvalidMessageError: jobs break rules. ``problems`` lists 100 at most, with fields such as
                ``jobs[17].text``; the first job is ``jobs[0]``. Nothing was added.
            ConfigurationError: ``connection`` does not lead to this ledger, or has no transaction.
            NetworkError: the storage of a file is out of reach. Nothing was added.
            LedgerError: the database is locked, full or gone. Nothing was added.
        """
        check_batch(batch)
        policy = Policy(replace_unsent, leave_sent)
        if isinstance(jobs, CheckedJobs):
            return self._add(jobs, batch, connection, policy)
        with self.check(jobs) as checked:
            return self._add(checked, batch, connection, policy)

    def outcomes(self, **selection: Unpack[Selection]) -> Iterator[Outcome]:
        """The outcomes of messages, in the order in which they were added. Reads 1,000 at a time.

        Args:
            **selection: ``order_id``, ``message_type``, ``account``, ``document``, ``key``, ``state``,
                ``marketplace``, ``batch``: each one value, or a list of which one must fit. None: any.

        Raises:
            ConfigurationError: there is no such state or marketplace.
            InvalidMessageError: there is no such message type.
            LedgerError: the database is locked or gone.
        """
        return read_as(outcome_of, self.database, rows_of(selection))

    def export(self, **selection: Unpack[Selection]) -> Iterator[dict[str, Any]]:
        """Messages as plain dicts without their texts, in the order in which they were added.

        Args:
            **selection: as for ``outcomes``.

        Returns:
            Dicts with ``account``, ``marketplace``, ``amazon_order_id``, ``message_type``, ``document``, ``key``,
            ``state``, ``request_id``, ``status_code``, ``error_type``, ``error``, ``attempts``, ``due``,
            ``not_before``, ``added_at``, ``sending_at``, ``finished_at``, ``note`` and ``files``, a list of names.
            Times are in ISO 8601 and UTC.

        Raises:
            ConfigurationError, InvalidMessageError, LedgerError: as of ``outcomes``.
        """
        return read_as(exported, self.database, rows_of(selection))

    def status(self, **selection: Unpack[Selection]) -> Status:
        """How messages stand: counts, what is late, who is parked, how many senders run.

        Args:
            **selection: as for ``outcomes``.

        Raises:
            ConfigurationError, InvalidMessageError, LedgerError: as of ``outcomes``.
        """
        return status_of(self.database, selection)

    def late(self, **selection: Unpack[Selection]) -> Iterator[dict[str, Any]]:
        """Messages whose ``due`` has passed, and that are not finished: plain dicts, as of ``export``.

        Args:
            **selection: as for ``outcomes``.

        Raises:
            ConfigurationError, InvalidMessageError, LedgerError: as of ``outcomes``.
        """
        return read_as(exported, self.database, late_rows(self.database, selection))

    def timeline(
        self,
        of: TimeName = "finished_at",
        *,
        step: Step = "hour",
        begin: date | str | None = None,
        end: date | str | None = None,
        **selection: Unpack[Selection],
    ) -> tuple[Span, ...]:
        """How many messages fall into each hour or day of UTC, by account and state; what was archived is not counted.

        Args:
            of: ``"finished_at"``: when it was sent, rejected or withdrawn, or when a person resolved it;
                ``"due"``; ``"not_before"``: until when it waits. Messages without that time are not counted.
            step: ``"hour"`` or ``"day"``.
            begin: a datetime with a zone, or an ISO 8601 string; a day begins in UTC. None: from the first.
            end: likewise, and what is then or later is not counted. None: to the last.
            **selection: as for ``outcomes``.

        Returns:
            In the order of time, and without hours or days in which there was nothing.

        Raises:
            ConfigurationError: ``begin`` or ``end`` is not such a time, or as of ``outcomes``.
            InvalidMessageError, LedgerError: as of ``outcomes``.
        """
        return timeline_of(self.database, selection, of, step=step, begin=begin, end=end)

    def _add(self, jobs: CheckedJobs, batch: str | None, connection: Connection | None, policy: Policy) -> Added:
        problems = jobs.problems
        with self._transaction(connection, writes=not problems) as connected:
            if problems:
                compare(connected, jobs.spool, problems, policy)
                raise problems.error()
            values = {} if batch is None else {"batch": batch}
            added = add_rows(connected, now_of(connected, self.database), jobs.spool, problems, values, policy)
            if problems:
                raise problems.error()
            if batch is not None:
                mark(connected, jobs.spool, batch)
            return added

    def _transaction(self, connection: Connection | None, *, writes: bool) -> AbstractContextManager[Connection]:
        if connection is not None:
            return in_transaction_of(connection, self.database, self._id)
        return self.database.write() if writes else self.database.read()


def _seconds(grace: Any) -> float:
    if isinstance(grace, bool) or not isinstance(grace, int | float) or not 0 <= grace < inf:
        raise ConfigurationError("grace is not a number of seconds, 0 or more.")
    return grace
