"""What one seller's calls have in common, and how their effects are carried out.

Translates the effects of a flow into the few that need the outside world (Exchange, Wait, Invoke, Together); a driver
of ``_transport`` carries those out by blocking a thread or by suspending a task. Written once for both; does no I/O.
"""

from __future__ import annotations

import inspect
import json
import logging
import math
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from copy import copy
from typing import TYPE_CHECKING, Any, NamedTuple

import httpx

from spapi_messaging._flow import AskForToken, Flow, Reserve, Send, Sleep, Terms, Token, call_flow, token_flow
from spapi_messaging._judge import NOT_CONNECTED, REQUEST_ID, Call, announced_rate, retry_after
from spapi_messaging._lwa import AccessToken
from spapi_messaging._retry import RetryPolicy
from spapi_messaging.credentials import Credentials
from spapi_messaging.errors import (
    AuthorizationError,
    ConfigurationError,
    NetworkError,
    SpApiMessagingError,
    UsagePlanTimeout,
)
from spapi_messaging.limiters import BucketKey, Limiter, Ticket, UsagePlan

if TYPE_CHECKING:
    from spapi_messaging._transport.tokens import Renewal, TokenCell

TOKEN_HEADER = "x-amz-access-token"

# A line of so many characters may tell something of a text; "Hello," does not.
_TELLING = 10

# Seconds after which whoever waits for another call's token asks itself. That other call may be stuck for ever: in an
# event loop that nobody runs any more, or that the waiting thread itself holds up.
_PATIENCE = 60.0

TokenProvider = Callable[[], str | Awaitable[str]]

_log = logging.getLogger("spapi_messaging")

#: When the call that this thread or task is making must be over: an upload and the send after it share a deadline.
deadline: ContextVar[float | None] = ContextVar("deadline", default=None)


class Bell:
    """Wakes whoever waits; before anyone does, ringing it is harmless."""

    __slots__ = ("_wake",)

    def __init__(self) -> None:
        self._wake: Callable[[], None] | None = None

    def ring(self) -> None:
        if self._wake is not None:
            self._wake()

    def wakes(self, wake: Callable[[], None]) -> None:
        self._wake = wake


class Exchange(NamedTuple):
    """Wants a request sent just as it is. The result is an httpx.Response, read."""

    request: httpx.Request
    until: float | None = None


class Wait(NamedTuple):
    """Wants to go on when ``remaining(now)`` is 0 or less; it is asked again when the bell rings. None is for ever."""

    remaining: Callable[[float], float | None]
    bell: Bell


class Invoke(NamedTuple):
    """Wants a function called: in threads the first one, on an event loop the second one."""

    function: Callable[[], Any]
    coroutine: Callable[[], Awaitable[Any]]


def blocking(function: Callable[[], Any]) -> Invoke:
    """Wants a function called that may take its time: on an event loop, in a thread."""

    async def coroutine() -> Any:
        import asyncio  # a program without an event loop does without it

        return await asyncio.to_thread(function)

    return Invoke(function, coroutine)


class Together(NamedTuple):
    """Wants these flows run, side by side where that is possible. The result is the list of their results."""

    flows: Sequence[Flow[Any]]


class Route(NamedTuple):
    """Which operation a request belongs to, and which order."""

    operation: str
    kind: str
    order_id: str
    success_status: int
    plan: UsagePlan
    accept: str | None = None  # where it is not what the client always accepts


class Settings(NamedTuple):
    """What the calls of one seller are made with."""

    endpoint: str
    lwa_endpoint: str
    credentials: Credentials | None
    cell: TokenCell | None  # where the access token of these credentials is kept
    token_provider: TokenProvider | None
    application: str
    seller: str
    route: Callable[[str, str], Route]
    usage_plans: Mapping[str, UsagePlan]
    shared_plan: UsagePlan | None  # Amazon's sandbox has one plan over all operations
    limiter: Limiter
    policy: RetryPolicy
    timeout: httpx.Timeout
    max_wait: float | None
    deadline: float | None
    now: Callable[[], float]
    random: Callable[[], float]


class _Turn:
    """A ticket whose turn has come: the Slot of a flow."""

    __slots__ = ("_now", "ticket", "waited")

    def __init__(self, ticket: Ticket, waited: float, now: Callable[[], float]) -> None:
        self.ticket = ticket
        self.waited = waited
        self._now = now

    def cancel(self) -> None:
        self.ticket.cancel(self._now())


