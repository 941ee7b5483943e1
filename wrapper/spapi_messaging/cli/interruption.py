"""What ends a command from outside: Ctrl-C, `kill`, a terminal that is closed."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import SimpleQueue
from typing import Any, NoReturn

import click

from spapi_messaging.cli.session import Session

UNKNOWN = 3
"""The exit code of a send whose outcome is unknown."""
UNFINISHED = 6
"""The exit code of a bulk command that is interrupted before it sends anything."""

NAMES = ("SIGINT", "SIGTERM", "SIGHUP")  # Windows lacks the last one


@contextmanager
def interrupted_once(ctx: click.Context) -> Iterator[None]:
    """Let each of these signals be a KeyboardInterrupt within the block, and nothing afterwards.

    What became of the block is then told without being interrupted again, to the end of the process: whatever comes
    while Python ends must not change the exit code of a message. A second signal within the block ends at once, should
    what the first one ended never finish. Where the process goes on, as in tests, the handlers of before come back.
    """
    numbers = numbers_to_handle()
    restore_later(ctx, numbers)

    def end_at_once(*_: Any) -> NoReturn:
        os._exit(UNKNOWN)

    def interrupt(*_: Any) -> NoReturn:
        handle(numbers, end_at_once)
        raise KeyboardInterrupt

    handle(numbers, interrupt)
    try:
        yield
    finally:
        handle(numbers, signal.SIG_IGN)


def handle_interruptions(ctx: click.Context, handler: Callable[..., object]) -> None:
    """Let a function be called at each of these signals, to the end of the command. Where the process goes on, as in
    tests, the handlers of before come back then.

    Args:
        ctx: the command's context.
        handler: called in the main thread, wherever that is at the moment. It must not print.
    """
    numbers = numbers_to_handle()
    restore_later(ctx, numbers)
    handle(numbers, handler)


class Ending:
    """Ctrl-C or SIGTERM, from now on. The first process of a container would ignore SIGTERM without a handler."""

    def __init__(self) -> None:
        # An Event would wait for itself where a signal comes while it has its lock. This may be used in a handler.
        self._told: SimpleQueue[int] = SimpleQueue()
        handle([signal.SIGINT, signal.SIGTERM], lambda number, _: self._told.put(number))

    def wait(self) -> None:
        """Returns once one of them has come."""
        self._told.get()


def ignore_interruptions() -> None:
    """Let these signals do nothing from now on: all is done and told, and Python takes a moment to end. Without this,
    one that comes then would change the exit code."""
    handle(numbers_to_handle(), signal.SIG_IGN)


def numbers_to_handle() -> list[int]:
    """The signals that may be handled here. None in another thread: signals reach the main thread alone."""
    if threading.current_thread() is not threading.main_thread():
        return []
    return [number for name in NAMES if (number := getattr(signal, name, None)) and may_be_handled(number)]


def restore_later(ctx: click.Context, numbers: list[int]) -> None:
    """Bring the handlers of now back after the command, unless the process ends with it."""
    before = {number: signal.getsignal(number) for number in numbers}

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    if not ctx.ensure_object(Session).is_whole_process:
        ctx.find_root().call_on_close(restore)


def handle(numbers: list[int], handler: Any) -> None:
    """Set the handler of these signals."""
    for number in numbers:
        signal.signal(number, handler)


def may_be_handled(number: int) -> bool:
    """Whether a signal may be handled here: `nohup` and shells have some of them ignored, and so they stay."""
    return signal.getsignal(number) not in (signal.SIG_IGN, None)
