"""What each process of a worker opens once: the ledger and the limiter."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from spapi_messaging import limiters
from spapi_messaging.bulk.ledger import Ledger
from spapi_messaging.errors import ConfigurationError

LedgerSource = Callable[[], Ledger]


class Opening:
    """Opens the ledger and the limiter when the first slice needs them, and keeps them for the next ones.

    Args:
        ledger: its URL, or a function that opens it.
        limiter: the URL of a Redis server, a limiter, or None.
        attachments_root: as for Ledger.

    Raises:
        ConfigurationError: an argument cannot be used.
    """

    def __init__(self, ledger: str | LedgerSource, limiter: Any, attachments_root: str | Path | None) -> None:
        if not isinstance(ledger, str) and not callable(ledger):
            raise ConfigurationError(
                f"ledger cannot be a {type(ledger).__name__}. Give its URL, or a function that returns a Ledger: each "
                "process of a worker opens it for itself."
            )
        if attachments_root is not None and not isinstance(ledger, str):
            raise ConfigurationError("attachments_root goes with the URL of a ledger. Give it to the Ledger instead.")
        self._source, self._limiter, self._root = ledger, limiter, attachments_root
        self._lock = threading.Lock()  # slices may run in threads
        self._opened: tuple[Ledger, dict[str, Any]] | None = None

    def __call__(self) -> tuple[Ledger, dict[str, Any]]:
        """The ledger, and the options of a sender that go with it.

        Raises:
            ConfigurationError: they cannot be used.
            LedgerError: the database cannot be reached. The next call tries again.
        """
        with self._lock:
            if self._opened is None:
                self._opened = self._ledger(), self._options()
            return self._opened

    def close(self) -> None:
        """Closes the ledger, and the limiter that was made here. What is needed afterwards is opened again."""
        with self._lock:
            opened, self._opened = self._opened, None
        if opened is None:
            return
        ledger, options = opened
        ledger.close()
        if isinstance(self._limiter, str):
            options["limiter"].close()

    def _ledger(self) -> Ledger:
        if isinstance(self._source, str):
            return Ledger(self._source, attachments_root=self._root)
        ledger = self._source()
        if not isinstance(ledger, Ledger):
            raise ConfigurationError(f"The function for the ledger returned a {type(ledger).__name__}, not a Ledger.")
        return ledger

    def _options(self) -> dict[str, Any]:
        if self._limiter is None:
            return {}
        if not isinstance(self._limiter, str):
            return {"limiter": self._limiter}
        return {"limiter": limiters.RedisLimiter(self._limiter)}
