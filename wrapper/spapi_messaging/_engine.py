"""What one seller's calls have in common, and how the effects of their flow are carried out, in terms of ``_effects``.

Written once for threads and asyncio; does no I/O.
"""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, NamedTuple

import httpx

from spapi_messaging._authorization import Authorizer, TokenProvider
from spapi_messaging._effects import Bell, Exchange, Wait, interpret, sleep
from spapi_messaging._flow import Flow, Reserve, Send, Terms, Token, call_flow
from spapi_messaging._judge import NOT_CONNECTED, REQUEST_ID, Call, announced_rate, retry_after
from spapi_messaging._retry import RetryPolicy
from spapi_messaging.credentials import Credentials
from spapi_messaging.errors import (
    NetworkError,
    UsagePlanTimeout,
)
from spapi_messaging.limiters import BucketKey, Limiter, Ticket, UsagePlan

if TYPE_CHECKING:
    from spapi_messaging._transport.tokens import TokenCell

TOKEN_HEADER = "x-amz-access-token"

# A line of so many characters may tell something of a text; "Hello," does not.
_TELLING = 10

_log = logging.getLogger("spapi_messaging")

#: When the call that this thread or task is making must be over: an upload and the send after it share a deadline.
deadline: ContextVar[float | None] = ContextVar("deadline", default=None)


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
        self._authorizer = Authorizer(settings, lambda: self.closed)

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

        def carry_out(effect: Any) -> Flow[Any]:
            kind = type(effect)
            if kind is Token:
                return self._authorizer.token(effect.stale, until)
            if kind is Reserve:
                return self._reserve(route, effect)
            if kind is Send:
                return self._send(request, route, effect)
            return self.sleep(effect.seconds)

        try:
            return (yield from interpret(flow, carry_out))
        finally:
            request.headers.pop(TOKEN_HEADER, None)  # what is left of the request shows no token

    def sleep(self, seconds: float) -> Flow[None]:
        """Lets so many seconds pass."""
        return sleep(seconds, self.now)

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
