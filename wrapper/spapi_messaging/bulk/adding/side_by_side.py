"""Does slow work side by side, and gives the results in the order of what was given."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from functools import partial
from queue import SimpleQueue
from typing import TypeVar

from spapi_messaging.bulk.files.fetching import MAX_FETCH_SECONDS

__all__ = ["MAX_THREADS", "in_order"]

T = TypeVar("T")
R = TypeVar("R")

#: Slow items that are in work at once.
MAX_THREADS = 16
# Items that are taken before the result of the first of them is there.
_MAX_AHEAD = 4 * MAX_THREADS


def in_order(
    work: Callable[[T], R], items: Iterable[T], is_slow: Callable[[T], bool]
) -> Iterator[tuple[T, Callable[[], R]]]:
    """Works on items, and gives each with a function that returns its result, or raises what the work raised.

    Args:
        work: the work. For slow items it is called in other threads, which end when nobody takes more results.
        items: what to work on. They are taken in the thread of the caller, a few ahead.
        is_slow: whether an item is slow. Without slow items, there are no threads.

    The function raises TimeoutError if an item takes longer than MAX_FETCH_SECONDS.
    """
    ahead: deque[tuple[T, Future[R]]] = deque()
    workers = _Workers()
    try:
        for item in items:
            slow = is_slow(item)
            if not ahead and not slow:
                yield item, partial(work, item)
                continue
            ahead.append((item, (workers.call if slow else _called)(partial(work, item))))
            while ahead and (len(ahead) >= _MAX_AHEAD or ahead[0][1].done()):
                yield _next(ahead)
        while ahead:
            yield _next(ahead)
    finally:
        workers.end(future for _, future in ahead)


def _next(ahead: deque[tuple[T, Future[R]]]) -> tuple[T, Callable[[], R]]:
    item, future = ahead.popleft()
    return item, partial(future.result, MAX_FETCH_SECONDS)


def _called(work: Callable[[], R]) -> Future[R]:
    future: Future[R] = Future()
    _carry_out(work, future)
    return future


def _carry_out(work: Callable[[], R], future: Future[R]) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        future.set_result(work())
    except BaseException as error:
        future.set_exception(error)


class _Workers:
    """Threads that are kept for the next item, since some filesystems keep a connection for each thread.

    They never keep the process from ending. Those of an executor would be waited for.
    """

    def __init__(self) -> None:
        self._count = 0
        self._inbox: SimpleQueue[Callable[[], None] | None] = SimpleQueue()

    def call(self, work: Callable[[], R]) -> Future[R]:
        """Calls a function in one of the threads."""
        future: Future[R] = Future()
        self._inbox.put(partial(_carry_out, work, future))
        if self._count < MAX_THREADS:
            self._count += 1
            threading.Thread(target=self._serve, name="spapi-messaging-files", daemon=True).start()
        return future

    def end(self, unfinished: Iterable[Future[R]]) -> None:
        """Begins nothing more, and lets the threads end."""
        for future in unfinished:
            future.cancel()
        for _ in range(self._count):
            self._inbox.put(None)

    def _serve(self) -> None:
        while (work := self._inbox.get()) is not None:
            work()
            del work  # which holds the result
