"""One access token, and who renews it. Does no I/O; its lock comes from outside."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

from spapi_messaging._call.effects import Bell
from spapi_messaging._call.lwa import AccessToken
from spapi_messaging.errors import SpApiMessagingError


class Renewal:
    """A request for a token that is under way, and its result."""

    def __init__(self, whose: object) -> None:
        self.whose = whose  # the client that carries it out: what it shares with those that were made from it
        self.bells: list[Bell] = []  # rung at each change; whoever adds one then looks once more
        self.in_trouble = False  # it failed once, or takes long: other clients need not wait for it
        self.done = False
        self.token: AccessToken | None = None
        self.error: SpApiMessagingError | None = None

    def trouble(self) -> None:
        """Lets other clients ask for a token themselves."""
        self.in_trouble = True
        self.ring()

    def ring(self) -> None:
        for bell in self.bells:
            bell.ring()


class TokenCell:
    """One access token, shared by everyone with the same credentials. One of them renews it for all.

    If that client has trouble, with its proxy say, each other client renews the token itself, on its own connections.

    The lock must be re-entrant: the garbage collector may close a flow at any time.
    """

    def __init__(self, make_lock: Callable[[], AbstractContextManager[object]]) -> None:
        self._make_lock = make_lock
        self._token: AccessToken | None = None
        self.in_child()

    def in_child(self) -> None:
        """Forgets the renewal: after a fork, whoever renews the token or holds the lock is in the parent process."""
        self._lock = self._make_lock()
        self._renewals: dict[object, Renewal] = {}  # by the client that carries them out

    def current(self, now: float, stale: AccessToken | None) -> AccessToken | None:
        """The token, if it is fresh and not the one that Amazon refused."""
        token = self._token
        if token is None or now >= token.renew_at or (stale is not None and token.value == stale.value):
            return None
        return token

    def join(self, now: float, stale: AccessToken | None, whose: object, *, alone: bool) -> tuple[Renewal | None, bool]:
        """The renewal to wait for, and whether the caller carries it out. (None, False): there is a token now.

        ``alone``: the caller no longer waits for other clients.
        """
        with self._lock:
            if self.current(now, stale) is not None:
                return None, False
            if stale is not None and self._token is not None and self._token.value == stale.value:
                self._token = None  # which Amazon refuses: nobody else need try it
            others = () if alone else self._renewals.values()
            other = next((renewal for renewal in others if not renewal.in_trouble), None)
            if (found := self._renewals.get(whose, other)) is not None:
                return found, False
            renewal = self._renewals[whose] = Renewal(whose)
            return renewal, True

    def end(self, renewal: Renewal, token: AccessToken | None, error: SpApiMessagingError | None = None) -> None:
        """Ends the renewal: with a token, with an error for everyone, or with neither: then the next caller tries."""
        if token is not None and (self._token is None or token.renew_at >= self._token.renew_at):
            self._token = token
        self.abandon(renewal)
        renewal.token, renewal.error, renewal.done = token, error, True
        renewal.ring()

    def abandon(self, renewal: Renewal) -> None:
        """Stops waiting for this renewal: the next caller begins another one."""
        with self._lock:
            if self._renewals.get(renewal.whose) is renewal:
                del self._renewals[renewal.whose]