class Engine:
    """Makes the calls of one seller: yields what a driver has to do, and knows who waits.

    Args:
        settings: what the calls are made with.
        parent: the engine that this one was made from; with the first of them, whose connections they use, all close.
    """

    def __init__(self, settings: Settings, parent: Engine | None = None) -> None:
        self.settings = settings
        self.now = settings.now
        self.waiting: set[Bell] = set() if parent is None else parent.waiting
        self._closed = False
        self._first: Engine = self if parent is None else parent._first

    @property
    def closed(self) -> bool:
        return self._closed or self._first._closed

    def close(self) -> None:
        """Wakes everyone who waits; those of this engine are told that nothing was sent, the others go on waiting."""
        self._closed = True
        for bell in tuple(self.waiting):
            bell.ring()

    def check_open(self) -> None:
        if self.closed:
            raise NetworkError("The client was closed, so nothing was sent. Make a new client, or close it later.")

    def until(self) -> float | None:
        """When a call that begins now must be over."""
        return None if self.settings.deadline is None else self.now() + self.settings.deadline

    def call(self, request: httpx.Request) -> Flow[httpx.Response]:
        """One paced, authorized, judged call."""
        self.check_open()
        settings = self.settings
        route = settings.route(request.method, request.url.path)
        if route.accept is not None:
            request.headers["accept"] = route.accept
        until = deadline.get()
        if until is None:
            until = self.until()
        call = Call(route.operation, route.kind, route.order_id, route.success_status, lambda: private_parts(request))
        flow = call_flow(call, Terms(settings.policy, settings.max_wait, until, self.now, settings.random))
        try:
            effect = next(flow)
            while True:
                try:
                    kind = type(effect)
                    if kind is Token:
                        result: Any = yield from self._token(effect.stale, until)
                    elif kind is Reserve:
                        result = yield from self._reserve(route, effect)
                    elif kind is Send:
                        result = yield from self._send(request, route, effect)
                    else:
                        result = None
                        yield from self.sleep(effect.seconds)
                except BaseException as error:
                    effect = flow.throw(error)
                else:
                    effect = flow.send(result)
        except StopIteration as stop:
            return stop.value  # type: ignore[no-any-return]
        finally:
            request.headers.pop(TOKEN_HEADER, None)  # what is left of the request shows no token

    def sleep(self, seconds: float) -> Flow[None]:
        end = self.now() + seconds
        yield Wait(lambda now: end - now, Bell())

    def _token(self, stale: str | None, until: float | None) -> Flow[str]:
        settings = self.settings
        if settings.token_provider is not None:
            return _checked((yield _ask(settings.token_provider)))
        cell = settings.cell
        assert cell is not None
        while (token := cell.current(self.now(), stale)) is None:
            pending, lead = cell.join(self.now(), stale)
            if pending is None:
                continue
            if lead:
                fresh: AccessToken | None = yield from self._renew(cell, pending, until)
            else:
                fresh = yield from self._wait_for_renewal(cell, pending, until)
            if fresh is not None:
                # Even without a lifetime to speak of, or the refused one again: Amazon decides.
                return fresh.value
        return token

    def _renew(self, cell: TokenCell, renewal: Renewal, until: float | None) -> Flow[AccessToken]:
        settings = self.settings
        assert settings.credentials is not None
        flow = token_flow(settings.credentials, Terms(settings.policy, None, until, self.now, settings.random))
        try:
            token = yield from self._drive_renewal(flow)
        except BaseException as error:
            # What LWA said is everyone's; a deadline, an interruption or a closed client is the caller's own affair.
            own = not isinstance(error, AuthorizationError) and (self.closed or until is not None)
            cell.give_up(renewal, error if isinstance(error, SpApiMessagingError) and not own else None)
            raise
        cell.keep(renewal, token)
        return token

    def _drive_renewal(self, flow: Flow[AccessToken]) -> Flow[AccessToken]:
        try:
            effect = next(flow)
            while True:
                try:
                    if type(effect) is AskForToken:
                        result: Any = yield Exchange(self._token_request(effect.form), effect.until)
                    else:
                        assert type(effect) is Sleep
                        result = None
                        yield from self.sleep(effect.seconds)
                except BaseException as error:
                    effect = flow.throw(error)
                else:
                    effect = flow.send(result)
        except StopIteration as stop:
            return stop.value  # type: ignore[no-any-return]

    def _token_request(self, form: bytes) -> httpx.Request:
        return httpx.Request(
            "POST",
            self.settings.lwa_endpoint,
            content=form,
            headers={"content-type": "application/x-www-form-urlencoded", "accept": "application/json"},
            extensions={"timeout": self.settings.timeout.as_dict()},
        )

    def _wait_for_renewal(self, cell: TokenCell, pending: Renewal, until: float | None) -> Flow[AccessToken | None]:
        """The token that another call gets for all, or None when it gave up."""
        bell = Bell()
        pending.tell(bell)
        end = min(self.now() + _PATIENCE, math.inf if until is None else until)
        yield Wait(lambda now: 0.0 if pending.done else end - now, bell)
        if pending.error is not None:
            raise copy(pending.error) from pending.error.__cause__  # tracebacks of many threads must not mix
        if pending.done:
            return pending.token
        if end == until:
            raise NetworkError("The deadline passed while Login with Amazon was asked for a token. Nothing was sent.")
        cell.abandon(pending)
        return None

    def _reserve(self, route: Route, effect: Reserve) -> Flow[_Turn]:
        bell = Bell()
        ticket = self._ticket(route, effect, bell.ring)
        try:
            began = self.now()
            if ticket.remaining(began) <= 0:
                return _Turn(ticket, 0.0, self.now)
            # The place was near enough when it was booked; a slower rate or somebody's 429 may move it away.
            end = math.inf if effect.within is None else began + effect.within
            yield Wait(lambda now: min(ticket.remaining(now), end - now), bell)
            if (remaining := ticket.remaining(self.now())) > 0:
                raise UsagePlanTimeout(
                    f"The turn of {route.operation} was put off while it waited, by {remaining:.1f} s, longer than it "
                    "may wait. Nothing was sent. Try again after that time, or allow a longer max_wait or deadline.",
                    retry_after=remaining,
                )
            return _Turn(ticket, self.now() - began, self.now)
        except BaseException:
            ticket.cancel(self.now())
            raise

    def _ticket(self, route: Route, effect: Reserve, wake: Callable[[], None]) -> Ticket:
        settings = self.settings
        plans = settings.usage_plans
        operation = route.operation if settings.shared_plan is None else "*"
        explicit = (plans.get(operation) or plans.get("*")) if plans else None
        return settings.limiter.reserve(
            BucketKey(settings.endpoint, settings.application, settings.seller, operation),
            explicit or settings.shared_plan or route.plan,
            self.now(),
            explicit=explicit is not None,
            within=effect.within,
            push_back=effect.push_back,
            wake=wake,
        )

    def _send(self, request: httpx.Request, route: Route, effect: Send) -> Flow[httpx.Response]:
        response: httpx.Response | None = None
        outcome: object = None
        request.headers[TOKEN_HEADER] = effect.token
        try:
            response = yield Exchange(request, effect.until)
            outcome = response.status_code
        except BaseException as error:
            if isinstance(error, NOT_CONNECTED):
                effect.slot.cancel()  # Amazon saw nothing of it
            outcome = type(error).__name__
            raise
        finally:
            self._note(route, effect, response, outcome)
        return response

    def _note(self, route: Route, effect: Send, response: httpx.Response | None, outcome: object) -> None:
        """Tells the limiter and the log what became of an attempt."""
        slot = effect.slot
        assert isinstance(slot, _Turn)
        if response is None:
            slot.ticket.answered(self.now())
        else:
            pause = (retry_after(response) or 0.0) if response.status_code == 429 else None
            slot.ticket.answered(self.now(), announced_rate=announced_rate(response), pause=pause)
        if _log.isEnabledFor(logging.DEBUG):
            request_id = None if response is None else response.headers.get(REQUEST_ID)
            _log.debug(
                "%s order=%s status=%s request_id=%s waited=%.3f attempt=%d",
                route.operation,
                route.order_id,
                outcome,
                request_id,
                slot.waited,
                effect.number,
            )


