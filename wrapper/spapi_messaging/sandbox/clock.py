"""The clock of the sandbox. Tokens, presigned URLs and usage plans read it; tests move it."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

from spapi_messaging.sandbox.checks import check_number

_LATEST = datetime(3000, 1, 1, tzinfo=UTC).timestamp()
"""Not all systems can show a later date."""


class Clock:
    """A clock that can be stopped and moved.

    Args:
        source: Returns the seconds since 1970; by default, the system's time.
    """

    def __init__(self, source: Callable[[], float] = time.time) -> None:
        self._source = source
        self._offset = 0.0
        self._frozen: float | None = None

    def now(self) -> float:
        """The current time, in seconds since 1970."""
        return (self._source() if self._frozen is None else self._frozen) + self._offset

    def today(self) -> datetime:
        """The current time, in UTC."""
        return datetime.fromtimestamp(self.now(), UTC)

    def advance(self, seconds: float) -> None:
        """Moves the clock forward by `seconds`, at most to the year 3000.

        Raises:
            TypeError: `seconds` is not a number.
            ValueError: `seconds` is negative, too large or NaN.
        """
        check_number("seconds", seconds, 0, max(0.0, _LATEST - self.now()))
        self._offset += seconds

    def freeze(self) -> None:
        """Stops the clock. `advance` still moves it."""
        if self._frozen is None:
            self._frozen = self._source()

    def reset(self) -> None:
        """Undoes `advance` and `freeze`: the clock shows the time of its source again."""
        self._offset, self._frozen = 0.0, None
