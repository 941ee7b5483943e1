"""What people say to a ledger. Each word is one transaction, and leaves a note on the messages that it changes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any, Unpack

from sqlalchemy import Connection

from spapi_messaging._safeguards.tracebacks import methods_without_variables
from spapi_messaging.bulk.adding.collecting import check_jobs
from spapi_messaging.bulk.adding.entries import Entry
from spapi_messaging.bulk.adding.inserting import add_rows
from spapi_messaging.bulk.claiming.session import bury_gone
from spapi_messaging.bulk.files.locating import Root
from spapi_messaging.bulk.jobs import Job
from spapi_messaging.bulk.people import removing, resolving
from spapi_messaging.bulk.people import withdrawing as people
from spapi_messaging.bulk.people.exporting import exported
from spapi_messaging.bulk.people.withdrawing import Word
from spapi_messaging.bulk.states import State
from spapi_messaging.bulk.storage.database import Database
from spapi_messaging.bulk.storage.dates import moment_of
from spapi_messaging.bulk.storage.reading import now_of, read_as
from spapi_messaging.bulk.storage.selection import Selection
from spapi_messaging.errors import ConfigurationError

__all__ = ["Words"]


@methods_without_variables
class Words:
    """The part of a ledger that people use. No word changes a message that a sender holds. The returned count shows it.

    Wherever messages are selected, ``**selection`` takes ``order_id``, ``message_type``, ``account``, ``document``,
    ``key``, ``state``, ``marketplace`` and ``batch``: each one value, or a list of which one must fit. An unknown
    message type is an ``InvalidMessageError``, an unknown state or marketplace a ``ConfigurationError``. Every word
    raises ``LedgerError`` if the database is locked, full or gone; nothing was changed then. With ``dry_run=True`` a
    word changes nothing, and returns or raises what it would.
    """

    database: Database
    attachments_root: Root
    keep_texts: bool
    grace: float

    def retry(self, *, note: str | None = None, dry_run: bool = False, **selection: Unpack[Selection]) -> int:
        """Makes messages pending again that were rejected or given up, so that they are sent.

        It takes cancelled and skipped messages only if ``state`` names them: ``retry(state="cancelled")``.

        Returns:
            How many messages were changed.

        Raises:
            InvalidMessageError: the text of one was removed: add the job again first. Nothing was changed.
        """
        with self._change(dry_run) as connection:
            return people.retry(connection, self._word(connection, "retry", note), selection)

    def cancel(self, *, note: str | None = None, dry_run: bool = False, **selection: Unpack[Selection]) -> int:
        """Messages that are pending, waiting, rejected or given up are not to be sent.

        Returns:
            How many messages were changed. One that is being sent at this moment is not among them.

        Raises:
            ConfigurationError: nothing was selected.
        """
        with self._change(dry_run) as connection:
            word = self._word(connection, "cancel", note)
            return people.withdraw(connection, word, selection, State.CANCELLED, keep_texts=self.keep_texts)

    def skip(self, *, note: str | None = None, dry_run: bool = False, **selection: Unpack[Selection]) -> int:
        """As ``cancel``, for messages that were sent elsewhere, such as in Seller Central. Their texts stay."""
        with self._change(dry_run) as connection:
            word = self._word(connection, "skip", note)
            return people.withdraw(connection, word, selection, State.SKIPPED, keep_texts=True)

    def resume(self, account: str | None = None, *, dry_run: bool = False) -> int:
        """Goes on with an account that is parked. None: with messages that were added without an account.

        Returns:
            How many messages wait for it; 0 if it was not parked.

        Raises:
            ConfigurationError: there is no such account.
        """
        if account is not None and not isinstance(account, str):
            raise ConfigurationError(f"account is {type(account).__name__}, not a string.")
        with self.database.write(dry_run=dry_run) as connection:
            return people.resume(connection, account)

    def hurry(self, **selection: Unpack[Selection]) -> int:
        """Tries at once what was left for later, because the network or Amazon was in trouble.

        A ``not_before`` of the caller's own stands, and so does what waits because Amazon does not offer it.

        Returns:
            How many messages go on.
        """
        with self._change(False) as connection:
            return people.hurry(connection, now_of(connection, self.database), selection)

    def resolve(
        self,
        sent: bool,
        *,
        request_id: str | None = None,
        note: str | None = None,
        dry_run: bool = False,
        **selection: Unpack[Selection],
    ) -> int:
        """Says of unknown messages whether they were sent, as Seller Central shows it.

        Args:
            sent: True: they were. False: they were not, and are sent again; those that were forgotten are cancelled.
            request_id: Amazon's id of the request, if it is known.
            note: what is to be remembered.
            **selection: which messages.

        Returns:
            How many messages were changed.

        Raises:
            ConfigurationError: nothing was selected.
            LedgerError: with ``sent=False``: the sender still runs, or ``grace`` has not passed since. Nothing was
                changed.
        """
        resolving.require_bool(sent)
        with self._change(dry_run) as connection:
            word = self._word(connection, "resolve: sent" if sent else "resolve: not sent", note)
            if sent:
                return resolving.resolve_sent(connection, word, selection, request_id, keep_texts=self.keep_texts)
            return resolving.resolve_not_sent(connection, self.database, word, selection, int(self.grace * 1000))

    def recover(
        self,
        since: date | str,
        jobs: Iterable[Job | Entry] | Job = (),
        *,
        note: str | None = None,
        dry_run: bool = False,
    ) -> int:
        """After a backup was put back, or a copy is used: what may have been sent since becomes unknown.

        Args:
            since: when the backup was made: a datetime with a zone, or an ISO 8601 string; a day begins in UTC. Now or
                later: nothing was sent elsewhere, and only what a dead sender was sending becomes unknown.
            jobs: jobs that were added after the backup was made. Those that the ledger does not know become unknown.
            note: what is to be remembered.

        Returns:
            How many messages became unknown.

        Raises:
            ConfigurationError: ``since`` is not such a time.
            InvalidMessageError: jobs break rules, as of ``add``. Nothing was changed.
            NetworkError: the storage of a job's file is out of reach. Nothing was changed.
            LedgerError: a sender runs on this ledger.
        """
        moment = moment_of("since", since)
        with check_jobs(jobs, self.attachments_root) as checked, self.database.write(dry_run=dry_run) as connection:
            word = self._word(connection, "recover", note)
            unknown = resolving.recover(connection, self.database, word, moment, dry_run=dry_run)
            is_lost = moment < word.now
            values = {**resolving.RECOVERED, "finished_at": word.now} if is_lost else {}
            added = add_rows(connection, word.now, checked.spool, checked.problems, values)
            if checked.problems:
                raise checked.problems.error()
            return unknown + (added.added if is_lost else 0)

    def forget(self, order_id: str, *, note: str | None = None, dry_run: bool = False) -> int:
        """Removes at once the personal data of all messages for an order. Those that were not sent yet are cancelled.

        The hash of the key stays, so what was sent is not sent again. Results, times and request ids stay too. Copies
        and backups are yours to remove.

        Returns:
            How many messages were changed.

        Raises:
            ConfigurationError: no order was given.
            LedgerError: a sender is about to send one of the messages. Nothing was changed; try again.
        """
        with self._change(dry_run) as connection:
            count = removing.forget(connection, self._word(connection, "forget", note), order_id)
        if not dry_run:
            self.database.empty_log()  # SQLite's, where the bytes still stand
        return count

    def archive(self, before: date | str, *, dry_run: bool = False) -> int:
        """Removes messages that were sent, cancelled or skipped before a time. The hashes of their keys stay.

        Args:
            before: a datetime with a zone, or an ISO 8601 string; a day begins in UTC.

        Returns:
            How many messages were removed.

        Raises:
            ConfigurationError: ``before`` is not such a time.
        """
        moment = moment_of("before", before)
        with self.database.write(dry_run=dry_run) as connection:
            now = now_of(connection, self.database)
            count = removing.archive(connection, self.database, now, moment, dry_run=dry_run)
        if count and not dry_run:
            removing.witness_archived(self.database)
        return count

    def archivable(self, before: date | str) -> Iterator[dict[str, Any]]:
        """The messages that ``archive`` would remove: plain dicts, as of ``export``. Reads 1,000 at a time.

        Args:
            before: as for ``archive``.

        Raises:
            ConfigurationError: ``before`` is not such a time.
            LedgerError: the database is locked or gone.
        """
        return read_as(exported, self.database, removing.archivable_rows(moment_of("before", before)))

    @contextmanager
    def _change(self, dry_run: bool) -> Iterator[Connection]:
        """A transaction that first takes back what dead senders held, so that nobody waits for a killed one."""
        with self.database.write(dry_run=dry_run) as connection:
            bury_gone(connection, self.database, None)
            yield connection

    def _word(self, connection: Connection, name: str, note: str | None) -> Word:
        if note is not None and not isinstance(note, str):
            raise ConfigurationError(f"note is {type(note).__name__}, not a string.")
        if note is not None and re.search(r"[\0\ud800-\udfff]", note):
            raise ConfigurationError("note has characters that a database does not keep: NUL, or half of one.")
        return Word(now_of(connection, self.database), name, note)
