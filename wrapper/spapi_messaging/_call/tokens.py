"""Where a call gets its access token from: the user's provider, the shared token, or Login with Amazon."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from copy import copy
from functools import partial

import httpx

from spapi_messaging._call.causes import cause_of, said_by
from spapi_messaging._call.context import CallContext, CallLimits, TokenProvider
from spapi_messaging._call.effects import Bell, Flow, Invoke, Purpose
from spapi_messaging._call.first_byte import DeadlinePassed
from spapi_messaging._call.lwa import (
    DEFAULT_ENDPOINT,
    AccessToken,
    read_token,
    secrets_of,
    token_in,
    token_request_body,
)
from spapi_messaging._call.outcome import Failure, FailureKind
from spapi_messaging._call.reporting import log, log_retry
from spapi_messaging._call.token_cell import Renewal, TokenCell
from spapi_messaging.credentials import Credentials
from spapi_messaging.errors import AuthorizationError, ConfigurationError, NetworkError, SpApiMessagingError
from spapi_messaging.local_sandbox import how_to_reach, is_loopback, is_of_local_sandbox

# After this time a call that waits for another call's token asks for one itself. That other call may be stuck for ever:
# on an event loop that no longer runs, or that the waiting thread itself holds up.
RENEWAL_WAIT_SECONDS = 60.0
# Login with Amazon answers within a second. A client that waits longer for another client's token asks itself: that
# other client may be behind a proxy that says nothing.
FOREIGN_WAIT_SECONDS = 2.0
_DEADLINE = "The deadline passed while Login with Amazon was asked for a token. Nothing was sent. Allow more time."


def fetch_token(context: CallContext, stale: AccessToken | None, until: float | None) -> Flow[AccessToken]:
    """An access token, other than the ``stale`` one that Amazon refused."""
    settings = context.settings
    if settings.token_provider is not None:
        try:
            found = _read((yield Invoke(_provide(settings.token_provider, settings.provider_hears, stale), until)))
        except DeadlinePassed:
            raise NetworkError(
                "The deadline passed while the token provider was asked for a token. Nothing was sent. "
                "Allow more time, or make the provider faster."
            ) from None
        if isinstance(found, ConfigurationError):
            raise found
        return found
    cell = settings.token_cell
    if cell is None:
        raise ConfigurationError(
            "This client has the credentials of an application and no refresh token. Nothing was sent. "
            "Make one for a seller with client.for_seller(refresh_token=…), or set SP_API_REFRESH_TOKEN.",
            argument="credentials",
        )
    alone = False
    while (token := cell.current(context.now(), stale)) is None:
        renewal, lead = cell.join(context.now(), stale, settings.places, alone=alone)
        if renewal is None:  # pragma: no cover - another thread renewed it between the two lines
            continue
        if lead:
            fresh: AccessToken | None = yield from _renew(context, cell, renewal, stale, until)
        else:
            fresh = yield from _wait_for(context, cell, renewal, stale, until)
            alone = alone or renewal.in_trouble  # to wait for one such client after the other would take for ever
        if fresh is not None:
            # It is used even if it is short-lived, or the same as before: Amazon decides.
            return fresh
    return token


def _renew(
    context: CallContext, cell: TokenCell, renewal: Renewal, stale: AccessToken | None, until: float | None
) -> Flow[AccessToken]:
    """Gets a token for everyone who waits for this renewal."""
    try:
        token = yield from ask_for_token(context, until, renewal.trouble)
    except BaseException as error:
        # A deadline, an interruption or a closed client is the caller's own affair.
        own = not isinstance(error, AuthorizationError) and (context.closed or until is not None)
        cell.end(renewal, None, error if isinstance(error, SpApiMessagingError) and not own else None)
        if isinstance(error, NetworkError) and (found := cell.current(context.now(), stale)) is not None:
            return found  # another client got one meanwhile
        raise
    lasts = token.renew_at - context.now()
    log.info("a new access token for seller=%s, to be renewed in %.0f s", context.settings.seller, lasts)
    cell.end(renewal, token)
    return token


def _wait_for(
    context: CallContext, cell: TokenCell, renewal: Renewal, stale: AccessToken | None, until: float | None
) -> Flow[AccessToken | None]:
    """The token that another call gets for all. None: there may be one now, or this call should ask for one itself."""
    bell = Bell()
    renewal.bells.append(bell)
    foreign = renewal.whose is not context.settings.places
    longest = FOREIGN_WAIT_SECONDS if foreign else RENEWAL_WAIT_SECONDS
    end = min(context.now() + longest, math.inf if until is None else until)
    yield from context.wait(lambda now: 0.0 if renewal.done or (foreign and renewal.in_trouble) else end - now, bell)
    if renewal.token is not None:
        return renewal.token
    # A refusal of LWA's is true for everyone. A failure of the network or a proxy concerns one client.
    everyones = isinstance(renewal.error, AuthorizationError) or not foreign
    if renewal.error is not None and everyones and cell.current(context.now(), stale) is None:
        mine = copy(renewal.error)  # tracebacks of many threads must not mix, nor what their calls are about
        mine.operation = mine.amazon_order_id = None
        raise mine from renewal.error.__cause__
    if not renewal.done and context.now() >= end:
        if end == until:
            raise NetworkError(_DEADLINE)
        if foreign:
            renewal.trouble()
        else:
            cell.abandon(renewal)
    return None


def ask_for_token(
    context: CallContext, until: float | None, failed: Callable[[], None] = lambda: None
) -> Flow[AccessToken]:
    """One access token from Login with Amazon. ``failed`` is called after each attempt that failed."""
    settings, limits = context.settings, CallLimits(context, until)
    credentials = settings.credentials
    assert credentials is not None
    while True:
        asked_at = context.now()
        request = httpx.Request(
            "POST",
            settings.lwa_endpoint,
            content=token_request_body(credentials),
            headers={"content-type": "application/x-www-form-urlencoded", "accept": "application/json"},
            extensions={"timeout": settings.timeouts},
        )
        try:
            response = yield from context.exchange(request, until, Purpose("lwa", attempt=limits.attempt))
            local = is_loopback(httpx.URL(settings.lwa_endpoint).host)
            found = read_token(response.status_code, response.content, asked_at, credentials, is_sandbox=local)
        except (httpx.HTTPError, DeadlinePassed) as lost:
            late = isinstance(lost, DeadlinePassed) or limits.too_late()
            silent = _no_answer(lost, settings.lwa_endpoint, credentials)
            cause = None if isinstance(lost, DeadlinePassed) else cause_of(lost, secrets_of(credentials))
            found = Failure(FailureKind.UNKNOWN, NetworkError(_DEADLINE if late else silent), cause)
        if isinstance(found, AccessToken):
            return found
        failed()
        # Asking for a token twice does no harm, whatever happened to the first request.
        attempt, delay = limits.attempt, limits.next_delay(found.kind)
        if delay is None:
            raise found.error from found.cause
        log_retry("Login with Amazon", attempt, found.error, delay)
        yield from context.sleep(delay)


def _no_answer(lost: Exception, endpoint: str, credentials: Credentials) -> str:
    said = said_by(lost, secrets_of(credentials)) if isinstance(lost, httpx.ProxyError) else ""
    seen = ": ".join(filter(None, (type(lost).__name__, said)))
    where = "" if endpoint == DEFAULT_ENDPOINT else f" at {httpx.URL(endpoint).copy_with(raw_path=b'/', userinfo=b'')}"
    remedy = (
        "A proxy on the way wants a user name and a password."
        if said == "407"
        else "Check the network, the proxy and lwa_endpoint."
    )
    if is_of_local_sandbox(credentials):
        remedy = how_to_reach(httpx.URL(endpoint).port)
    return f"Login with Amazon{where} gave no answer ({seen}). No token, so nothing was sent. {remedy}"


def _provide(provider: TokenProvider, hears: bool, stale: AccessToken | None) -> TokenProvider:
    """The provider, told which token Amazon refused."""
    if not hears or stale is None:
        return partial(provider, refused=None) if hears else provider
    return lambda: provider(refused=stale.value)  # the repr of a partial() would show the token


def _read(token: object) -> AccessToken | ConfigurationError:
    """What a provider returned. The error is returned and not raised: a traceback would show this frame."""
    if (found := token_in(token)) is not None:
        return AccessToken(found)
    if inspect.iscoroutine(token):
        token.close()
        return ConfigurationError("An async token_provider needs AsyncMessagingClient; give a plain function here.")
    told = "a string that cannot be a token" if isinstance(token, str) else f"a {type(token).__name__}"
    return ConfigurationError(f"token_provider must return an access token as a string; it returned {told}.")