def private_parts(request: httpx.Request) -> tuple[str, ...]:
    """What an error about this request must not show: its token and the buyer's text, in whole or by the line."""
    from html import escape  # seldom needed, and slow to load

    token = request.headers.get(TOKEN_HEADER, "")
    try:
        text = json.loads(request.content).get("text")
    except (ValueError, AttributeError, httpx.StreamError):
        text = None
    if not isinstance(text, str):
        return (token,)
    lines = [line for line in text.splitlines() if len(line) >= _TELLING]
    return (token, *(form for part in (text, *lines) for form in (part, escape(part), *_as_json(part))))


def _as_json(text: str) -> Iterator[str]:
    return (json.dumps(text, ensure_ascii=ascii_alone)[1:-1] for ascii_alone in (True, False))


def _ask(provider: TokenProvider) -> Invoke:
    """Asks the user's provider, which may be a coroutine function where there is an event loop."""

    def function() -> object:
        token = provider()
        if inspect.iscoroutine(token):
            token.close()
            raise ConfigurationError("An async token_provider needs AsyncMessagingClient; give a plain function here.")
        return token

    async def coroutine() -> object:
        if inspect.iscoroutinefunction(provider):
            return await provider()
        # A plain function may talk to a network of its own, which must not hold the event loop.
        token = await blocking(provider).coroutine()
        return await token if inspect.isawaitable(token) else token

    return Invoke(function, coroutine)


def _checked(token: object) -> str:
    if isinstance(token, str) and token and token.isascii() and token.isprintable():
        return token
    told = "a string that cannot be one" if isinstance(token, str) else f"a {type(token).__name__}"
    raise ConfigurationError(f"token_provider must return an access token as a string; it returned {told}.")
