"""How one call is authorized, paced, sent, judged and tried again. Does no I/O, reads no clock and never waits."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from inspect import iscoroutine
from typing import TYPE_CHECKING, Any

import httpx

from spapi_messaging._call.causes import forget_frames
from spapi_messaging._call.context import MIN_SEND_SECONDS, CallContext, CallLimits
from spapi_messaging._call.effects import Exchange, Flow, Invoke, Purpose
from spapi_messaging._call.first_byte import DeadlinePassed, FirstByte
from spapi_messaging._call.limiting import Ticket, tell
from spapi_messaging._call.lwa import AccessToken, secrets_of
from spapi_messaging._call.outcome import (
    NOT_CONNECTED,
    Answer,
    Call,
    Failure,
    FailureKind,
    announced_rate,
    forget_echo,
    judge_answer,
    judge_exception,
    request_id_of,
    retry_after,
)
from spapi_messaging._call.reporting import log, log_retry
from spapi_messaging._call.secrets import TOKEN_HEADER, texts_of
from spapi_messaging._call.tokens import fetch_token
from spapi_messaging._call.turn import giving_back, queue_for_place, wait_for_turn
from spapi_messaging.errors import (
    ClientClosedError,
    ConfigurationError,
    NetworkError,
    ThrottledError,
    UsagePlanTimeout,
    quoted,
)

if TYPE_CHECKING:
    from spapi_messaging.messages import Operation

# A call that waited longer for its turn asks for its token again.
TOKEN_LASTS_SECONDS = 30.0

# Fields of an answer that a warning names.
MAX_NAMED = 10


def call(
    context: CallContext,
    operation: Operation,
    order_id: str,
    request: httpx.Request,
    until: float | None,
    before_first_byte: Callable[[], Any] | None = None,
    after_refusal: Callable[[], Any] | None = None,
) -> Flow[Answer]:
    """One call to Amazon, from the token to the verdict: an answer, or an error.

    The request is sent as it is, with the token added; ``before_first_byte`` is called in each attempt, and
    ``after_refusal`` after each attempt that had left, was not accepted, and is followed by another one.
    """
    settings = context.settings
    token = AccessToken("")
    facts = Call(
        operation,
        order_id,
        lambda: (token.value, *secrets_of(settings.credentials), *texts_of(request)),
        lambda: context.evidence(request, token.value, just_renewed=stale_token is not None),
    )
    limits = CallLimits(context, until, 0.0 if operation.kind == "read" else MIN_SEND_SECONDS)
    stale_token: AccessToken | None = None
    push_back: float | None = None
    failure: Failure | None = None
    while True:
        context.check_open()
        try:
            if limits.too_late():
                raise DeadlinePassed
            # The token comes first: turns that pile up behind a slow token would be used all at once.
            token = yield from fetch_token(context, stale_token, until)
            if limits.too_late():
                raise DeadlinePassed
            ticket = yield from wait_for_turn(context, operation, limits, push_back)
            if limits.last_wait > TOKEN_LASTS_SECONDS:
                again = fetch_token(context, stale_token, until)  # the first one may have ended meanwhile
                token = yield from giving_back(context, limits, ticket, again)
            if not settings.places.take():
                ticket = yield from queue_for_place(context, operation, limits, ticket)
        except (UsagePlanTimeout, DeadlinePassed) as refused:
            if failure is None and isinstance(refused, UsagePlanTimeout):
                raise
            raise _overdue(facts, failure, settings.deadline) from (failure and failure.cause)
        # Behind a proxy, or with a deadline, an error may come before a message has begun to leave.
        guarded = (
            before_first_byte is not None
            or after_refusal is not None
            or (facts.is_send and (until is not None or settings.proxied))
        )
        first_byte = FirstByte(before_first_byte, limits.last_start) if guarded else None
        try:
            sending = Exchange(request, until, first_byte)
            response = yield from _send(context, facts, limits, token, ticket, sending)
        except Exception as error:
            if first_byte is not None and (told := first_byte.refusal) is not None:
                raise told from told.__cause__ or (None if told.__suppress_context__ else told.__context__)
            failure = judge_exception(error, facts, stayed_here=_stayed_here(error, first_byte))
            if failure is None:
                raise
        except BaseException as error:
            if facts.is_send and not _stayed_here(error, first_byte):
                note = f"{facts.shown} was interrupted: whether it reached the buyer is unknown."
                error.add_note(note)
                log.warning("%s", note, extra={"raised": True})
            raise
        else:
            found = judge_answer(response, facts)
            if isinstance(found, Answer):
                _warn_of_unexpected_fields(found, facts)
                context.successes.note(operation, token.value, context.now(), request.url)
                return found
            failure = found
            del found, response  # whoever keeps the error must not keep the answer with it
        if failure.kind is FailureKind.EXPIRED_TOKEN and stale_token is None:
            log_retry(facts.logged, limits.attempt, failure.error, 0.0)
            stale_token, push_back, failure = token, None, None
            yield from _tell_refusal(after_refusal, first_byte, until, _overdue(facts, None, settings.deadline))
            continue
        attempt, delay = limits.attempt, limits.next_delay(failure.kind, is_send=facts.is_send)
        if delay is None:
            if isinstance(failure.error, ThrottledError):
                log.warning("%s attempt=%d was throttled, and it was the last one", facts.logged, attempt)
            try:
                raise failure.error from failure.cause
            finally:
                del failure  # the error holds this frame: if that held the error, both would wait for the collector
        push_back = None
        if isinstance(failure.error, ThrottledError):
            push_back = delay = max(delay, failure.error.retry_after or 0.0)
        log_retry(facts.logged, attempt, failure.error, delay)
        yield from _tell_refusal(after_refusal, first_byte, until, failure.error, failure.cause)
        if push_back is None:
            yield from context.sleep(delay)


def _send(
    context: CallContext, facts: Call, limits: CallLimits, token: AccessToken, ticket: Ticket, sending: Exchange
) -> Flow[httpx.Response]:
    """Makes one attempt. However it ends, the limiter is told, and the place among the exchanges is given back."""
    settings, request = context.settings, sending.request
    request.headers[TOKEN_HEADER] = token.value
    handled, observation = sys.exception(), None
    try:
        context.check_open()
        if settings.observer is not None:
            purpose = Purpose("api", facts.operation, facts.order_id, limits.attempt, facts.private)
            observation = context.observation(request, purpose)
        response: httpx.Response = yield sending
    except BaseException as error:
        forget_frames(error, handled)
        _log_attempt(facts, limits, type(error).__name__)
        end = ticket.cancel if _stayed_here(error, sending.first_byte) else ticket.answered
        yield from tell(settings.limiter, sending.until, end, context.now(), cause=error)
        if observation is not None:
            observation.end(error)
        raise
    finally:
        settings.places.give_back()
        if facts.is_send:
            context.forget(facts.order_id)
        request.headers.pop(TOKEN_HEADER, None)  # an error that holds the request shows no token
    forget_echo(response, facts.private)
    _log_attempt(facts, limits, response.status_code, response)
    pause = (retry_after(response) or 0.0) if response.status_code == 429 else None
    announced = announced_rate(response)
    yield from tell(
        settings.limiter, sending.until, ticket.answered, context.now(), announced_rate=announced, pause=pause
    )
    if observation is not None:
        observation.end(response)
    return response


def _tell_refusal(
    hook: Callable[[], Any] | None,
    first_byte: FirstByte | None,
    until: float | None,
    overdue: Exception,
    cause: BaseException | None = None,
) -> Flow[None]:
    """If the attempt had left, tells the caller that it failed. Raises ``overdue`` if there is no time for that."""
    if hook is None or first_byte is None or not first_byte.left:
        return
    try:
        result = yield Invoke(hook, until)
    except DeadlinePassed:
        raise overdue from cause
    if iscoroutine(result):
        result.close()
        raise ConfigurationError("An async after_refusal needs AsyncMessagingClient. The message was not sent.")


def _stayed_here(error: BaseException, first_byte: FirstByte | None) -> bool:
    """Whether it is certain that nothing of a request left this machine."""
    stayed = (*NOT_CONNECTED, NetworkError, ClientClosedError, DeadlinePassed)
    return isinstance(error, stayed) or (first_byte is not None and not first_byte.left)


def _warn_of_unexpected_fields(answer: Answer, facts: Call) -> None:
    if facts.operation.kind == "send" and (fields := sorted(answer.body.keys() - {"errors"})):
        fields = [quoted(field) for field in fields[:MAX_NAMED]]
        log.warning("The answer to %s has fields that Amazon does not document: %s", facts.shown, ", ".join(fields))


def _overdue(facts: Call, failure: Failure | None, deadline: float | None) -> Exception:
    if failure is not None:
        return failure.error
    return NetworkError(
        f"The deadline left no time for {facts.shown} to go out and be answered. Nothing was sent. Allow more time.",
        # Amazon needs some time to answer a message: with less time in all, it would never go out.
        retryable=not facts.is_send or deadline is None or deadline > MIN_SEND_SECONDS,
    )


def _log_attempt(facts: Call, limits: CallLimits, status: object, response: httpx.Response | None = None) -> None:
    if log.isEnabledFor(logging.DEBUG):
        request_id = None if response is None else request_id_of(response)
        line = f"{facts.operation.operation_id} order={facts.order_id} status={status} request_id={request_id}"
        log.debug("%s waited=%.3f attempt=%d", line, limits.last_wait, limits.attempt)
