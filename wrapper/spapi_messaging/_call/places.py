"""How many exchanges may be in flight at once. Does no I/O; its lock comes from outside."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable
from contextlib import AbstractContextManager

from spapi_messaging._call.effects import Bell, Flow
from spapi_messaging._call.first_byte import DeadlinePassed


class Places:
    """Places for ``limit`` exchanges in flight. If all are taken, others wait in a queue, first come first served."""

    def __init__(self, limit: int | None, make_lock: Callable[[], AbstractContextManager[object]]) -> None:
        self._limit = math.inf if limit is None else limit
        self._make_lock = make_lock
        self.in_child()

    def in_child(self) -> None:
        """Begins anew: after a fork, those who hold places or the lock are in the parent process."""
        self._lock = self._make_lock()
        self._free = self._limit
        self._queue: OrderedDict[Bell, None] = OrderedDict()

    def take(self) -> bool:
        """Takes a place if there is one."""
        with self._lock:
            if self._free < 1:
                return False
            self._free -= 1
            return True

    def give_back(self) -> None:
        """Gives the place to the first in the queue, if there is one."""
        with self._lock:
            if not self._queue:
                self._free += 1
                return
            served, _ = self._queue.popitem(last=False)
        served.ring()

    def queue(self, wait: Callable[..., Flow[None]], until: float | None) -> Flow[None]:
        """Takes a place. If all are taken, waits for one with ``wait``; raises DeadlinePassed after ``until``."""
        bell = Bell()
        with self._lock:
            if self.take():
                return
            self._queue[bell] = None

        def remaining(now: float) -> float | None:
            if bell not in self._queue:
                return 0.0
            return None if until is None else until - now

        try:
            yield from wait(remaining, bell)
            if bell in self._queue:
                raise DeadlinePassed
        except BaseException:
            with self._lock:
                served = self._queue.pop(bell, self) is self
            if served:
                self.give_back()
            raise
