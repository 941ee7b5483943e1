"""What the calls of one seller share: settings, the state of the client, and who waits. Does no I/O."""

from __future__ import annotations

import sys
import weakref
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import httpx

from spapi_messaging._call.causes import forget_frames
from spapi_messaging._call.effects import Bell, Exchange, Flow, Purpose, Wait
from spapi_messaging._call.endpoints import is_amazon
from spapi_messaging._call.limiting import Limiter
from spapi_messaging._call.lwa import secrets_of
from spapi_messaging._call.outcome import FailureKind
from spapi_messaging._call.places import Places
from spapi_messaging._call.successes import Successes
from spapi_messaging._call.token_cell import TokenCell
from spapi_messaging._call.usage_plan import UsagePlan
from spapi_messaging.credentials import Credentials
from spapi_messaging.errors import ClientClosedError
from spapi_messaging.marketplaces import Marketplace
from spapi_messaging.messages import OrderIds
from spapi_messaging.retry import RetryPolicy

TokenProvider = Callable[..., str | Awaitable[str]]
#: Endpoint, seller and order id.
OrderKey = tuple[str, str, str]
# Loaded on first use: most clients have no observer, and few are denied access.
if TYPE_CHECKING:
    from spapi_messaging._call.denials import Evidence
    from spapi_messaging._call.observing import Observation, ObservedExchange

    Observer = Callable[[ObservedExchange], object]
else:
    Observer = Callable[..., object]

# A message that starts with less time left could not be answered in time: its outcome would be unknown.
MIN_SEND_SECONDS = 0.5


class Settings(NamedTuple):
    """What the calls of one seller are made with."""

    marketplace: Marketplace
    endpoint: str
    base_url: httpx.URL  # the endpoint, parsed
    lwa_endpoint: str
    credentials: Credentials | None
    token_cell: TokenCell | None  # keeps the access token of these credentials
    token_provider: TokenProvider | None
    provider_hears: bool  # whether the provider is told which token Amazon refused
    application: str
    seller: str
    order_ids: OrderIds
    usage_plans: Mapping[str, UsagePlan]
    shared_plan: UsagePlan | None  # Amazon's sandbox has one plan for all operations together
    limiter: Limiter
    retry: RetryPolicy
    timeouts: Mapping[str, float | None]  # seconds for each phase of a request
    max_wait: float | None
    deadline: float | None
    plain_http: bool  # whether files may go to a storage without TLS, as a sandbox in another container has
    proxied: bool
    user_agent: str
    places: Places
    now: Callable[[], float]
    random: Callable[[], float]
    observer: Observer | None = None

    @property
    def is_static_sandbox(self) -> bool:
        """Whether this is Amazon's static sandbox, as far as a client can know."""
        return self.shared_plan is not None


