"""One slice of work: what a scheduler calls again and again."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from spapi_messaging._safeguards.tracebacks import without_variables
from spapi_messaging.bulk.sender import Progress, Sender
from spapi_messaging.bulk.sending.accounts import AccountSource
from spapi_messaging.bulk.states import State, exit_code
from spapi_messaging.bulk.storage.reading import has_unfinished

if TYPE_CHECKING:
    from spapi_messaging.bulk.ledger import Ledger

__all__ = ["Slice", "work"]

log = logging.getLogger("spapi_messaging.bulk")

#: Seconds between two questions whether a slice should stop.
_ASK_AGAIN = 0.2


class Slice(NamedTuple):
    """What one slice did.

    Args:
        states: how many messages it dealt with, by state. A parked account counts once.
        exit_code: the exit code of a command with this result: that of the worst outcome, and at least 6 if the ledger
            still has unfinished messages.
    """

    states: Mapping[State, int]
    exit_code: int

    def to_dict(self) -> dict[str, Any]:
        """What ``json.dumps`` takes."""
        return {"states": {state.value: count for state, count in self.states.items()}, "exit_code": self.exit_code}


@without_variables
def work(
    ledger: Ledger,
    accounts: AccountSource = None,
    *,
    seconds: float = 30.0,
    sellers: int = 200,
    should_stop: Callable[[], bool] | None = None,
    **options: Any,
) -> Slice:
    """Serves one slice: sends for at most about ``seconds``, and returns what it did. A scheduler calls it again.

    Args:
        ledger: the ledger.
        accounts: as for Sender. Sellers without credentials here are left alone.
        seconds: for how long it begins messages; those that have left are answered before it returns. Give it more time
            than your largest file takes to be fetched and uploaded: what is not ready by then begins anew in the next
            slice.
        sellers: how many sellers are served side by side.
        should_stop: asked several times a second, in another thread. When it returns True, no more messages begin, and
            the slice ends early: a scheduler that shuts down says so in this way. None: nothing stops it.
        **options: the other arguments of Sender.

    Returns:
        How many messages it dealt with, by state.

    Raises:
        ConfigurationError: an argument cannot be used.
        LedgerError: the ledger cannot be written.
    """
    states: Mapping[State, int] = {}
    tell = options.pop("on_progress", None)

    def note(progress: Progress) -> None:
        nonlocal states
        states = progress.states
        if tell is not None:
            tell(progress)

    sender = Sender(ledger, accounts, seconds=seconds, sellers=sellers, on_progress=note, **options)
    with _stopped(sender, should_stop):
        for _ in sender.run():
            pass
    return Slice(states, slice_exit_code(ledger, set(states)))


def slice_exit_code(ledger: Ledger, states: set[State]) -> int:
    """The exit code of a slice with these outcomes. What is left in the ledger counts, whatever the reason."""
    with ledger.database.read() as connection:
        left = {State.PENDING} if has_unfinished(connection) else set[State]()
    return exit_code(states | left)


@contextmanager
def _stopped(sender: Sender, should_stop: Callable[[], bool] | None) -> Iterator[None]:
    """A context in which the sender is stopped as soon as ``should_stop`` says so."""
    ended = threading.Event()

    def watch(should_stop: Callable[[], bool]) -> None:
        while not ended.wait(_ASK_AGAIN):
            try:
                if should_stop():
                    sender.stop()
                    return
            except Exception as error:  # what is sent does not depend on who asks
                log.error("should_stop raised %s, and is not asked any more.", type(error).__name__, exc_info=error)
                return

    if should_stop is not None:
        threading.Thread(target=watch, args=[should_stop], name="spapi-messaging-stop", daemon=True).start()
    try:
        yield
    finally:
        ended.set()
