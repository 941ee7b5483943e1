"""A thread that asks the server again, for those who wait: another process may have moved their turns."""

from __future__ import annotations

import threading
import weakref
from typing import Protocol

#: Seconds between two requests. A waiting call hears of a change in another process at most this much later.
REFRESH_SECONDS = 0.5


class Refreshable(Protocol):
    """What the thread serves. It ends when this is gone."""

    def refresh(self) -> bool:
        """Asks for all who wait. Returns whether there are any."""
        ...


def start_refreshing(limiter: Refreshable) -> None:
    """Starts a thread that refreshes as long as somebody waits, and does not keep the process alive."""
    reference = weakref.ref(limiter)
    threading.Thread(target=_refresh, args=(reference,), name="spapi-messaging-redis", daemon=True).start()


def _refresh(reference: weakref.ref[Refreshable]) -> None:
    pause = threading.Event()
    more = True
    while more:
        pause.wait(REFRESH_SECONDS)
        limiter = reference()
        more = limiter is not None and limiter.refresh()
        del limiter
