"""Where a call gets its access token from: the user's provider, the cell of the credentials, Login with Amazon."""

from __future__ import annotations

import inspect
import math
from collections.abc import Awaitable, Callable
from copy import copy
from typing import TYPE_CHECKING, Any

import httpx

from spapi_messaging._effects import Bell, Exchange, Invoke, Wait, blocking, interpret, sleep
from spapi_messaging._flow import AskForToken, Flow, Sleep, Terms, token_flow
from spapi_messaging._lwa import AccessToken
from spapi_messaging.errors import AuthorizationError, ConfigurationError, NetworkError, SpApiMessagingError

if TYPE_CHECKING:
    from spapi_messaging._engine import Settings
    from spapi_messaging._transport.tokens import Renewal, TokenCell

TokenProvider = Callable[[], str | Awaitable[str]]

# Seconds after which whoever waits for another call's token asks itself. That other call may be stuck for ever: in an
# event loop that nobody runs any more, or that the waiting thread itself holds up.
_PATIENCE = 60.0


class Authorizer:
    """Gets tokens for one seller's calls.

    Args:
        settings: what the calls are made with.
        is_closed: whether the client was closed meanwhile.
    """

    def __init__(self, settings: Settings, is_closed: Callable[[], bool]) -> None:
        self._settings = settings
        self._now = settings.now
        self._is_closed = is_closed

    def token(self, stale: str | None, until: float | None) -> Flow[str]:
        """A token that is none Amazon has refused, within the deadline."""
        settings = self._settings
        if settings.token_provider is not None:
            return _checked((yield _ask(settings.token_provider)))
        cell = settings.cell
        assert cell is not None
        while (token := cell.current(self._now(), stale)) is None:
            pending, lead = cell.join(self._now(), stale)
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
        settings = self._settings
        assert settings.credentials is not None
        flow = token_flow(settings.credentials, Terms(settings.policy, None, until, self._now, settings.random))
        try:
            token = yield from interpret(flow, self._carry_out)
        except BaseException as error:
            # What LWA said is everyone's; a deadline, an interruption or a closed client is the caller's own affair.
            own = not isinstance(error, AuthorizationError) and (self._is_closed() or until is not None)
            cell.give_up(renewal, error if isinstance(error, SpApiMessagingError) and not own else None)
            raise
        cell.keep(renewal, token)
        return token

    def _carry_out(self, effect: Any) -> Flow[Any]:
        if type(effect) is AskForToken:
            return (yield Exchange(self._token_request(effect.form), effect.until))
        assert type(effect) is Sleep
        return (yield from sleep(effect.seconds, self._now))

    def _token_request(self, form: bytes) -> httpx.Request:
        return httpx.Request(
            "POST",
            self._settings.lwa_endpoint,
            content=form,
            headers={"content-type": "application/x-www-form-urlencoded", "accept": "application/json"},
            extensions={"timeout": self._settings.timeout.as_dict()},
        )

    def _wait_for_renewal(self, cell: TokenCell, pending: Renewal, until: float | None) -> Flow[AccessToken | None]:
        """The token that another call gets for all, or None when it gave up."""
        bell = Bell()
        pending.tell(bell)
        end = min(self._now() + _PATIENCE, math.inf if until is None else until)
        yield Wait(lambda now: 0.0 if pending.done else end - now, bell)
        if pending.error is not None:
            raise copy(pending.error) from pending.error.__cause__  # tracebacks of many threads must not mix
        if pending.done:
            return pending.token
        if end == until:
            raise NetworkError("The deadline passed while Login with Amazon was asked for a token. Nothing was sent.")
        cell.abandon(pending)
        return None


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
