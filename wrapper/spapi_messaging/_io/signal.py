"""What a thread waits for."""

from __future__ import annotations

import threading
from contextlib import suppress
from queue import Empty, SimpleQueue


class Signal(threading.Event):
    """An event that the garbage collector, too, may set while the thread is inside ``wait``, which clears it."""

    def __init__(self) -> None:
        super().__init__()  # for its repr
        self._set: SimpleQueue[None] = SimpleQueue()

    def is_set(self) -> bool:
        return not self._set.empty()

    def set(self) -> None:
        self._set.put(None)

    def wait(self, timeout: float | None = None) -> bool:
        with suppress(Empty):
            self._set.get(timeout=timeout)
            return True
        return False
