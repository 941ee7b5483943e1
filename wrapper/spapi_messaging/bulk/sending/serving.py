"""Serves one seller: each of its operations at its own pace, until there is nothing left to do now."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Iterable
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING, Any

from spapi_messaging.bulk.claiming.session import SenderGone
from spapi_messaging.bulk.sending.attempts import NOT_BEGUN, Attempt, Hesitated, Phase
from spapi_messaging.bulk.sending.files import Files
from spapi_messaging.bulk.sending.lanes import Lane
from spapi_messaging.bulk.sending.languages import Languages
from spapi_messaging.bulk.sending.posting import post_of
from spapi_messaging.bulk.sending.rows import known_error, send_options
from spapi_messaging.bulk.sending.verdicts import Verdict, refusal_signature, verdict_of
from spapi_messaging.bulk.sending.waiting import gives_up, next_look
from spapi_messaging.bulk.states import State
from spapi_messaging.bulk.storage.schema import NEVER
from spapi_messaging.errors import AccessDeniedError, LedgerError, SpApiMessagingError

if TYPE_CHECKING:
    from spapi_messaging import SendReceipt
    from spapi_messaging.bulk.claiming.claims import ClaimedMessage, ClaimedSeller
    from spapi_messaging.bulk.sending.accounts import Client
    from spapi_messaging.bulk.sending.run import Run

log = logging.getLogger("spapi_messaging.bulk")

#: Messages that are claimed in one go, at least.
MIN_CLAIMED = 8
#: Orders in a row with the same kind of 403, after which it is taken for the seller's trouble.
DENIED_ORDERS = 3
#: Times that one message may fail in one run before it is left for later.
MAX_FAILURES = 5
#: Seconds between two looks for messages that came while the seller is being served.
LOOK_FOR_MORE = 5.0
#: Milliseconds after which a message is tried again that failed too often, and a seller that was in trouble.
LATER = 5 * 60 * 1000


class Serving:
    """Serves one seller that the sender has claimed.

    Args:
        run: the run that it belongs to.
        seller: the seller.
        client: its client.
        region: the region of the messages.
        types: the types of the messages to send.
    """

    def __init__(self, run: Run, seller: ClaimedSeller, client: Client, region: str, types: Iterable[str]) -> None:
        self._run, self.seller, self._client, self._region = run, seller, client, region
        self._post = post_of(client, run.threads)
        self._languages = Languages(run, region, client, self._post)
        self._files = Files(run.ledger.attachments_root, run.fetching)
        self._lanes = {message_type: Lane(client, message_type) for message_type in types}
        self._tasks: dict[asyncio.Task[None], Attempt] = {}
        self._changed = asyncio.Event()
        self._denied: list[tuple[Attempt, AccessDeniedError]] = []
        self.began_at = run.loop.time()
        self.is_under_way = False
        self._look_at = self.began_at + LOOK_FOR_MORE
        self._failures: dict[int, int] = {}  # by message
        self._trouble = 0  # pauses in a row
        self._trouble_began = self._paused_at = -math.inf
        self._resume_at = -math.inf
        self._not_before = 0  # when another sender may serve the seller, by the database's clock
        self._parking: tuple[ClaimedMessage, Exception] | None = None
        self.ended = False

    async def serve(self) -> None:
        """Sends the seller's messages. Whatever happens, what it has claimed is given back."""
        try:
            while not self.ended:
                await self._look_for_more()
                await self._fill_lanes()
                self._start()
                if not self._tasks and not any(self._has_more(lane) for lane in self._lanes.values()):
                    break
                await self._wait()
        finally:
            await self._finish()

    def end(self) -> None:
        """Begins no more messages. Those that have left are waited for."""
        self.ended = True
        for task, attempt in self._tasks.items():
            attempt.stopped = True
            waits = attempt.phase in (Phase.PREPARING, Phase.STAYED) and self._post.can_cancel
            if waits or attempt.phase is Phase.ASKING or self._run.aborted:
                task.cancel()
        self._changed.set()

    async def _look_for_more(self) -> None:
        """Sees messages that were added, or whose time came, while the seller is being served."""
        now = self._run.loop.time()
        if now < self._look_at or self._paused:
            return
        self._look_at = now + LOOK_FOR_MORE
        try:
            types = await self._run.writer.change(partial(self._run.types_of, self.seller.id, self._region))
        except LedgerError as error:
            self._ledger_failed(error)
            return
        for message_type in types:
            if message_type not in self._lanes:
                self._lanes[message_type] = Lane(self._client, message_type)
            self._lanes[message_type].dry = False

    async def _fill_lanes(self) -> None:
        """Claims messages for the lanes that run low."""
        for message_type, lane in self._lanes.items():
            if lane.dry or len(lane.ready) >= lane.most or self._paused or self.ended:
                continue
            wanted = max(MIN_CLAIMED, lane.most)
            which = (self.seller, self._region, message_type, wanted)
            claim = partial(self._run.claim_messages, which)
            try:
                found = await self._run.writer.change(claim)
            except LedgerError as error:
                self._ledger_failed(error)
                return
            lane.ready.extend(found)
            lane.dry = len(found) < wanted

    def _start(self) -> None:
        now = self._run.loop.time()
        for message_type, lane in self._lanes.items():
            while lane.ready and lane.room(now) > 0 and not (self._paused or self.ended or self._run.crowded):
                attempt = Attempt(self._run.writer, lane.ready.popleft(), partial(self._left, lane))
                lane.begin(now)
                task = asyncio.create_task(self._send(message_type, lane, attempt))
                self._tasks[task] = attempt
                # Not in the task itself, which may be cancelled before its first step.
                task.add_done_callback(partial(self._done, lane))

    def _left(self, lane: Lane) -> None:
        lane.open()
        self._changed.set()

    def _has_more(self, lane: Lane) -> bool:
        # During a pause nothing is claimed, so that a lane may be empty and the ledger not.
        return bool(lane.ready) or (self._paused and not lane.dry)

    @property
    def _paused(self) -> bool:
        return self._resume_at > self._run.loop.time()

    async def _wait(self) -> None:
        """Waits until a message has left or is done, or a pause is over."""
        now = self._run.loop.time()
        waits = [wait for lane in self._lanes.values() if (wait := lane.opens_in(now)) is not None]
        if self._tasks:
            waits.append(max(0.0, self._look_at - now))
        if self._run.crowded:
            waits.append(0.1)
        if self._paused:
            waits = [self._resume_at - now]
        if not waits and not self._tasks:
            return
        try:
            async with asyncio.timeout(min(waits, default=None)):
                await self._changed.wait()
        except TimeoutError:
            pass
        self._changed.clear()

    async def _send(self, message_type: str, lane: Lane, attempt: Attempt) -> None:
        message = attempt.message
        try:
            with ExitStack() as fetched:
                options = await self._options(attempt, fetched)
                receipt = await self._post(
                    (message.amazon_order_id, message_type), options, attempt.begin, attempt.take_back
                )
        except Hesitated as error:
            lane.ready.appendleft(attempt.claimed)
            self._in_trouble(attempt, known_error(error, State.PENDING))
        except NOT_BEGUN:
            pass  # it stays in the ledger for whoever has it now
        except asyncio.CancelledError as error:
            if attempt.phase is Phase.LEFT:
                self._settle(attempt, State.UNKNOWN, error=error)
            elif not _is_cancelled():
                self._again(lane, attempt, error)
                return
            raise
        except Exception as error:
            await self._run.note_earlier(message, error)
            self._judge(lane, attempt, self._files.explained(error, attempt))
        else:
            self._accepted(attempt, receipt)

    def _done(self, lane: Lane, task: asyncio.Task[None]) -> None:
        lane.active -= 1
        lane.open()
        self.is_under_way = True
        del self._tasks[task]
        self._changed.set()

    async def _options(self, attempt: Attempt, fetched: ExitStack) -> dict[str, Any]:
        message = attempt.message
        if self._languages.must_ask(message):
            with attempt.asking():
                await self._languages.ask(message)
        text = self._languages.text_of(message)
        options = send_options(message._replace(text=text), await self._files.of(attempt, fetched))
        return {**options, "check": self._run.check} if self._run.check else options

    def _accepted(self, attempt: Attempt, receipt: SendReceipt) -> None:
        self._trouble = 0
        self._reject_denied()  # others were denied access and this one was not, so it was about those messages
        self._run.refusals.accepted(attempt.message.message_type)
        self._settle(attempt, State.SENT, receipt=receipt)

    def _judge(self, lane: Lane, attempt: Attempt, error: Exception) -> None:
        """Decides what an error means for the message and for the seller."""
        verdict = verdict_of(error, left=attempt.phase is Phase.LEFT)
        if verdict is Verdict.DENIED:
            assert isinstance(error, AccessDeniedError)
            self._was_denied(attempt, error)
        elif verdict is Verdict.PARK:
            self._park(attempt, error)
        elif verdict is Verdict.STOP:
            self._stop(lane, attempt, error)
        elif verdict is Verdict.AGAIN:
            self._again(lane, attempt, error)
        elif verdict is Verdict.UNKNOWN:
            self._settle(attempt, State.UNKNOWN, error=error)
            self._in_trouble(attempt, known_error(error, State.UNKNOWN))
        elif verdict is Verdict.WAIT:
            self._let_wait(attempt, error)
        else:
            self._reject_denied()  # this one was refused for another reason
            self._refused(attempt, error)

    def _refused(self, attempt: Attempt, error: Exception) -> None:
        signature = refusal_signature(error)
        message = attempt.message
        if signature is None:
            self._settle(attempt, State.REJECTED, error=error)
            return
        self._trouble = 0
        if self._run.refusals.refused(message.message_type, signature, message.amazon_order_id or ""):
            self._run.blame_amazon(message.message_type, signature)
            self._let_wait(attempt, error)
            return
        outcome = (message, self.seller, State.WAITING, None, known_error(error, State.WAITING))
        done = self._settle(attempt, State.REJECTED, error=error)
        done.add_done_callback(lambda _: self._run.remember_refusal(message.message_type, signature, outcome))

    def _let_wait(self, attempt: Attempt, error: Exception) -> None:
        """Amazon does not offer the message now: it is looked at again later, until it is given up."""
        message, now = attempt.message, self._run.database_time()
        waited = now - (message.waiting_since or now)
        overdue = now - message.due_at if message.due_at < NEVER else -1
        if gives_up(waited, overdue):
            self._settle(attempt, State.GIVEN_UP, error=error)
            return
        later = {"not_before": now + next_look(waited), "waiting_since": message.waiting_since or now}
        self._settle(attempt, State.WAITING, error=error, **later)

    def _again(self, lane: Lane, attempt: Attempt, error: BaseException) -> None:
        """Tries the message again: in this run, or later if it fails too often."""
        message = attempt.message
        failures = self._failures[message.id] = self._failures.get(message.id, 0) + 1
        if failures >= MAX_FAILURES:
            self._settle(attempt, State.PENDING, error=error, not_before=self._run.database_time() + LATER)
        else:
            attempt.stay()
            lane.ready.append(attempt.claimed)
        self._in_trouble(attempt, known_error(error, State.PENDING), getattr(error, "retry_after", None))

    def _in_trouble(self, attempt: Attempt, error: SpApiMessagingError, at_least: float | None = None) -> None:
        """Pauses the seller: longer each time, until something goes well. Then others serve it later."""
        now = self._run.loop.time()
        if not self._trouble:
            self._trouble_began = now
        if not self._trouble or attempt.began_at >= self._paused_at:  # else another message saw the same trouble
            self._trouble += 1
            self._paused_at = now
        pause = max(2.0 ** min(self._trouble - 1, 6), at_least or 0.0)
        self._resume_at = max(self._resume_at, now + pause)
        if self._resume_at - self._trouble_began > self._run.patience and not self.ended:
            account = self.seller.account or "the account without a name"
            log.warning("The messages of %s are left for later, after %d pauses: %s", account, self._trouble, error)
            self._not_before = self._run.database_time() + LATER
            self.end()

    def _was_denied(self, attempt: Attempt, error: AccessDeniedError) -> None:
        """One 403 cannot tell role, token and path from a trouble of the message. Several in a row can."""
        attempt.stay()
        if self._parking is not None:
            return
        if self._denied and refusal_signature(self._denied[-1][1]) != refusal_signature(error):
            self._reject_denied()
        self._denied.append((attempt, error))
        if len({denied.message.amazon_order_id for denied, _ in self._denied}) >= DENIED_ORDERS:
            self._park(attempt, error)

    def _reject_denied(self) -> None:
        denied, self._denied = self._denied, []
        for attempt, error in denied:
            self._refused(attempt, error)

    def _park(self, attempt: Attempt, error: Exception) -> None:
        """Stops all messages of the seller until a person has done something about it."""
        attempt.stay()
        self._denied.clear()
        self._parking = self._parking or (attempt.message, error)
        self.end()

    def _stop(self, lane: Lane, attempt: Attempt, error: Exception) -> None:
        if isinstance(error, LedgerError):
            lane.ready.appendleft(attempt.claimed)
            self._ledger_failed(error)
        else:
            if self.seller.id not in self._run.left:  # all messages in work see the same
                log.warning("The messages of %s are left: %s", self.seller.account or "the account", error)
            self._run.leave(self.seller.id)
            self.end()

    def _ledger_failed(self, error: LedgerError) -> None:
        """Nothing is claimed and nothing begins while the ledger cannot be written."""
        if isinstance(error, SenderGone):  # the run goes on as another sender
            self.end()
        elif not error.retryable:
            self._run.fail(error)
        elif self._run.ledger_is_lost(error):
            self.end()
        self._resume_at = self._run.loop.time() + 1.0

    def _settle(self, attempt: Attempt, state: State, **known: Any) -> asyncio.Future[bool]:
        """Writes the end of a message down, and tells of it once that is committed."""
        receipt, error = known.pop("receipt", None), known.pop("error", None)
        shown = None if error is None else known_error(error, state)
        outcome = self._run.outcome(attempt.message, self.seller, state, receipt, shown)
        return self._run.settle(attempt, outcome, known)

    async def _finish(self) -> None:
        self.end()
        while self._tasks:
            await asyncio.wait(list(self._tasks))
        if self._parking is not None:
            await self._run.park(self.seller, *self._parking)
            return
        self._reject_denied()
        await self._run.give_back(self.seller, self._client, self._not_before)


def _is_cancelled() -> bool:
    """Whether this task is. If not, a function of the caller's waited for something that was cancelled."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
