"""One run of a sender: which sellers it serves, and what it tells of their messages."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from sqlalchemy import Connection, select

from spapi_messaging import Marketplace, SendReceipt
from spapi_messaging.bulk import claims
from spapi_messaging.bulk.accounts import Accounts, Client, identity_of, purpose_of
from spapi_messaging.bulk.attempts import Attempt
from spapi_messaging.bulk.buckets import restore_buckets, save_buckets
from spapi_messaging.bulk.claims import Candidate, ClaimedMessage, ClaimedSeller
from spapi_messaging.bulk.history import earlier_send, from_rejected_to_waiting, outcomes_of
from spapi_messaging.bulk.outcomes import Outcome, job_of
from spapi_messaging.bulk.refusals import Refusals, Signature
from spapi_messaging.bulk.rows import columns_of, known_error
from spapi_messaging.bulk.serving import Serving
from spapi_messaging.bulk.session import bury_gone
from spapi_messaging.bulk.states import State
from spapi_messaging.bulk.threads import Threads
from spapi_messaging.bulk.transitions import bind
from spapi_messaging.bulk.waiting import next_look
from spapi_messaging.bulk.writer import Writer
from spapi_messaging.errors import LedgerError, MessageNotAvailableError, SpApiMessagingError

if TYPE_CHECKING:
    from spapi_messaging.bulk.ledger import Ledger

log = logging.getLogger("spapi_messaging.bulk")

T = TypeVar("T")

#: Seconds between two looks into the ledger for sellers that have become due, or whose sender is gone.
LOOK_AGAIN = 1.0
#: Outcomes that nobody has taken yet. With more of them, no new messages begin.
MAX_BACKLOG = 1000
#: Messages that are sent at once through clients for threads.
MAX_THREADS = 256


class Progress(NamedTuple):
    """How far a run has come.

    Args:
        states: how many messages there were so far, by the state of their last outcome.
        account: the account of the last one.
        sellers: how many sellers are being served now.
    """

    states: Mapping[State, int]
    account: str | None
    sellers: int


class Options(NamedTuple):
    """How a run sends; see AsyncSender."""

    check: Any
    sellers: int
    patience: float
    seconds: float | None
    on_progress: Callable[[Progress], object] | None


class Run:
    """One run. ``outcomes`` is iterated once; ``stop`` ends it early."""

    def __init__(self, ledger: Ledger, accounts: Accounts, options: Options) -> None:
        self.ledger, self.check, self.patience = ledger, options.check, options.patience
        self.loop = asyncio.get_running_loop()
        self.writer = Writer(ledger.database, keep_texts=ledger.keep_texts)
        self.threads = Threads(MAX_THREADS)
        self.refusals = Refusals()
        self.aborted = False
        self._accounts, self._options = accounts, options
        self._on_progress = options.on_progress
        self._outcomes: asyncio.Queue[Outcome | None] = asyncio.Queue()
        self._states: Counter[State] = Counter()
        self._servings: dict[asyncio.Task[None], Serving] = {}
        self._left: set[int] = set()  # sellers that this run leaves alone
        self._unwritten: dict[asyncio.Future[bool], Outcome] = {}
        self._stopping = asyncio.Event()
        self._failure: BaseException | None = None
        self._database_offset = 0.0
        self._ledger_lost_at: float | None = None
        self._blocked_since: float | None = None
        self._background: set[asyncio.Task[None]] = set()
        self._blamed: set[tuple[str, Signature]] = set()

    async def outcomes(self) -> AsyncGenerator[Outcome, None]:
        """Sends what can be sent now, and gives the outcome of each message as soon as the ledger has it."""
        work = asyncio.create_task(self._work())
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
        self._stopping.set()
        for serving in self._servings.values():
            serving.end()

    def abort(self) -> None:
        """Ends at once. Messages that have left are unknown then."""
        self.aborted = True
        self.stop()

    # What a Serving needs of its run.

    @property
    def crowded(self) -> bool:
        """Whether so many outcomes wait to be taken that no more messages should begin."""
        return self._outcomes.qsize() > MAX_BACKLOG

    def database_time(self) -> int:
        """About the time of the database's clock, in milliseconds."""
        return int(self._database_offset + self.loop.time() * 1000)

    def claim_messages(
        self, connection: Connection, me: str, *, seller: ClaimedSeller, message_type: str, limit: int
    ) -> list[tuple[str, ClaimedMessage]]:
        """A change for the writer: claims messages of one operation."""
        found = claims.claim_messages(connection, self.ledger.database.now, me, seller, message_type, limit)
        return [(me, message) for message in found]

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

    def park(self, seller: ClaimedSeller, attempt: Attempt, error: Exception) -> None:
        """Parks a seller, and says so once."""
        if seller.id in self._left:
            return
        self._left.add(seller.id)
        account = seller.account
        log.warning("The account %s is parked: %s", account or "without a name", error)
        self._accounts.forget(account)
        outcome = self.outcome(attempt.message, seller, State.PARKED, None, known_error(error, State.PARKED))

        def carry_out(connection: Connection, me: str) -> None:
            now = self.ledger.database.now
            claims.park(connection, now, me, seller, type(error).__name__, str(error))

        # Asked for now, before the seller is given back: then it would not be ours any more.
        self._in_background(self.writer.ask(carry_out), lambda _: self._tell(outcome))

    def leave(self, seller_id: int) -> None:
        """Leaves a seller alone for the rest of the run."""
        self._left.add(seller_id)

    def ledger_is_lost(self, error: LedgerError) -> bool:
        """Whether the ledger has been out of reach for too long. Then the run ends."""
        now = self.loop.time()
        if self._ledger_lost_at is None:
            self._ledger_lost_at = now
        if now - self._ledger_lost_at <= self.patience:
            return False
        self._fail(error)
        return True

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
                    self._tell(self.outcome(message, *others))

        self._in_background(self.writer.ask(carry_out), tell)

    def remember_refusal(self, message_type: str, signature: Signature, outcome: Any) -> None:
        """Keeps a refused message that is written down as rejected: it may turn out, or has, to be Amazon's side."""
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
        buckets = save_buckets(client, self.loop.time(), self.database_time())

        def carry_out(connection: Connection, me: str) -> None:
            now = self.ledger.database.now
            claims.give_back(connection, now, me, seller, buckets, not_before)

        try:
            await self.writer.change(carry_out)
        except LedgerError as error:
            log.warning("A seller could not be given back, and is taken over later: %s", error)

    # The run itself.

    async def _work(self) -> None:
        try:
            await self.writer.open()
            await self._note_database_time()
            await self._serve_sellers()
        except BaseException as error:
            self._fail(error)
        finally:
            try:
                await self._end()
            except BaseException as error:
                self._fail(error)
            finally:
                self._outcomes.put_nowait(None)  # whoever waits for an outcome would wait for ever

    async def _serve_sellers(self) -> None:
        end = None if self._options.seconds is None else self.loop.time() + self._options.seconds
        while not self._stopping.is_set():
            if end is not None and self.loop.time() >= end:
                self.stop()
                break
            try:
                pause = await self._look()
            except LedgerError as error:
                if not error.retryable or self.ledger_is_lost(error):
                    raise
                pause = LOOK_AGAIN
            else:
                self._ledger_lost_at = None
            if pause is None:
                break
            await self._rest(pause if end is None else min(pause, max(0.0, end - self.loop.time())))

    async def _look(self) -> float | None:
        """Claims sellers and begins to serve them. Returns the seconds until the next look; None: nothing is left."""
        free = self._options.sellers - len(self._servings)
        some_were_busy = bool(self._servings)
        busy = {serving.seller.id for serving in self._servings.values()} | self._left
        found, lost = await self.writer.change(lambda connection, me: self._candidates(connection, me, free, busy))
        for outcome in lost:
            self._tell(outcome)
        # It may ask the caller's own database, or read a file.
        clients = await self.threads.run(partial(self._clients_of, found))
        if clients:
            await self._claim({candidate.id: client for candidate, client in clients.items()}, clients)
        if self._servings:
            self._blocked_since = None
            return LOOK_AGAIN
        if some_were_busy or len(clients) < len(found):
            return 0.0  # a seller is free by now, or those that can be served here come next
        if clients:
            return self._pause_while_blocked()
        return await self._pause_before_more()

    def _candidates(
        self, connection: Connection, me: str, limit: int, without: set[int]
    ) -> tuple[list[Candidate], list[Outcome]]:
        database = self.ledger.database
        lost = outcomes_of(connection, bury_gone(connection, database, me))
        claims.revive_waiting(connection, database.now)
        found = claims.candidates(connection, database.now, limit, without) if limit > 0 else []
        return found, lost

    def _clients_of(self, candidates: list[Candidate]) -> dict[Candidate, Client]:
        """The clients of those for which there are credentials here. The others are left alone."""
        clients = {}
        for candidate in candidates:
            shown = candidate.account or "without a name"
            try:
                client = self._accounts.client_of(candidate.account, Marketplace(candidate.marketplace))
            except Exception as error:  # nobody knows what a foreign one says
                told = error if isinstance(error, SpApiMessagingError) else type(error).__name__
                log.warning("The account %s cannot be used, and its messages wait: %s", shown, told)
                client = None
            else:
                if client is None:
                    log.warning("There are no credentials for the account %s, so its messages wait.", shown)
            if client is None:
                self._left.add(candidate.id)
            else:
                clients[candidate] = client
        return clients

    async def _claim(self, by_id: Mapping[int, Client], clients: Mapping[Candidate, Client]) -> None:
        identities = {candidate.id: identity_of(client, candidate.account) for candidate, client in clients.items()}
        purposes = {purpose_of(client) for client in clients.values()}

        def carry_out(connection: Connection, me: str) -> tuple[list[ClaimedSeller], dict[tuple[int, str], int]]:
            for purpose in purposes:
                bind(connection, purpose)
            claimed = claims.claim_sellers(connection, self.ledger.database.now, me, identities)
            ids = [seller.id for seller in claimed]
            return claimed, claims.waiting_work(connection, self.ledger.database.now, ids)

        claimed, work = await self.writer.change(carry_out)
        for seller in claimed:
            client = by_id[seller.id]
            restore_buckets(client, seller.buckets, self.loop.time(), self.database_time())
            own = {message_type: count for (seller_id, message_type), count in work.items() if seller_id == seller.id}
            serving = Serving(self, seller, client, own)
            task = asyncio.create_task(serving.serve())
            self._servings[task] = serving
            task.add_done_callback(self._served)
        if self._stopping.is_set():
            self.stop()

    def _pause_while_blocked(self) -> float | None:
        """Others took what was found, or another sender serves the same sellers under other accounts."""
        now = self.loop.time()
        if self._blocked_since is None:
            self._blocked_since = now
        return LOOK_AGAIN if now - self._blocked_since <= self.patience else None

    async def _pause_before_more(self) -> float | None:
        """Seconds until something can be done again, if that is soon."""
        left = self._left

        def carry_out(connection: Connection, me: str) -> int | None:
            return claims.next_time(connection, self.ledger.database.now, left)

        at = await self.writer.change(carry_out)
        if at is None:
            return None
        pause = max(0.0, (at - self.database_time()) / 1000)
        return pause if pause <= self.patience else None

    async def _rest(self, seconds: float) -> None:
        """Waits until the next look, or until a seller is done or the run is stopped."""
        stopping = asyncio.create_task(self._stopping.wait())
        try:
            await asyncio.wait([stopping, *self._servings], timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopping.cancel()

    def _served(self, task: asyncio.Task[None]) -> None:
        self._servings.pop(task, None)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._fail(error)

    async def _note_database_time(self) -> None:
        now = await self.writer.change(
            lambda connection, _: connection.execute(select(self.ledger.database.now)).scalar_one()
        )
        self._database_offset = now - self.loop.time() * 1000

    async def _end(self) -> None:
        self.stop()
        while waited_for := [*self._servings, *self._background]:
            await asyncio.wait(waited_for)
        await self.writer.close()
        self._tell_unwritten()
        await self._accounts.aclose()

    def _tell_unwritten(self) -> None:
        """Prints what the ledger does not know: it will call these messages unknown."""
        for outcome in self._unwritten.values():
            log.error("This outcome could not be written into the ledger: %s", outcome)
        if self._unwritten and self._failure is None:
            told = f"{len(self._unwritten)} outcomes could not be written into the ledger, which will call them unknown"
            self._fail(LedgerError(f"{told}: they are in the log. {self.writer.trouble or ''}".rstrip()))

    def _written(self, done: asyncio.Future[bool]) -> None:
        outcome = self._unwritten.pop(done)
        if done.cancelled() or done.exception() is not None:
            self._unwritten[done] = outcome
            return
        if not done.result():
            log.error("The ledger does not take this outcome, because the message was changed meanwhile: %s", outcome)
        self._tell(outcome)

    def _tell(self, outcome: Outcome) -> None:
        self._states[outcome.state] += 1
        self._outcomes.put_nowait(outcome)
        self._tell_progress(outcome.account)

    def _tell_progress(self, account: str | None) -> None:
        if self._on_progress is None:
            return
        states = {state: count for state, count in self._states.items() if count}
        try:
            self._on_progress(Progress(states, account, len(self._servings)))
        except Exception as error:  # what is sent does not depend on who watches
            self._on_progress = None
            log.error("on_progress raised %s, and is not called any more.", type(error).__name__, exc_info=error)

    def _in_background(self, change: asyncio.Future[T], then: Callable[[T], None]) -> None:
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

    def _fail(self, error: BaseException) -> None:
        """Ends the run with this error."""
        if self._failure is None:
            self._failure = error
        self.stop()


async def _whatever_happens(work: asyncio.Task[None], abort: Callable[[], None]) -> None:
    """Waits for the end of the run. Who is interrupted meanwhile ends it at once."""
    while not work.done():
        try:
            await asyncio.shield(work)
        except asyncio.CancelledError:
            abort()
        except BaseException:
            break
