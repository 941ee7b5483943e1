"""Writes a sender's changes into the ledger: several in one transaction, in a thread of its own."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from math import inf
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from spapi_messaging.bulk.claiming.claims import ClaimedMessage
from spapi_messaging.bulk.claiming.session import SenderGone, Session
from spapi_messaging.bulk.claiming.transitions import Begun, Settlement, begin_sending, settle
from spapi_messaging.bulk.claiming.witness import Witness
from spapi_messaging.bulk.states import State
from spapi_messaging.bulk.storage.database import Database
from spapi_messaging.errors import ConfigurationError, LedgerError, SpApiMessagingError

log = logging.getLogger("spapi_messaging.bulk")

T = TypeVar("T")

#: Seconds that a result waits for others to share a commit with. If it is lost, a sent message is called unknown.
GROUPING = 0.03
#: Changes in one transaction: more would keep other senders waiting.
MAX_CHANGES = 500
#: Seconds between two attempts to write results that could not be written: the first pause, and the longest.
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0


class Began(NamedTuple):
    """That a message was written down as ``sending``.

    Args:
        at: when the transaction that says so was about to be committed, by the event loop's clock.
        ours: whether the message was still this sender's. If not, another sender has taken its seller over.
    """

    at: float
    ours: bool


class _Begin(NamedTuple):
    sender: str
    message: ClaimedMessage
    done: asyncio.Future[Began]


class _Change(NamedTuple):
    carry_out: Callable[[Connection, str], Any]
    done: asyncio.Future[Any]


class _ChangeFailed(Exception):
    """A change raised an error that is not the ledger's. Nothing of its transaction was committed."""

    def __init__(self, change: _Change, error: Exception) -> None:
        self.change, self.error = change, error


class _Result(NamedTuple):
    sender: str
    settlement: Settlement
    done: asyncio.Future[bool]


