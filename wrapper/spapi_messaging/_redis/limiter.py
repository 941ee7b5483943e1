"""The limiter that shares its token buckets among processes and machines, on a Redis server."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import math
import secrets
import threading
import weakref
from collections.abc import Callable, Collection
from contextlib import AbstractContextManager
from typing import Any, NamedTuple

from spapi_messaging._call.limiting import BucketKey, Ticket, no_room
from spapi_messaging._call.reporting import log
from spapi_messaging._call.usage_plan import UsagePlan, is_plausible, limit_pause
from spapi_messaging._io.clock import Clock
from spapi_messaging._io.fork import reset_in_child
from spapi_messaging._redis.address import Address, require_redis
from spapi_messaging._redis.fallback import Fallback
from spapi_messaging._redis.loop_server import LoopServer
from spapi_messaging._redis.outage import Outage
from spapi_messaging._redis.refresher import REFRESH_SECONDS, start_refreshing
from spapi_messaging._redis.server import Reply, Request, Server
from spapi_messaging._redis.ticket import Booking, RedisTicket
from spapi_messaging._safeguards.tracebacks import methods_without_variables
from spapi_messaging.errors import ConfigurationError, NetworkError

_MICROSECONDS = 1_000_000
_NONE = -1
# Where in a reply the waits of other tickets begin.
_FIRST_TOLD = 5
# Microseconds times calls that a number of the script holds exactly.
_LARGEST_BUCKET = 2**50
# When a call ends, the turns of at most this many waiting calls are asked for. Each takes the server microseconds.
_TOLD_AT_ONCE = 50
_Tickets = weakref.WeakValueDictionary[str, RedisTicket]


class _Call(NamedTuple):
    """What was asked of ``reserve``.

    Args:
        now: the time on the client's clock.
        began: the same time on the limiter's.
    """

    booking: Booking
    now: float
    began: float
    within: float | None
    push_back: float | None
    wake: Callable[[], None] | None


class _Asked(NamedTuple):
    """A request, and the tickets whose turns the reply tells besides."""

    request: Request
    ticket: RedisTicket
    others: list[RedisTicket]


@methods_without_variables
class RedisLimiter:
    """Token buckets on a Redis server: all processes and machines that name the same server and prefix share them.

    Turns are given first come first served, by the server's clock; the clocks of the machines do not matter. So a call
    waits behind all calls that other programs have in the queue. A sender of ``bulk``, for example, keeps 8 calls there
    for each seller. If their turns take longer than ``max_wait`` or ``deadline``, the call fails with UsagePlanTimeout.
    To reserve a turn takes one round trip, and so does the end of a call. A call that waits hears within half a second
    of a change in another process, such as a 429.

    A server that was restarted, flushed or replaced does not know what was sent before: its buckets begin empty. It
    must not evict keys: set ``maxmemory-policy noeviction``.

    Args:
        url: ``redis://host:6379/0``, ``rediss://user:password@host:6379/0`` or ``unix:///path?db=0``. Options of
            redis-py may follow, such as ``?ssl_ca_certs=ca.pem``.
        share_without_redis: what each process does while Redis is gone. None: calls fail with NetworkError, and nothing
            is sent except calls that had their turn before. A number above 0, 1 at most: each process keeps
            to that share of each usage plan, on its own. With four processes 0.25 is right.
        prefix: what the names of its keys begin with. Other prefixes have buckets of their own.
        timeout: seconds to wait for Redis, above 0.
        clock: in tests, a clock to take the place of the server's clock and of this machine's.

    Raises:
        ConfigurationError: an argument is invalid.
        ModuleNotFoundError: the extra ``redis`` is not installed.
    """

    blocking = True

    def __init__(
        self,
        url: str,
        *,
        share_without_redis: float | None = None,
        prefix: str = "spapi-messaging",
        timeout: float = 2.0,
        clock: Clock | None = None,
    ) -> None:
        _check_number("share_without_redis", share_without_redis, 1.0)
        _check_number("timeout", timeout, math.inf)
        if not isinstance(prefix, str) or not prefix or set(prefix) & set("{}"):
            raise ConfigurationError("The prefix of RedisLimiter must be a text without { and }.")
        require_redis()
        self._clock, self._is_test = clock or Clock(), clock is not None
        address = Address(url, timeout, self._clock)
        self._server, self._loops = Server(address), LoopServer(address)
        self._prefix, self._shown = prefix, address.shown
        self._fallback: Fallback | None = None
        meanwhile = "only calls are sent whose turn had come before, and all others fail"
        if share_without_redis is not None:
            self._fallback = Fallback(share_without_redis, self._promised)
            meanwhile = f"this process keeps to {share_without_redis:g} of each usage plan"
        self._outage = Outage(address.shown, meanwhile)
        self.in_child()
        reset_in_child(self)

    def in_child(self) -> None:
        """Begins anew: after a fork, those who wait are in the parent process."""
        # Re-entrant: the garbage collector may end a call at any time.
        self.lock: AbstractContextManager[object] = threading.RLock()
        self._waiting: dict[BucketKey, _Tickets] = {}
        self._is_refreshing = False
        self._name = secrets.token_hex(8)
        self._numbers = itertools.count()
        self._outage.in_child()
        if self._fallback is not None:
            self._fallback.in_child()

    def __repr__(self) -> str:
        return f"RedisLimiter({self._shown!r}, prefix={self._prefix!r})"

    def __enter__(self) -> RedisLimiter:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    async def __aenter__(self) -> RedisLimiter:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.aclose()

    def close(self) -> None:
        """Closes the connections of threads; those of an event loop end with it. The next call opens them again."""
        self._server.close()

    async def aclose(self) -> None:
        """Closes the connections of the running event loop as well."""
        self._server.close()
        await self._loops.aclose()

    def reserve(
        self,
        key: BucketKey,
        plan: UsagePlan,
        now: float,
        *,
        explicit: bool = False,
        within: float | None = None,
        push_back: float | None = None,
        wake: Callable[[], None] | None = None,
    ) -> Ticket:
        """Puts a call into the queue; see Limiter.reserve.

        Raises:
            UsagePlanTimeout: it would take longer than ``within``. Then nothing is booked.
            NetworkError: Redis is gone, and no share was set. Nothing was sent.
            ConfigurationError: Redis refuses the user, or cannot run scripts.
        """
        call = _Call(Booking(key, plan, explicit), now, self._clock.now(), within, push_back, wake)
        if not self._does_without(call.began):
            asked = self._ask(call)
            try:
                reply = self._server.run(asked.request)
            except NetworkError as error:
                self._lose(error)
            else:
                return self._take(call, asked, reply)
        return self._share(call)

    async def reserve_async(self, key: BucketKey, plan: UsagePlan, now: float, **asked_for: Any) -> Ticket:
        """The same on an event loop, which goes on meanwhile."""
        explicit, within, push_back, wake = map(asked_for.get, ("explicit", "within", "push_back", "wake"))
        call = _Call(Booking(key, plan, bool(explicit)), now, self._clock.now(), within, push_back, wake)
        if not self._does_without(call.began):
            asked = self._ask(call)
            try:
                reply = await self._loops.run(asked.request)
            except NetworkError as error:
                self._lose(error)
            except asyncio.CancelledError:  # the server may have booked it
                if (end := self._ask_end(asked.ticket, "cancel")) is not None:
                    self._loops.run_later(end.request)
                raise
            else:
                return self._take(call, asked, reply)
        return self._share(call)

    def used(self, ticket: RedisTicket) -> None:
        """A ticket's turn has come: nobody waits for it any more."""
        with self.lock:
            if (waiting := self._waiting.get(ticket.booking.key)) is not None:
                waiting.pop(ticket.name, None)
                if not waiting:
                    del self._waiting[ticket.booking.key]

    def end(self, ticket: RedisTicket, *told: Any) -> None:
        """A ticket's turn is given back, or its call is over."""
        if (asked := self._ask_end(ticket, *told)) is not None:
            try:
                self._move(asked.others, self._server.run(asked.request))
            except NetworkError:  # the call's own end stands
                self._note_loss()

    async def end_async(self, ticket: RedisTicket, *told: Any) -> None:
        """The same on an event loop, which goes on meanwhile."""
        if (asked := self._ask_end(ticket, *told)) is not None:
            try:
                reply = await self._loops.run(asked.request)
            except asyncio.CancelledError:
                self._loops.run_later(asked.request)
                raise
            except NetworkError:
                self._note_loss()
            else:
                self._move(asked.others, reply)

    def refresh(self) -> bool:
        """Asks for all who wait, in one round trip. Returns whether there are any."""
        with self.lock:
            self._waiting = {key: tickets for key, tickets in self._waiting.items() if tickets}
            groups = [found for tickets in self._waiting.values() if (found := list(tickets.values()))]
            self._is_refreshing = bool(groups)
        if not groups:
            return False
        if self._fallback is None or not self._fallback.is_active():
            try:
                replies = self._server.run_all([self._look(tickets) for tickets in groups])
                for tickets, reply in zip(groups, replies, strict=True):
                    self._move(tickets, reply)
            except Exception as error:  # they keep to what they were told; who reserves next hears of Redis
                log.debug("Those who wait could not be told their new turns: %s", type(error).__name__)
        return True

    def _does_without(self, now: float) -> bool:
        return self._fallback is not None and self._fallback.applies(now)

    def _ask(self, call: _Call) -> _Asked:
        key = call.booking.key
        ticket = RedisTicket(
            self, f"{self._name}:{next(self._numbers)}", call.booking, call.now - call.began, call.wake
        )
        limit = _NONE if call.within is None or call.within == math.inf else _microseconds(max(0.0, call.within))
        pause = _NONE if call.push_back is None else _microseconds(limit_pause(call.push_back))
        owed = None if self._fallback is None else self._fallback.owed(key)
        # A plain reservation moves nobody; a pause and a plan of the user's own do.
        others = self._others(key) if call.push_back is not None or call.booking.explicit else []
        return _Asked(self._request("reserve", ticket, limit, pause, owed, others), ticket, others)

    def _take(self, call: _Call, asked: _Asked, reply: Reply) -> Ticket:
        key, ticket = call.booking.key, asked.ticket
        self._outage.end()
        if self._fallback is not None:
            self._fallback.end()
            self._fallback.forget(key)
        booked, wait, interval, burst, began = reply[:_FIRST_TOLD]
        if booked and wait:
            ticket.bucket_began = began
            ticket.ready(self._clock.now() + wait / _MICROSECONDS)
            self._add(ticket)
        self._move(asked.others, reply)
        if not booked:
            plan = UsagePlan(_MICROSECONDS / interval, burst)
            raise no_room(key, plan, wait / _MICROSECONDS, call.within, is_shared=True)
        return ticket

    def _lose(self, error: NetworkError) -> None:
        """Redis is gone, and a call needs its turn."""
        self._note_loss()
        if self._fallback is None:
            raise error

    def _note_loss(self) -> None:
        """Redis is gone. The log is told so once."""
        self._outage.begin()
        if self._fallback is not None:
            self._fallback.begin(self._clock.now())

    def _share(self, call: _Call) -> Ticket:
        assert self._fallback is not None
        (key, plan, explicit), now = call.booking, call.now + self._clock.now() - call.began
        options = {"explicit": explicit, "within": call.within, "push_back": call.push_back, "wake": call.wake}
        return self._fallback.reserve(key, plan, now, **options)

    def _add(self, ticket: RedisTicket) -> None:
        with self.lock:
            self._waiting.setdefault(ticket.booking.key, _Tickets())[ticket.name] = ticket
            start, self._is_refreshing = not self._is_refreshing, True
        if start:
            start_refreshing(self)

    def _ask_end(
        self, ticket: RedisTicket, action: str, announced_rate: float | None = None, pause: float | None = None
    ) -> _Asked | None:
        """What to tell the server at the end of a ticket, which comes once. None: nothing."""
        rate = announced_rate if announced_rate is not None and is_plausible(announced_rate) else None
        with self.lock:
            is_over, ticket.over = ticket.over, True
            self.used(ticket)
        if is_over and rate is None and pause is None:
            return None
        if self._fallback is not None and self._fallback.is_active():
            return None
        announced = _NONE if rate is None else _interval(rate)
        paused = _NONE if pause is None else _microseconds(limit_pause(pause))
        others = self._others(ticket.booking.key)
        return _Asked(self._request(action, ticket, announced, paused, None, others), ticket, others)

    def _others(self, key: BucketKey) -> list[RedisTicket]:
        """The first ones that wait in a bucket. Those behind them hear of a change when all are refreshed."""
        with self.lock:
            waiting = self._waiting.get(key)
            return [] if waiting is None else list(itertools.islice(waiting.values(), _TOLD_AT_ONCE))

    def _move(self, tickets: Collection[RedisTicket], reply: Reply) -> None:
        received = self._clock.now()
        for ticket, wait in zip(tickets, reply[_FIRST_TOLD:], strict=True):
            ticket.bucket_began = reply[_FIRST_TOLD - 1]
            if wait != _NONE:
                ticket.move(received + wait / _MICROSECONDS)

    def _look(self, tickets: list[RedisTicket]) -> Request:
        return self._request("look", tickets[0], _NONE, _NONE, None, tickets)

    def _request(
        self, action: str, ticket: RedisTicket, limit: int, pause: int, owed: int | None, asked: list[RedisTicket]
    ) -> Request:
        key, plan, explicit = ticket.booking
        interval = min(_interval(plan.rate), _LARGEST_BUCKET // plan.burst)
        arguments: list[Any] = [
            action, _microseconds(self._clock.now()) if self._is_test else "", ticket.name, int(explicit), interval,
            plan.burst, limit, pause, _NONE if owed is None else owed * interval, _microseconds(REFRESH_SECONDS),
        ]  # fmt: skip
        told = [argument for other in asked for argument in (other.name, other.bucket_began)]
        return Request(self._keys(key), arguments + told, len(asked))

    def _keys(self, key: BucketKey) -> list[str]:
        """The bucket, its queue, its calls in flight, and the marker. In a cluster they all lie on one node."""
        name = f"{{{self._prefix}}}:{hashlib.sha256(repr(tuple(key)).encode()).hexdigest()[:32]}"
        return [name, f"{name}:queue", f"{name}:flight", f"{{{self._prefix}}}:known"]

    def _promised(self, key: BucketKey) -> float:
        now = self._clock.now()
        with self.lock:
            waiting = list(self._waiting.get(key, {}).values())
        return max((ticket.remaining(now + ticket.offset) for ticket in waiting), default=0.0)


def _interval(rate: float) -> int:
    """Microseconds between two calls. Rounded up: no faster than the plan."""
    return max(1, math.ceil(_MICROSECONDS / rate - 1e-6))


def _microseconds(seconds: float) -> int:
    return round(seconds * _MICROSECONDS)


def _check_number(name: str, number: object, most: float) -> None:
    if number is None and name == "share_without_redis":
        return
    if isinstance(number, bool) or not isinstance(number, int | float) or not 0 < number <= most:
        limit = "" if most == math.inf else f" and {most:g} at most"
        raise ConfigurationError(f"{name} of RedisLimiter must be a number above 0{limit}.")
