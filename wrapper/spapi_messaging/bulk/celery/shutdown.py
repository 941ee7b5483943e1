"""Lets the slices of a worker know that it shuts down, so that they end early."""

from __future__ import annotations

import mmap
import os
import signal
from contextlib import suppress
from typing import Any


class Shutdown:
    """Whether a worker shuts down. Its child processes know it too.

    Celery tells its main process only. A byte of memory that the children share with it tells them; where they are not
    forked but started anew (``spawn``), they do not hear of it, and their slices take their whole time.
    """

    def __init__(self) -> None:
        self._shared = mmap.mmap(-1, 1)

    def has_begun(self) -> bool:
        return self._shared[0] != 0

    def begin(self) -> None:
        """In the main process, also inside a signal handler."""
        self._shared[0] = 1

    def reset(self) -> None:
        """A worker starts in this process. What was told to an earlier one does not count."""
        self._shared = mmap.mmap(-1, 1)

    def begin_with_soft_shutdown(self) -> None:
        """Listens to the signals of a soft or cold shutdown: Celery tells of these only when the soft part is over."""
        numbers = ["SIGQUIT"]
        if os.environ.get("REMAP_SIGTERM") == "SIGQUIT":
            numbers.append("SIGTERM")
        for name in numbers:
            if (number := getattr(signal, name, None)) is not None:
                with suppress(ValueError):  # the worker runs in a thread, and gets no signals
                    self._listen(number)

    def _listen(self, number: signal.Signals) -> None:
        others = signal.getsignal(number)

        def begin(*received: Any) -> None:
            self.begin()
            if callable(others):
                others(*received)

        signal.signal(number, begin)