class Writer:
    """One sender's hand on the ledger.

    Whoever awaits ``begin`` or ``change`` goes on when it is committed, or gets the error. Results are kept until they
    are written.
    """

    def __init__(self, database: Database, *, keep_texts: bool) -> None:
        self._database, self._keep_texts = database, keep_texts
        self._witness = Witness(database)
        self._urgent: list[_Begin | _Change] = []
        self._results: list[_Result] = []
        self._not_sent: dict[tuple[str, int, int], asyncio.Future[bool]] = {}  # results that are the same again
        self._news = asyncio.Event()
        self._closing = False
        self._loop = asyncio.get_running_loop()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="spapi-messaging-ledger")
        self._session: Session | None = None
        self._task: asyncio.Task[None] | None = None
        self._broken: BaseException | None = None
        self.trouble: LedgerError | None = None  # why results cannot be written now

    async def open(self) -> None:
        """Registers the sender in the ledger."""
        self._session = await self._loop.run_in_executor(self._thread, Session, self._database)
        self._task = asyncio.create_task(self._run())
        await self.change(lambda connection, _: self._witness.check(connection))

    async def close(self, patience: float = 10.0) -> None:
        """Writes what is left, for ``patience`` seconds at most, and leaves the ledger."""
        self._closing = True
        self._news.set()
        if self._task is not None:
            _, late = await asyncio.wait([self._task], timeout=patience)
            if late:
                self._task.cancel()
                await asyncio.wait([self._task])
        if self._session is not None:
            await self._loop.run_in_executor(self._thread, self._leave, self._session)
        self._thread.shutdown(wait=False)

    async def change(self, carry_out: Callable[[Connection, str], T]) -> T:
        """Carries out a change of the ledger, and returns when it is committed.

        The function runs in the writer's thread. It is given the connection, and this sender's id in the ledger, which
        changes if others declared the sender dead.
        """
        return await self.ask(carry_out)

    def ask(self, carry_out: Callable[[Connection, str], T]) -> asyncio.Future[T]:
        """Asks for a change, which is carried out after those that were asked for before."""
        done: asyncio.Future[T] = self._loop.create_future()
        self._ask(_Change(carry_out, done))
        return done

    async def begin(self, sender: str, message: ClaimedMessage) -> Began:
        """Writes down that a message begins to leave, and returns when that is committed."""
        done: asyncio.Future[Began] = self._loop.create_future()
        self._ask(_Begin(sender, message, done))
        return await done

    def settle(self, sender: str, settlement: Settlement) -> asyncio.Future[bool]:
        """Writes a result down, soon. The future says whether the ledger took it."""
        key = (sender, settlement.id, settlement.epoch)
        was_not_sent = settlement.state is State.CLAIMED and not settlement.values
        if was_not_sent and (known := self._not_sent.get(key)) is not None and not known.done():
            return known  # while the ledger is out of reach, a message may be tried again and again
        done: asyncio.Future[bool] = self._loop.create_future()
        if was_not_sent:
            self._not_sent[key] = done
            done.add_done_callback(lambda _: self._not_sent.pop(key, None))
        self._results.append(_Result(sender, settlement, done))
        self._news.set()
        return done

    def _ask(self, entry: _Begin | _Change) -> None:
        if self._broken is not None:
            told = f"The ledger cannot be written any more ({type(self._broken).__name__})."
            entry.done.set_exception(LedgerError(told))
            return
        self._urgent.append(entry)
        self._news.set()

    async def _run(self) -> None:
        try:
            await self._write_all()
        except BaseException as error:
            # asyncio.run() cancels every task at its end: whoever asks for something now would wait for ever.
            self._broken = error
            _fail(self._urgent, error)
            raise

    async def _write_all(self) -> None:
        pause = 0.0
        while True:
            has_rested = await self._wait_for_news(pause)
            # Results come first: what was taken back can begin again, or be given back, in the same transaction.
            results = self._results[:MAX_CHANGES]
            urgent = self._urgent[:MAX_CHANGES] if len(results) == len(self._results) else []
            del self._results[: len(results)], self._urgent[: len(urgent)]
            # What nobody waits for any more was taken back already.
            urgent = [entry for entry in urgent if not entry.done.cancelled()]
            if not results and not urgent and not has_rested:
                if self._closing:
                    return
                continue
            pause = await self._commit(results, urgent, pause)

    async def _wait_for_news(self, pause: float) -> bool:
        """Waits until there is something to write: at once if somebody waits for it, else a little later.

        Returns True if nothing came for a long time: an empty transaction must then show that the sender lives.
        """
        rest = inf if self._session is None else self._session.rest
        try:
            async with asyncio.timeout(rest if rest < inf else None):
                while not self._urgent and not self._results and not self._closing:
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            return True
        seconds = pause if pause else GROUPING
        end = self._loop.time() + seconds
        while not self._urgent and not (self._closing and not pause) and (left := end - self._loop.time()) > 0:
            self._news.clear()
            try:
                async with asyncio.timeout(left):
                    await self._news.wait()
            except TimeoutError:
                break
        return False

    async def _commit(self, results: list[_Result], urgent: list[_Begin | _Change], pause: float) -> float:
        """Writes these. Returns the pause before the next transaction, if this one failed."""
        try:
            answers = await self._loop.run_in_executor(self._thread, self._write, results, urgent)
        except LedgerError as error:
            self._results[:0] = results
            if self.trouble is None and results:
                log.warning("%d results wait, because the ledger cannot be written: %s", len(self._results), error)
            self.trouble = error
            # Changes included that came meanwhile, or that had no room beside the results.
            _fail([*urgent, *self._urgent], error)
            self._urgent.clear()
            if isinstance(error, SenderGone):  # the next transaction is that of another sender
                return 0.0
            return min(LONGEST_PAUSE, pause * 2 or FIRST_PAUSE)
        except ConfigurationError as error:  # the file was moved, say, or may not be written any more
            self._results[:0] = results
            self.trouble = LedgerError(str(error))
            _fail(urgent, self.trouble)
            return LONGEST_PAUSE
        except _ChangeFailed as failed:
            # The others are written without it.
            self._results[:0] = results
            self._urgent[:0] = [entry for entry in urgent if entry is not failed.change]
            _fail([failed.change], failed.error)
            return 0.0
        except BaseException as error:
            self._results[:0] = results
            _fail(urgent, error)
            raise
        self.trouble = None
        for entry, answer in zip((*results, *urgent), answers, strict=True):
            if not entry.done.done():
                entry.done.set_result(answer)
        return 0.0

    def _write(self, results: list[_Result], urgent: list[_Begin | _Change]) -> list[Any]:
        """One transaction. Runs in the writer's thread."""
        session = self._open_session()
        try:
            with session.transaction() as connection:
                answers: list[Any] = [*self._settle_all(connection, results)]
                begun = self._begin_all(connection, [entry for entry in urgent if isinstance(entry, _Begin)])
                for entry in urgent:
                    if isinstance(entry, _Begin):
                        answers.append(entry.message.id in begun)
                    else:
                        answers.append(_carried_out(entry, connection, session.id))
                # Measured before the commit, which may take long: the row says ``sending`` from here on.
                at = self._loop.time()
            if begun:
                self._witness.note(max(begun), begun.sending_at)
        except SenderGone:
            session.let_go()
            self._session = None  # others have taken over what it had claimed; its results count all the same
            raise
        return [
            Began(at, answer) if isinstance(entry, _Begin) else answer
            for entry, answer in zip((*results, *urgent), answers, strict=True)
        ]

    def _open_session(self) -> Session:
        if self._session is None:
            self._session = Session(self._database)
        return self._session

    def _settle_all(self, connection: Connection, results: list[_Result]) -> list[bool]:
        taken: set[int] = set()
        for sender in {result.sender for result in results}:
            own = [result.settlement for result in results if result.sender == sender]
            taken |= settle(connection, self._database.now, sender, own, self._keep_texts)
        return [result.settlement.id in taken for result in results]

    def _begin_all(self, connection: Connection, begins: list[_Begin]) -> Begun:
        begun = Begun()
        for sender in {begin.sender for begin in begins}:
            own = [(begin.message.id, begin.message.epoch) for begin in begins if begin.sender == sender]
            found = begin_sending(connection, self._database.now, sender, own)
            begun |= found
            begun.sending_at = max(begun.sending_at, found.sending_at)
        return begun

    def _leave(self, session: Session) -> None:
        self._witness.close()
        try:
            session.close()
        except SpApiMessagingError as error:
            log.warning("The sender could not say goodbye to the ledger: %s", error)


def _carried_out(change: _Change, connection: Connection, sender: str) -> Any:
    try:
        return change.carry_out(connection, sender)
    except (SQLAlchemyError, LedgerError):
        raise
    except Exception as error:
        raise _ChangeFailed(change, error) from None


def _fail(urgent: list[_Begin | _Change], error: BaseException) -> None:
    for entry in urgent:
        if not entry.done.done():
            entry.done.set_exception(error)
