"""One run of a sender: it writes the outcome of each message into the ledger, and tells whoever watches."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from sqlalchemy import Connection

from spapi_messaging import SendReceipt
from spapi_messaging.bulk.claiming import claims, giving_back
from spapi_messaging.bulk.claiming.claims import ClaimedMessage, ClaimedSeller
from spapi_messaging.bulk.claiming.languages import with_known_languages
from spapi_messaging.bulk.outcomes import Outcome, job_of
from spapi_messaging.bulk.sending.accounts import Accounts, Client
from spapi_messaging.bulk.sending.attempts import Attempt
from spapi_messaging.bulk.sending.buckets import save_buckets
from spapi_messaging.bulk.sending.history import earlier_send, from_rejected_to_waiting
from spapi_messaging.bulk.sending.options import Options, Progress
from spapi_messaging.bulk.sending.refusals import Refusals, Signature
from spapi_messaging.bulk.sending.rows import columns_of, known_error
from spapi_messaging.bulk.sending.threads import Threads
from spapi_messaging.bulk.sending.waiting import next_look
from spapi_messaging.bulk.sending.writer import Writer
from spapi_messaging.bulk.states import State
from spapi_messaging.bulk.storage.reading import now_of
from spapi_messaging.errors import LedgerError, MessageNotAvailableError, SpApiMessagingError

if TYPE_CHECKING:
    from spapi_messaging.bulk.ledger import Ledger

log = logging.getLogger("spapi_messaging.bulk")

T = TypeVar("T")

#: Outcomes that nobody has taken yet. With more of them, no new messages begin.
MAX_BACKLOG = 1000
#: Messages that are sent at once through clients for threads.
MAX_THREADS = 256
#: Files behind URLs that are fetched at once.
MAX_FETCHES = 32


class Server(Protocol):
    """What serves a seller.

    Attributes:
        seller: the seller.
        began_at: since when, by the event loop's clock.
        ended: whether it begins no more messages.
        is_under_way: whether at least one message is done, however it ended.
    """

    seller: ClaimedSeller
    began_at: float
    ended: bool
    is_under_way: bool

    def end(self) -> None:
        """Begins no more messages."""
        ...


class Run:
    """One run. ``outcomes`` is iterated once; ``stop`` ends it early."""

    def __init__(self, ledger: Ledger, accounts: Accounts, options: Options) -> None:
        self.ledger, self.check, self.patience = ledger, options.check, options.patience
        self.batch, self.stays = options.batch, options.stay
        self.loop = asyncio.get_running_loop()
        self.writer = Writer(ledger.database, keep_texts=ledger.keep_texts)
        self.threads = Threads(MAX_THREADS)
        self.fetching = Threads(MAX_FETCHES)
        self.refusals = Refusals()
        self.aborted = False
        self.stopping = asyncio.Event()
        self.servings: dict[asyncio.Task[None], Server] = {}  # the sellers that are being served
        self.left: set[int] = set()  # sellers that this run leaves alone
        self._accounts = accounts
        self._on_progress = options.on_progress
        self._outcomes: asyncio.Queue[Outcome | None] = asyncio.Queue()
        self._states: Counter[State] = Counter()
        self._unwritten: dict[asyncio.Future[bool], Outcome] = {}
        self._failure: BaseException | None = None
        self._database_offset = 0.0
        self._ledger_lost_at: float | None = None
        self._background: set[asyncio.Task[None]] = set()
        self._blamed: set[tuple[str, Signature]] = set()

    async def outcomes(self, serve: Callable[[], Awaitable[None]]) -> AsyncGenerator[Outcome, None]:
        """Sends what can be sent now, and gives the outcome of each message as soon as the ledger has it.

        Args:
            serve: serves the sellers, until nothing is left that can be done now.
        """
        work = asyncio.create_task(self._work(serve))
        try:
            while (outcome := await self._outcomes.get()) is not None:
                yield outcome
        finally:
            self.stop()
            await _whatever_happens(work, self.abort)
        if self._failure is not None:
            raise self._failure

    def stop(self) -> None:
        """Begins no more messages, and ends when those that have left are answered."""
        self.stopping.set()
        for serving in self.servings.values():
            serving.end()

    def abort(self) -> None:
        """Ends at once. Messages that have left are unknown then."""
        self.aborted = True
        self.stop()

    @property
    def crowded(self) -> bool:
        """Whether too many outcomes wait to be taken. Then no more messages begin."""
        return self._outcomes.qsize() > MAX_BACKLOG

    def database_time(self) -> int:
        """About the time of the database's clock, in milliseconds."""
        return int(self._database_offset + self.loop.time() * 1000)

    def claim_messages(
        self, which: tuple[ClaimedSeller, str, str, int], connection: Connection, me: str
    ) -> list[tuple[str, ClaimedMessage]]:
        """A change for the writer: claims messages of a seller: its region, the type, and how many at most."""
        found = claims.claim_messages(connection, self.ledger.database.now, me, *which, self.batch)
        return [(me, message) for message in with_known_languages(connection, which[1], found)]

    def types_of(self, seller_id: int, region: str, connection: Connection, me: str) -> list[str]:
        """A change for the writer, which changes nothing: the types of which a seller has messages now."""
        work = claims.waiting_work(connection, self.ledger.database.now, [seller_id], self.batch)
        return [message_type for _, place, message_type in work if place == region]

    def outcome(
        self,
        message: ClaimedMessage,
        seller: ClaimedSeller,
        state: State,
        receipt: SendReceipt | None,
        error: SpApiMessagingError | None,
    ) -> Outcome:
        """The outcome of a message."""
        account = seller.account or None
        return Outcome(job_of(message, account), state, account, receipt, error)

    def settle(self, attempt: Attempt, outcome: Outcome, values: Mapping[str, Any]) -> asyncio.Future[bool]:
        """Writes an outcome down, and tells of it once that is committed."""
        done = attempt.settle(outcome.state, **columns_of(outcome) | dict(values))
        self._unwritten[done] = outcome
        done.add_done_callback(self._written)
        return done

    async def park(self, seller: ClaimedSeller, message: ClaimedMessage, error: Exception) -> None:
        """Parks a seller, and says so. ``message`` is the one by which it was seen."""
        shown = known_error(error, State.PARKED)
        log.warning("The account %s is parked: %s", seller.account or "without a name", shown)
        self._accounts.forget(seller.account)
        name = getattr(shown, "error_type", type(shown).__name__)

        def carry_out(connection: Connection, me: str) -> None:
            giving_back.park(connection, self.ledger.database.now, me, seller, name, str(shown))

        try:
            await self.writer.change(carry_out)
        except LedgerError as failed:
            log.warning("That could not be written into the ledger: %s", failed)
        self.tell(self.outcome(message, seller, State.PARKED, None, shown))

    def leave(self, seller_id: int) -> None:
        """Leaves a seller alone for the rest of the run."""
        self.left.add(seller_id)

    def ledger_is_lost(self, error: LedgerError) -> bool:
        """Whether the ledger has been out of reach for too long. Then the run ends, unless it is one that stays."""
        now = self.loop.time()
        if self._ledger_lost_at is None:
            self._ledger_lost_at = now
            log.warning("The ledger is out of reach, and no message begins until it is back: %s", error)
        if now - self._ledger_lost_at <= self.patience:
            return False
        if self.stays:
            log.warning("The ledger is still out of reach. It is tried again: %s", error)
            self._ledger_lost_at = now
            return False
        self.fail(error)
        return True

    def ledger_is_back(self) -> None:
        """The ledger was reached."""
        if self._ledger_lost_at is not None:
            log.info("The ledger is back.")
        self._ledger_lost_at = None

    def blame_amazon(self, message_type: str, signature: Signature) -> None:
        """Says once that nearly all are refused, and lets those wait that were rejected before this was seen."""
        if (message_type, signature) not in self._blamed:
            self._blamed.add((message_type, signature))
            log.warning(
                "Amazon refuses nearly all messages of type %s in the same way (%s). This is probably Amazon's side, "
                "so they wait and are looked at again.", message_type, " ".join(map(str, signature)),
            )  # fmt: skip
        remembered = self.refusals.take_remembered(message_type, signature)
        if not remembered:
            return
        ids = [message.id for message, *_ in remembered]
        later = self.database_time() + next_look(0)

        def carry_out(connection: Connection, me: str) -> set[int]:
            return from_rejected_to_waiting(connection, self.ledger.database.now, ids, later)

        def tell(written: set[int]) -> None:
            for message, *others in remembered:
                if message.id in written:
                    self._states[State.REJECTED] -= 1
                    self.tell(self.outcome(message, *others))

        self.in_background(self.writer.ask(carry_out), tell)

    def judge_anew(self) -> None:
        """Forgets what Amazon refused so far: an outage must be seen after months without one, too."""
        self.refusals = Refusals()
        self._blamed.clear()

    def remember_refusal(self, message_type: str, signature: Signature, outcome: Any) -> None:
        """Keeps a refused message that is written down as rejected: it may be Amazon's fault, or is known to be."""
        self.refusals.remember(message_type, signature, outcome)
        if self.refusals.is_amazons_side(message_type, signature):
            self.blame_amazon(message_type, signature)

    async def note_earlier(self, message: ClaimedMessage, error: Exception) -> None:
        """Adds to Amazon's refusal what this ledger knows of the order: it may have the message already."""
        if not isinstance(error, MessageNotAvailableError):
            return
        try:
            fact = await self.writer.change(lambda connection, _: earlier_send(connection, message))
        except LedgerError:
            return
        if fact:
            error.facts = (*error.facts, fact)
            error.args = (f"{error} {fact}",)

    async def give_back(self, seller: ClaimedSeller, client: Client, not_before: int) -> None:
        """Gives a seller back to the ledger, with the state of its usage plans."""
        buckets = save_buckets(client, self.database_time())

        def carry_out(connection: Connection, me: str) -> None:
            now = self.ledger.database.now
            giving_back.give_back(connection, now, me, seller, buckets, not_before)

        try:
            await self.writer.change(carry_out)
        except LedgerError as error:
            log.warning("A seller could not be given back, and is taken over later: %s", error)

    async def _work(self, serve: Callable[[], Awaitable[None]]) -> None:
        try:
            await self.writer.open()
            log.info("Sending what is in the ledger %s", self.ledger.database.url_shown)
            await self.note_database_time()
            await serve()
        except BaseException as error:
            self.fail(error)
        finally:
            try:
                await self._end()
            except BaseException as error:
                self.fail(error)
            finally:
                self._outcomes.put_nowait(None)  # whoever waits for an outcome would wait for ever

    async def note_database_time(self) -> None:
        """Compares the event loop's clock with that of the database."""
        now = await self.writer.change(lambda connection, _: now_of(connection, self.ledger.database))
        self._database_offset = now - self.loop.time() * 1000

    async def _end(self) -> None:
        self.stop()
        while waited_for := [*self.servings, *self._background]:
            await asyncio.wait(waited_for)
        try:
            await self.writer.close()
        finally:
            self._tell_unwritten()
            await self._accounts.aclose()

    def _tell_unwritten(self) -> None:
        """Prints what the ledger does not know: it will call these messages unknown."""
        for outcome in self._unwritten.values():
            log.error("This outcome could not be written into the ledger: %s", outcome)
        if self._unwritten and self._failure is None:
            told = f"{len(self._unwritten)} outcomes could not be written into the ledger, which will call them unknown"
            self.fail(LedgerError(f"{told}: they are in the log. {self.writer.trouble or ''}".rstrip()))

    def _written(self, done: asyncio.Future[bool]) -> None:
        outcome = self._unwritten.pop(done)
        if done.cancelled() or done.exception() is not None:
            self._unwritten[done] = outcome
            return
        if not done.result():
            log.error("The ledger does not take this outcome, because the message was changed meanwhile: %s", outcome)
        self.tell(outcome)

    def tell(self, outcome: Outcome) -> None:
        """Hands an outcome to whoever iterates over them."""
        self._states[outcome.state] += 1
        self._outcomes.put_nowait(outcome)
        self._tell_progress(outcome.account)

    def _tell_progress(self, account: str | None) -> None:
        if self._on_progress is None:
            return
        states = {state: count for state, count in self._states.items() if count}
        try:
            self._on_progress(Progress(states, account, len(self.servings)))
        except Exception as error:  # what is sent does not depend on who watches
            self._on_progress = None
            log.error("on_progress raised %s, and is not called any more.", type(error).__name__, exc_info=error)

    def in_background(self, change: asyncio.Future[T], then: Callable[[T], None]) -> None:
        """Goes on after a change that nobody waits for. The run does not end before it."""

        async def carry_out() -> None:
            try:
                result = await change
            except LedgerError as error:
                log.warning("The ledger did not take a change: %s", error)
            else:
                then(result)

        task = asyncio.create_task(carry_out())
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    def fail(self, error: BaseException) -> None:
        """Ends the run with this error."""
        if self._failure is None:
            self._failure = error
        self.stop()


async def _whatever_happens(work: asyncio.Task[None], abort: Callable[[], None]) -> None:
    """Waits for the end of the run. An interruption meanwhile ends it at once."""
    while not work.done():
        try:
            await asyncio.shield(work)
        except asyncio.CancelledError:
            abort()
        except BaseException:
            break
