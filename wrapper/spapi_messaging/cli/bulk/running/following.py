"""A run of a sender that a person watches, and may end."""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from spapi_messaging.cli.interruption import UNFINISHED, UNKNOWN

if TYPE_CHECKING:  # loaded on first use: the command line works without the extra `bulk`
    from spapi_messaging.bulk import Outcome, Sender

__all__ = ["Interruption", "follow"]

#: Seconds between two looks at the clock and at signals. On Windows, a thread that waits for ever gets no signal.
TICK = 0.2
#: Outcomes that nobody has printed yet. With many more of them, the sender waits.
MAX_BACKLOG = 100


class Interruption:
    """What Ctrl-C, SIGTERM and SIGHUP do: the first ends a run when what has left is answered, the second at once.

    Attributes:
        count: how many came so far.
    """

    def __init__(self) -> None:
        self.count = 0
        self._sender: Sender | None = None

    @property
    def is_before_run(self) -> bool:
        """Whether a signal came before messages began. The database may report another error because of the signal."""
        return self._sender is None and self.count > 0

    @property
    def has_begun(self) -> bool:
        """Whether messages may be on their way."""
        return self._sender is not None

    def begin(self, sender: Sender) -> None:
        """From now on, they end this sender's run."""
        self._sender = sender

    def __call__(self, *_: Any) -> None:
        """Handle a signal. It may come at any moment, so it prints nothing."""
        self.count += 1
        if self.count > 2:  # in case it never ends; the ledger then takes what has left for unknown
            os._exit(UNFINISHED if self._sender is None else UNKNOWN)
        if self._sender is None and self.count == 1:  # nothing has begun yet; the next one must not disturb the end
            raise KeyboardInterrupt
        if self._sender is not None:
            self._sender.stop() if self.count == 1 else self._sender.abort()


def follow(sender: Sender, tell: Callable[[Outcome], None], tick: Callable[[], None]) -> None:
    """Run a sender.

    Args:
        sender: the sender.
        tell: called with each outcome, in this thread.
        tick: called several times a second, in this thread.
    """
    pipe: queue.Queue[Outcome | BaseException | None] = queue.Queue(MAX_BACKLOG)

    def run() -> None:
        try:
            for outcome in sender.run():
                pipe.put(outcome)
        except BaseException as error:
            pipe.put(error)
        else:
            pipe.put(None)

    thread = threading.Thread(target=run, name="spapi-messaging-run", daemon=True)
    thread.start()
    try:
        while True:
            tick()
            try:
                told = pipe.get(timeout=TICK)
            except queue.Empty:
                continue
            if told is None:
                return
            if isinstance(told, BaseException):
                raise told
            tell(told)
    finally:
        sender.stop()
        while thread.is_alive():
            with suppress(queue.Empty):
                pipe.get(timeout=TICK)
