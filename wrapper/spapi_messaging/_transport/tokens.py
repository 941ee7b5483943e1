"""Access tokens of this process: one for each set of credentials, renewed by one caller for all."""

from __future__ import annotations

import threading
import weakref
from concurrent.futures import Future

from spapi_messaging._lwa import AccessToken
from spapi_messaging.credentials import Credentials


class _Abandoned(Exception):
    """Whoever was getting the token gave up for a reason of its own; the next one takes over."""


class TokenCell:
    """One access token, shared by everyone with the same credentials; renewed by one of them for all."""

    __slots__ = ("__weakref__", "_lock", "_pending", "_token")

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pending: Future[None] | None = None
        self._token: AccessToken | None = None

    def current(self, now: float, stale: str | None) -> str | None:
        """The token, if there is one that is fresh and not the one that Amazon refused."""
        token = self._token
        return token.value if token is not None and now < token.renew_at and token.value != stale else None

    def join(self, now: float, stale: str | None) -> tuple[Future[None] | None, bool]:
        """The renewal to wait for, and whether the caller is to carry it out. (None, False): there is a token now."""
        with self._lock:
            if self.current(now, stale) is not None:
                return None, False
            lead = self._pending is None
            if self._pending is None:
                self._pending = Future()
            return self._pending, lead

    def keep(self, token: AccessToken) -> None:
        self._token = token
        self._finish().set_result(None)

    def give_up(self, error: BaseException, *, for_all: bool) -> None:
        """Ends a renewal that failed. An error of LWA's is everyone's, an interruption or a deadline is one's own."""
        self._finish().set_exception(error if for_all else _Abandoned())

    def _finish(self) -> Future[None]:
        with self._lock:
            pending, self._pending = self._pending, None
        assert pending is not None
        return pending


_cells: weakref.WeakValueDictionary[tuple[str, Credentials], TokenCell] = weakref.WeakValueDictionary()
_cells_lock = threading.Lock()


def shared_cell(endpoint: str, credentials: Credentials) -> TokenCell:
    """The one cell of this process for these credentials."""
    with _cells_lock:
        cell = _cells.get((endpoint, credentials))
        if cell is None:
            cell = _cells[endpoint, credentials] = TokenCell()
        return cell
