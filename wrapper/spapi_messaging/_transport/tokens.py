"""Access tokens of this process: one for each set of credentials, renewed by one caller for all."""

from __future__ import annotations

import os
import threading
import weakref
from collections import deque

from spapi_messaging._effects import Bell
from spapi_messaging._lwa import AccessToken
from spapi_messaging.credentials import Credentials
from spapi_messaging.errors import SpApiMessagingError

# So many tokens outlive their clients: a program that makes a client for each message asks for one token all the same.
_KEPT = 1000


class Renewal:
    """A request for a token that is under way."""

    __slots__ = ("_bells", "done", "error", "token")

    def __init__(self) -> None:
        self.done = False
        self.token: AccessToken | None = None
        self.error: SpApiMessagingError | None = None
        self._bells: list[Bell] = []

    def tell(self, bell: Bell) -> None:
        """Rings when it is over. Whoever waits asks once more after this, so that an end in between is not missed."""
        self._bells.append(bell)

    def end(self, token: AccessToken | None, error: SpApiMessagingError | None) -> None:
        self.token, self.error = token, error
        self.done = True
        for bell in self._bells:
            bell.ring()


class TokenCell:
    """One access token, shared by everyone with the same credentials; renewed by one of them for all."""

    __slots__ = ("__weakref__", "_lock", "_renewal", "_token")

    def __init__(self) -> None:
        self._token: AccessToken | None = None
        self.forget_renewal()

    def forget_renewal(self) -> None:
        """After a fork: whoever was renewing the token, or held the lock, is in the other process."""
        self._lock = threading.Lock()
        self._renewal: Renewal | None = None

    def current(self, now: float, stale: str | None) -> str | None:
        """The token, if there is one that is fresh and not the one that Amazon refused."""
        token = self._token
        return token.value if token is not None and now < token.renew_at and token.value != stale else None

    def join(self, now: float, stale: str | None) -> tuple[Renewal | None, bool]:
        """The renewal to wait for, and whether the caller is to carry it out. (None, False): there is a token now."""
        with self._lock:
            if self.current(now, stale) is not None:
                return None, False
            lead = self._renewal is None
            if self._renewal is None:
                self._renewal = Renewal()
            return self._renewal, lead

    def keep(self, renewal: Renewal, token: AccessToken) -> None:
        """Ends the renewal with a token for everyone."""
        self._token = token
        self.abandon(renewal)
        renewal.end(token, None)

    def give_up(self, renewal: Renewal, error: SpApiMessagingError | None) -> None:
        """Ends the renewal without one: with an error that is everyone's, or, with None, so that the next one tries."""
        self.abandon(renewal)
        renewal.end(None, error)

    def abandon(self, renewal: Renewal) -> None:
        """Waits for this renewal no longer: the next one begins another."""
        with self._lock:
            if self._renewal is renewal:
                self._renewal = None


_cells: weakref.WeakValueDictionary[tuple[str, Credentials], TokenCell] = weakref.WeakValueDictionary()
_kept: deque[TokenCell] = deque(maxlen=_KEPT)
_cells_lock = threading.Lock()


def shared_cell(endpoint: str, credentials: Credentials) -> TokenCell:
    """The one cell of this process for these credentials."""
    with _cells_lock:
        cell = _cells.get((endpoint, credentials))
        if cell is None:
            cell = _cells[endpoint, credentials] = TokenCell()
            _kept.append(cell)
        return cell


def _after_fork() -> None:
    global _cells_lock
    _cells_lock = threading.Lock()
    for cell in list(_cells.values()):
        cell.forget_renewal()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
