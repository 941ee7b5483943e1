"""A helper thread for what cannot be interrupted, so that its caller can give up at a deadline."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from queue import SimpleQueue
from typing import TypeVar

from spapi_messaging._call.first_byte import DeadlinePassed
from spapi_messaging._io.fork import reset_in_child

T = TypeVar("T")
# Idle helper threads that are kept.
MAX_IDLE = 8
#: A function for a helper thread; what it returns tells whoever waits.
_Work = Callable[[], Callable[[], None]]


class _Helpers:
    """Threads that call one function after another.

    Idle ones are kept, and not only to save time: in a process that is forked just when a thread ends that has used
    TLS, the child may wait for a lock of OpenSSL's for ever.
    """

    def __init__(self) -> None:
        self.in_child()
        reset_in_child(self)

    def in_child(self) -> None:
        """The threads are in the parent process."""
        self._idle: list[SimpleQueue[_Work]] = []

    def call(self, work: _Work) -> None:
        """Calls a function in an idle thread, or in a new one."""
        try:
            inbox = self._idle.pop()
        except IndexError:
            inbox = SimpleQueue()
            threading.Thread(target=self._serve, args=(inbox,), name="spapi-messaging-helper", daemon=True).start()
        inbox.put(work)

    def _serve(self, inbox: SimpleQueue[_Work]) -> None:
        keep = True
        while keep:
            tell = inbox.get()()
            if keep := len(self._idle) < MAX_IDLE:
                self._idle.append(inbox)
            tell()  # after that: whoever waited for it may call the next function at once
            del tell  # which holds the result


_helpers = _Helpers()


def in_helper_thread(function: Callable[[], T]) -> Future[Callable[[], T]]:
    """Calls a function in a thread that does not keep the process alive. The result returns or raises what it did."""
    future: Future[Callable[[], T]] = Future()
    context = contextvars.copy_context()

    def work() -> Callable[[], None]:
        done: Future[T] = Future()
        try:
            done.set_result(context.run(function))
        except BaseException as error:
            done.set_exception(error)
        return partial(future.set_result, done.result) if future.set_running_or_notify_cancel() else lambda: None

    _helpers.call(work)
    return future


def within(seconds: float, function: Callable[[], T]) -> T:
    """Calls a function, waits for it no longer than ``seconds``, then raises DeadlinePassed and lets it run on."""
    future = in_helper_thread(function)
    try:
        return future.result(max(0.0, min(seconds, threading.TIMEOUT_MAX)))()
    except TimeoutError:
        if future.cancel():
            raise DeadlinePassed from None
        return future.result()()  # it ended just now, or the time-out is its own
