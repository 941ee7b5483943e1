"""What ends a command from outside: Ctrl-C, `kill`, a terminal that is closed."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import click

from spapi_messaging.cli.session import Session

UNKNOWN = 3
"""The exit code of a send whose outcome is unknown."""

NAMES = ("SIGINT", "SIGTERM", "SIGHUP")  # Windows lacks the last one


@contextmanager
def interrupted_once(ctx: click.Context) -> Iterator[None]:
    """Let each of these signals be a KeyboardInterrupt within the block, and nothing afterwards.

    What became of the block is then told without being interrupted again, to the end of the process: whatever comes
    while Python ends must not change the exit code of a message. A second signal within the block ends at once, should
    what the first one ended never finish. Where the process goes on, as in tests, the handlers of before come back.
    """
    if threading.current_thread() is not threading.main_thread():  # signals reach the main thread alone
        yield
        return
    numbers = [number for name in NAMES if (number := getattr(signal, name, None)) and may_be_handled(number)]
    before = {number: signal.getsignal(number) for number in numbers}

    def ignore() -> None:
        for number in numbers:
            signal.signal(number, signal.SIG_IGN)

    def end_at_once(*_: Any) -> NoReturn:
        os._exit(UNKNOWN)

    def interrupt(*_: Any) -> NoReturn:
        for number in numbers:
            signal.signal(number, end_at_once)
        raise KeyboardInterrupt

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    if not ctx.ensure_object(Session).is_whole_process:
        ctx.find_root().call_on_close(restore)
    for number in numbers:
        signal.signal(number, interrupt)
    try:
        yield
    finally:
        ignore()


def may_be_handled(number: int) -> bool:
    """Whether a signal may be handled here: `nohup` and shells have some of them ignored, and so they stay."""
    return signal.getsignal(number) not in (signal.SIG_IGN, None)
