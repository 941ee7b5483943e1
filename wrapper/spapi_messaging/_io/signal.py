"""What a thread waits for."""

from __future__ import annotations

import threading
from contextlib import suppress
from queue import Empty, SimpleQueue


class Signal(threading.Event):
    """An event that may also be set by the garbage collector, while this thread is inside one of its methods."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        self._flag = False  # which is_set() returns
        self._rung: SimpleQueue[None] = SimpleQueue()

    def set(self) -> None:
        self._flag = True
        self._rung.put(None)

    def wait(self, timeout: float | None = None) -> bool:
        with suppress(Empty):
            if not self._flag:
                self._rung.get(timeout=timeout)
        return self._flag
