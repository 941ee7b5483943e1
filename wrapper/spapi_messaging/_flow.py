"""How one call is authorized, paced, sent, judged and tried again.

Generators that yield what they want done (effects) and are sent the results. They do no I/O, read no clock and never
wait; ``_transport`` has the two drivers that carry the effects out, one for threads and one for asyncio.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any, NamedTuple, Protocol, TypeVar

import httpx

from spapi_messaging import _lwa
from spapi_messaging._judge import Call, Failure, judge_answer, judge_exception, normalized
from spapi_messaging._redaction import HIDDEN
from spapi_messaging._retry import RetryPolicy, Trouble, delay_before_retry
from spapi_messaging.credentials import Credentials
from spapi_messaging.errors import NetworkError, UsagePlanTimeout

T = TypeVar("T")
#: A generator that yields effects; the driver sends it their results or throws their errors into it.
Flow = Generator[Any, Any, T]


class Slot(Protocol):
    """A place in the usage plan that has been reached."""

    waited: float

    def cancel(self) -> None:
        """Gives the place back, because nothing was sent."""


class Token(NamedTuple):
    """Wants an access token. ``stale`` is one that Amazon has refused. The result is the token."""

    stale: str | None = None

    def __repr__(self) -> str:
        return f"Token(stale={self.stale and HIDDEN})"


class Reserve(NamedTuple):
    """Wants the call's turn in its usage plan. The result is a Slot.

    Refused with UsagePlanTimeout when it would take longer than ``within`` seconds. ``push_back`` is not None after a
    429: nobody goes through for so many seconds, and this call is the next.
    """

    within: float | None = None
    push_back: float | None = None


class Send(NamedTuple):
    """Wants the request of the call sent with this token, in this slot. The result is an httpx.Response, read."""

    token: str
    slot: Slot
    number: int
    until: float | None = None

    def __repr__(self) -> str:
        return f"Send({HIDDEN}, number={self.number}, until={self.until})"


class AskForToken(NamedTuple):
    """Wants this form posted to Login with Amazon. The result is an httpx.Response, read."""

    form: bytes
    until: float | None = None

    def __repr__(self) -> str:
        return f"AskForToken({HIDDEN}, until={self.until})"


class Sleep(NamedTuple):
    """Wants so many seconds to pass."""

    seconds: float


class Terms(NamedTuple):
    """What a call may take."""

    policy: RetryPolicy
    max_wait: float | None  # seconds of waiting for the usage plan and for 429s
    until: float | None  # when the whole call must be over, on the driver's clock
    now: Callable[[], float]
    random: Callable[[], float]

    def left(self, waited: float) -> float | None:
        """Seconds that the call may still wait, None when there is no limit."""
        limits = []
        if self.max_wait is not None:
            limits.append(self.max_wait - waited)
        if self.until is not None:
            limits.append(self.until - self.now())
        return max(0.0, min(limits)) if limits else None

    def too_late(self, delay: float = 0.0) -> bool:
        return self.until is not None and self.now() + delay >= self.until


def call_flow(call: Call, terms: Terms) -> Flow[httpx.Response]:
    """One call to Amazon, from token to verdict.

    Args:
        call: what is called.
        terms: how often and how long.

    Returns:
        The success, as the generated parsers expect it.

    Raises:
        SpApiMessagingError: see the table of what is retried.
    """
    stale: str | None = None
    push_back: float | None = None
    failure: Failure | None = None
    waited = 0.0
    number = 1
    while True:
        if terms.too_late():
            raise _overdue(call, failure)
        # The token comes first: slots that pile up behind a slow token would leave in a clump.
        token: str = yield Token(stale)
        try:
            slot: Slot = yield Reserve(terms.left(waited), push_back)
        except UsagePlanTimeout:
            if failure is not None:
                raise failure.error from failure.cause
            raise
        waited += slot.waited
        if slot.waited:
            try:
                token = yield Token(stale)  # it may have ended while the call waited
            except BaseException:
                slot.cancel()
                raise
        try:
            response: httpx.Response = yield Send(token, slot, number, terms.until)
        except Exception as error:
            failure = judge_exception(error, call)
            if failure is None:
                raise
        except BaseException as interruption:
            if call.is_send:
                interruption.add_note(
                    f"{call.shown} was interrupted while it went out: whether it reached the buyer is unknown."
                )
            raise
        else:
            failure = judge_answer(response, call)
            if failure is None:
                return normalized(response, call)
        if failure.trouble is Trouble.EXPIRED_TOKEN and stale is None:
            stale, push_back = token, None
            continue
        delay = delay_before_retry(
            failure.trouble, is_send=call.is_send, attempt=number, policy=terms.policy, random=terms.random
        )
        if delay is None or terms.too_late(delay):
            raise failure.error from failure.cause
        number += 1
        if failure.trouble is Trouble.THROTTLED:
            push_back = max(delay, failure.retry_after or 0.0)
        else:
            push_back = None
            yield Sleep(delay)


def token_flow(credentials: Credentials, terms: Terms) -> Flow[_lwa.AccessToken]:
    """One access token from Login with Amazon.

    Raises:
        AuthorizationError: LWA refuses.
        NetworkError: LWA cannot be reached.
    """
    number = 1
    while True:
        asked_at = terms.now()
        error: Exception
        try:
            response: httpx.Response = yield AskForToken(_lwa.token_request_body(credentials), terms.until)
            return _lwa.read_token(response.status_code, response.content, asked_at, credentials)
        except httpx.HTTPError as lost:
            error = NetworkError(
                f"Login with Amazon could not be reached ({type(lost).__name__}). No token, so nothing was sent. "
                "Check the network, the proxy and lwa_endpoint."
            )
            error.__cause__ = lost
        except _lwa.Retryable as trouble:
            error = trouble.error
        # Asking for a token twice does no harm, whatever became of the first request.
        delay = delay_before_retry(
            Trouble.UNKNOWN, is_send=False, attempt=number, policy=terms.policy, random=terms.random
        )
        if delay is None or terms.too_late(delay):
            raise error
        number += 1
        yield Sleep(delay)


def _overdue(call: Call, failure: Failure | None) -> Exception:
    if failure is not None:
        failure.error.__cause__ = failure.cause
        return failure.error
    return NetworkError(f"The deadline passed before {call.shown} could go out. Nothing was sent. Allow more time.")
