"""Which sellers a run serves: those with the most urgent work, up to a limit side by side."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import defaultdict
from collections.abc import Mapping
from functools import partial

from sqlalchemy import Connection

from spapi_messaging import Marketplace
from spapi_messaging.bulk.claiming import claims, giving_back
from spapi_messaging.bulk.claiming.claims import Candidate, ClaimedSeller
from spapi_messaging.bulk.claiming.session import SenderGone, bury_gone
from spapi_messaging.bulk.claiming.transitions import bind
from spapi_messaging.bulk.outcomes import Outcome
from spapi_messaging.bulk.sending.accounts import Accounts, Client, UnheardOptionsError, identity_of, purpose_of
from spapi_messaging.bulk.sending.buckets import restore_buckets
from spapi_messaging.bulk.sending.history import outcomes_of
from spapi_messaging.bulk.sending.run import Run, Server
from spapi_messaging.bulk.sending.serving import Serving
from spapi_messaging.bulk.sending.threads import Threads
from spapi_messaging.errors import ConfigurationError, LedgerError, SpApiMessagingError

log = logging.getLogger("spapi_messaging.bulk")

#: Seconds between two looks into the ledger for sellers that have become due, or whose sender is gone.
LOOK_AGAIN = 1.0
#: The same while there is nothing to do, in a run that stays.
LOOK_WHEN_IDLE = 5.0
#: Seconds after which a seller is given back, if others wait and no place is free.
TURN = 30.0
#: The same while its first message is still being prepared. A large file may take longer than a turn, and would begin
#: anew in each one.
LONGEST_TURN = 600.0
#: Sellers that one look considers where many cannot be served here.
MANY = 1000
#: Seconds that the caller's function may take for one account.
LONGEST_ANSWER = 20.0
#: Seconds between two looks whether it has taken too long.
ASK_AGAIN = 0.5
#: Seconds for which a seller is passed over that another sender serves under another account's name.
PASS_OVER = 5.0
#: Seconds after which a run that stays looks again at sellers that it left alone: there may be credentials by now.
RECONSIDER = 60.0
#: The same where it has not been through all sellers by then. Otherwise it would begin with the same ones each time.
RECONSIDER_ANYWAY = 600.0
#: Seconds after which a run that stays judges anew whether Amazon refuses nearly everything.
JUDGE_ANEW = 3600.0


class Sellers:
    """The sellers of a run.

    Args:
        run: the run.
        accounts: their clients.
        most: how many are served side by side.
    """

    def __init__(self, run: Run, accounts: Accounts, most: int) -> None:
        self._run, self._accounts, self._most = run, accounts, most
        self._threads = Threads(16)  # one is used, unless some of them hang
        self._asked: tuple[Candidate, float] | None = None  # for whose account the function is asked, and since when
        self._hanging: set[int] = set()  # sellers for whose accounts it has not answered yet, and was given up
        self._end: float | None = None
        self._blocked_since: float | None = None
        self._passed_over: dict[int, float] = {}  # sellers that could not be claimed, and until when
        self._there_are_more = False  # whether a place stayed free, and the last look did not see all sellers
        self._has_seen_all = False  # since those that were left alone were forgotten
        self._left_since = run.loop.time()
        self._judge_anew_at = run.loop.time() + JUDGE_ANEW
        self._told: set[int] = set()  # sellers of which the log says that they are left alone

    async def serve(self, seconds: float | None) -> None:
        """Serves them until nothing is left that can be done now, or the run is stopped.

        Args:
            seconds: how long messages begin; None: no limit.
        """
        end = self._end = None if seconds is None else self._run.loop.time() + seconds
        while not self._run.stopping.is_set():
            if end is not None and self._run.loop.time() >= end:
                self._run.stop()
                break
            try:
                pause = await self._look()
            except LedgerError as error:
                gone = isinstance(error, SenderGone)  # it goes on as another sender
                if not gone and (not error.retryable or self._run.ledger_is_lost(error)):
                    raise
                pause = 0.0 if gone else LOOK_AGAIN
            else:
                self._run.ledger_is_back()
            if pause is None and not self._run.stays:
                break
            pause = LOOK_WHEN_IDLE if pause is None else pause
            await self._rest(pause if end is None else min(pause, max(0.0, end - self._run.loop.time())))

    async def _look(self) -> float | None:
        """Claims sellers and begins to serve them. Returns the seconds until the next look; None: nothing is left."""
        if self._run.stays:
            await self._reconsider()
        now = self._run.loop.time()
        self._passed_over = {id: until for id, until in self._passed_over.items() if until > now}
        free = self._most - len(self._run.servings)
        served_their_turn = self._served_their_turn() if free <= 0 else []
        wanted = max(free, len(served_their_turn))
        some_were_busy = bool(self._run.servings)
        busy = {serving.seller.id for serving in self._run.servings.values()}
        limit = MANY if wanted and self._there_are_more else wanted
        found, lost = await self._run.writer.change(
            lambda connection, me: self._candidates(connection, me, limit, busy)
        )
        for outcome in lost:
            self._run.tell(outcome)
        clients = await self._ask_for_clients(found, wanted)
        if clients is None:
            return 0.0
        claimed = await self._claim(clients) if clients and free > 0 else len(clients)
        for serving, _ in zip(served_their_turn, clients, strict=False):
            serving.end()  # the next look gives its place to one that waits
        self._has_seen_all |= len(found) < limit
        self._there_are_more = claimed < wanted and (len(found) == limit > 0 or claimed < len(clients))
        if self._there_are_more:
            return 0.0  # what was found cannot be served here, but perhaps something else
        if self._run.servings:
            self._blocked_since = None
            return LOOK_AGAIN
        if some_were_busy:
            return 0.0  # a seller is free by now
        if clients or self._passed_over:
            return self._pause_while_blocked()
        # When something can be done again is a question that reads all messages. Who stays does not ask it.
        return None if self._run.stays else await self._pause_before_more()

    def _served_their_turn(self) -> list[Server]:
        """The sellers that are served for longer than their turn, the longest first."""
        now = self._run.loop.time()
        # Not those that wait for a last answer: one that hangs must not keep the others in their places.
        serving = [each for each in self._run.servings.values() if not each.ended]
        over = [each for each in serving if now - each.began_at >= (TURN if each.is_under_way else LONGEST_TURN)]
        return sorted(over, key=lambda each: each.began_at)

    async def _reconsider(self) -> None:
        """Forgets, now and then, what a run that ends soon may keep: who has no credentials, the clocks, refusals."""
        now = self._run.loop.time()
        if now - self._left_since >= (RECONSIDER if self._has_seen_all else RECONSIDER_ANYWAY):
            self._left_since, self._has_seen_all = now, False
            self._run.left.clear()
            self._accounts.forget_missing()
            await self._run.note_database_time()
        if now >= self._judge_anew_at:
            self._judge_anew_at = now + JUDGE_ANEW
            self._run.judge_anew()

    def _pause_while_blocked(self) -> float | None:
        """Others took what was found, or another sender serves the same sellers under other accounts."""
        now = self._run.loop.time()
        if self._blocked_since is None:
            self._blocked_since = now
        return LOOK_AGAIN if now - self._blocked_since <= self._run.patience else None

    def _candidates(
        self, connection: Connection, me: str, limit: int, busy: set[int]
    ) -> tuple[list[Candidate], list[Outcome]]:
        database = self._run.ledger.database
        lost = outcomes_of(connection, bury_gone(connection, database, me), self._run.batch)
        giving_back.release_others(connection, me, busy)
        claims.revive_waiting(connection, database.now)
        without = busy | self._run.left | self._passed_over.keys() | self._hanging
        found = claims.candidates(connection, database.now, limit, without, self._run.batch) if limit > 0 else []
        return found, lost

    async def _ask_for_clients(self, found: list[Candidate], wanted: int) -> dict[Candidate, Client] | None:
        """As ``_clients_of``. None once the run is stopped or its time is over, or an account does not answer.

        The caller's function may ask a database, or read a file, and nobody knows how long that takes.
        """
        given_up, self._asked = threading.Event(), None
        asking = asyncio.create_task(self._threads.run(partial(self._clients_of, found, wanted, given_up)))
        stopping = asyncio.create_task(self._run.stopping.wait())
        try:
            while not self._gives_up():
                await asyncio.wait([asking, stopping], timeout=ASK_AGAIN, return_when=asyncio.FIRST_COMPLETED)
                if asking.done():
                    return asking.result()
            return None
        finally:
            given_up.set()
            asking.cancel()
            stopping.cancel()

    def _gives_up(self) -> bool:
        """Whether the caller's function is waited for no longer. An account that does not answer is left alone."""
        now = self._run.loop.time()
        is_over = self._run.stopping.is_set() or (self._end is not None and now >= self._end)
        asked, since = self._asked or (None, now)
        if asked is None or now - since < (ASK_AGAIN if is_over else LONGEST_ANSWER):
            return is_over
        self._hanging.add(asked.id)
        self._leave(asked, _unusable(asked, f"there was no answer for {now - since:.0f} s"))
        return True

    def _clients_of(
        self, candidates: list[Candidate], wanted: int, given_up: threading.Event
    ) -> dict[Candidate, Client]:
        """The clients of the first ones for which there are credentials here. Those without are left alone."""
        clients: dict[Candidate, Client] = {}
        for candidate in candidates:
            if len(clients) == wanted or given_up.is_set():
                break
            self._asked = candidate, self._run.loop.time()
            try:
                client = self._accounts.client_of(candidate.account, Marketplace(candidate.marketplace))
            except UnheardOptionsError:
                raise
            except Exception as error:  # nobody knows what a foreign one says
                told = error if isinstance(error, SpApiMessagingError) else type(error).__name__
                self._leave(candidate, _unusable(candidate, told))
                continue
            finally:
                self._hanging.discard(candidate.id)
            if client is None:
                shown = candidate.account or "without a name"
                self._leave(candidate, f"There are no credentials for the account {shown}, so its messages wait.")
            else:
                clients[candidate] = client
        return clients

    def _leave(self, candidate: Candidate, told: str) -> None:
        self._run.leave(candidate.id)
        if candidate.id not in self._told:
            self._told.add(candidate.id)
            log.warning("%s", told)

    async def _claim(self, clients: Mapping[Candidate, Client]) -> int:
        """Begins to serve these sellers. Returns how many of them: the others are another sender's."""
        by_id = {candidate.id: (candidate.region, client) for candidate, client in clients.items()}
        identities = {candidate.id: identity_of(client, candidate.account) for candidate, client in clients.items()}
        purposes = {purpose_of(client) for client in clients.values()}

        def carry_out(connection: Connection, me: str) -> tuple[list[ClaimedSeller], dict[tuple[int, str, str], int]]:
            if len(purposes) > 1:
                raise ConfigurationError(
                    f"The accounts of one run send to different places: {', '.join(sorted(purposes))}. A ledger "
                    "belongs to production or to one sandbox. Nothing was sent to these accounts."
                )
            bind(connection, *purposes)
            claimed = claims.claim_sellers(connection, self._run.ledger.database.now, me, identities)
            ids = [seller.id for seller in claimed]
            return claimed, claims.waiting_work(connection, self._run.ledger.database.now, ids, self._run.batch)

        claimed, work = await self._run.writer.change(carry_out)
        types: defaultdict[tuple[int, str], list[str]] = defaultdict(list)
        for seller_id, region, message_type in work:
            types[seller_id, region].append(message_type)
        for seller in claimed:
            region, client = by_id[seller.id]
            restore_buckets(client, seller.buckets, self._run.database_time())
            serving = Serving(self._run, seller, client, region, types[seller.id, region])
            task = asyncio.create_task(serving.serve())
            self._run.servings[task] = serving
            task.add_done_callback(self._served)
        if self._run.stopping.is_set():
            self._run.stop()
        until = self._run.loop.time() + PASS_OVER
        self._passed_over.update((id, until) for id in by_id.keys() - {seller.id for seller in claimed})
        return len(claimed)

    async def _pause_before_more(self) -> float | None:
        """Seconds until something can be done again, if that is soon."""
        left = self._run.left

        def carry_out(connection: Connection, me: str) -> int | None:
            return claims.next_time(connection, self._run.ledger.database.now, left, self._run.batch)

        at = await self._run.writer.change(carry_out)
        if at is None:
            return None
        pause = max(0.05, (at - self._run.database_time()) / 1000)
        return pause if pause <= self._run.patience else None

    async def _rest(self, seconds: float) -> None:
        """Waits until the next look, or until a seller is done or the run is stopped."""
        stopping = asyncio.create_task(self._run.stopping.wait())
        try:
            await asyncio.wait([stopping, *self._run.servings], timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopping.cancel()

    def _served(self, task: asyncio.Task[None]) -> None:
        serving = self._run.servings.pop(task, None)
        if serving is not None:
            self._accounts.ask_anew(serving.seller.account)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._run.fail(error)


def _unusable(candidate: Candidate, reason: object) -> str:
    return f"The account {candidate.account or 'without a name'} cannot be used, and its messages wait: {reason}"
