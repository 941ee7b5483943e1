"""What the log is told of an outage of Redis."""

from __future__ import annotations

import threading

from spapi_messaging._call.reporting import log


class Outage:
    """Tells once that Redis is gone, and once that it is back.

    Args:
        shown: the server, for the log.
        meanwhile: what happens until Redis is back, as a part of a sentence.
    """

    def __init__(self, shown: str, meanwhile: str) -> None:
        self._shown, self._meanwhile = shown, meanwhile
        self.in_child()

    def in_child(self) -> None:
        """Begins anew: the lock may be taken in the parent process."""
        self._lock = threading.Lock()
        self._is_on = False

    def begin(self) -> None:
        """Redis is gone."""
        with self._lock:
            began, self._is_on = not self._is_on, True
        if began:
            told = "Redis at %s cannot be reached or cannot serve now. Until it is back, %s."
            log.warning(told, self._shown, self._meanwhile)

    def end(self) -> None:
        """Redis is back."""
        with self._lock:
            ended, self._is_on = self._is_on, False
        if ended:
            log.info("Redis at %s is back, and keeps the usage plans again.", self._shown)