class CallContext:
    """What the calls of one seller share. Closing the context that it was derived from, its parent, closes it too."""

    def __init__(self, settings: Settings, parent: CallContext | None = None) -> None:
        self.settings = settings
        self.now = settings.now
        self.waiting: set[Bell] = set() if parent is None else parent.waiting
        self.successes = Successes()
        if parent is not None and _same_seller(parent.settings, settings):
            self.successes = parent.successes
        # Names of exceptions of the observer: each is logged once.
        self.observer_failures: set[str] = set() if parent is None else parent.observer_failures
        # What Amazon answered about orders, for a short time. It needs no lock: each change is one step of a dict.
        self.answers: dict[OrderKey, dict[Any, Any]] = {} if parent is None else parent.answers
        self._derived: weakref.WeakValueDictionary[int, CallContext] = weakref.WeakValueDictionary()
        # Contexts that no longer exist are left out: nobody can close them any more.
        above: tuple[weakref.ref[CallContext], ...] = () if parent is None else (*parent._above, weakref.ref(parent))
        self._above: tuple[weakref.ref[CallContext], ...] = tuple(ref for ref in above if ref() is not None)
        for ref in self._above:
            if (context := ref()) is not None:  # pragma: no branch - only a collection in between takes it
                context._derived[id(self)] = self
        self.closed: bool = parent is not None and parent.closed

    def close(self) -> None:
        """Closes this context and those derived from it. Whoever waits learns that nothing was sent."""
        self.closed = True
        for ref in self._derived.valuerefs():
            if (derived := ref()) is not None:  # pragma: no branch - only a collection in between takes it
                derived.closed = True
        for bell in tuple(self.waiting):
            bell.ring()

    def check_open(self) -> None:
        if self.closed:
            raise ClientClosedError("The client was closed, so nothing was sent. Make a new client, or close it later.")

    def order_key(self, order_id: str) -> OrderKey:
        """Names an order among those of all sellers whose clients share what Amazon answered."""
        return self.settings.endpoint, self.settings.seller, order_id

    def forget(self, order_id: str) -> None:
        """Forgets what Amazon answered about an order: a message may have changed it."""
        if self.answers:
            self.answers.pop(self.order_key(order_id), None)

    def until(self) -> float | None:
        """When a call that begins now must be over."""
        return None if self.settings.deadline is None else self.now() + self.settings.deadline

    def evidence(self, request: httpx.Request, token: str, *, just_renewed: bool) -> Evidence:
        """What is known besides Amazon's answer when it denies access."""
        from spapi_messaging._call.denials import Evidence

        settings, has_provider = self.settings, self.settings.token_provider is not None
        return Evidence(
            amazons_endpoint=is_amazon(settings.endpoint),
            has_provider=has_provider,
            just_renewed=just_renewed,
            marketplace=_foreign_marketplace(request.url, settings.marketplace),
            successes=self.successes.until(self.now(), token, request.url, same_credentials=not has_provider),
        )

    def wait(self, remaining: Callable[[float], float | None], bell: Bell | None = None) -> Flow[None]:
        """Waits until ``remaining(now)`` is 0 or less; raises ClientClosedError when the client is closed."""

        def checked(now: float) -> float | None:
            self.check_open()
            return remaining(now)

        bell = bell or Bell()
        self.waiting.add(bell)
        try:
            yield Wait(checked, bell)
        finally:
            self.waiting.discard(bell)

    def exchange(self, request: httpx.Request, until: float | None, purpose: Purpose) -> Flow[httpx.Response]:
        """Sends a request that no usage plan applies to, as soon as there is a place for it."""
        self.check_open()
        yield from self.settings.places.queue(self.wait, until)
        handled, observation = sys.exception(), self.observation(request, purpose)
        try:
            response: httpx.Response = yield Exchange(request, until)
        except BaseException as error:
            forget_frames(error, handled)
            if observation is not None:
                observation.end(error)
            raise
        finally:
            self.settings.places.give_back()
        if observation is not None:
            observation.end(response)
        return response

    def observation(self, request: httpx.Request, purpose: Purpose) -> Observation | None:
        """What tells the observer of an exchange that begins now. None: the client has no observer."""
        observer = self.settings.observer
        if observer is None:
            return None
        from spapi_messaging._call.observing import Observation

        seller = self.settings.seller
        return Observation(observer, request, purpose, self.now, self.secrets(), self.observer_failures, seller)

    def secrets(self) -> tuple[str, ...]:
        """What no exchange of this seller may show."""
        return (*secrets_of(self.settings.credentials), *self.successes.tokens())

    def sleep(self, seconds: float) -> Flow[None]:
        """Waits for ``seconds``."""
        end = self.now() + seconds
        yield from self.wait(lambda now: end - now)


class CallLimits:
    """How often and how long one call may try: it must be over at ``until``, and an attempt needs some of that time."""

    def __init__(self, context: CallContext, until: float | None, needed: float = 0.0) -> None:
        self._now = context.now
        self._settings = context.settings
        self.last_start = None if until is None else until - needed
        self.waited = self.last_wait = 0.0  # in all, and in this attempt
        self.attempt = 1

    def patience(self) -> float | None:
        """Seconds that the call may still wait for its usage plan. None: no limit."""
        max_wait = self._settings.max_wait
        patience = [] if max_wait is None else [max_wait - self.waited]
        if self.last_start is not None:
            patience.append(self.last_start - self._now())
        return max(0.0, min(patience)) if patience else None

    def too_late(self, delay: float = 0.0) -> bool:
        """Whether no attempt may begin after ``delay`` seconds."""
        return self.last_start is not None and self._now() + delay >= self.last_start

    def next_delay(self, failure_kind: FailureKind, *, is_send: bool = False) -> float | None:
        """Counts the next attempt. Returns the seconds to wait before it. None: there must be no further attempt.

        A message whose outcome is unknown is never sent again, whatever the policy says.
        """
        final = failure_kind in (FailureKind.FINAL, FailureKind.EXPIRED_TOKEN)
        if final or (is_send and failure_kind is FailureKind.UNKNOWN):
            return None
        delay = self._settings.retry.delay(self.attempt, self._settings.random)
        if delay is None or self.too_late(delay):
            return None
        self.attempt += 1
        return delay


def _same_seller(one: Settings, other: Settings) -> bool:
    """Whether what Amazon answered to one says something about the other."""
    return (one.credentials, one.token_provider, one.endpoint) == (
        other.credentials,
        other.token_provider,
        other.endpoint,
    )


def _foreign_marketplace(url: httpx.URL, own: Marketplace) -> str:
    """The marketplace that a request names, if it is another one. An unknown name is not shown."""
    named = url.params.get("marketplaceIds")
    return next((each.name for each in Marketplace if each.value == named and each is not own), "")
