"""Waiting for what happens in other processes."""

from __future__ import annotations

import time
from collections.abc import Callable

from spapi_messaging.bulk import Ledger, State

#: Seconds after which a test that waits for something fails. On a working machine nothing takes so long.
PATIENCE = 60.0
#: Seconds between two looks at a ledger, which are work for its database.
LOOK_AGAIN = 0.2


def wait_until(
    happened: Callable[[], bool], what: str, told: Callable[[], object] = lambda: "", *, pause: float = 0.05
) -> None:
    """Waits for an event.

    Args:
        happened: whether it has.
        what: what it is, for the error.
        told: what the processes said so far, for the error.
        pause: seconds between two looks.
    """
    end = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < end, f"in vain for {what}. {told()}"
        time.sleep(pause)


def until_finished(url: str, told: Callable[[], object] = lambda: "") -> None:
    """Waits until nothing in a ledger is left to be done."""
    with Ledger(url) as ledger:
        wait_until(
            lambda: all(state.is_finished for state in ledger.status().states),
            f"the end of {url}", told, pause=LOOK_AGAIN,
        )  # fmt: skip


def until_sent(url: str, number: int, told: Callable[[], object] = lambda: "") -> None:
    """Waits until this many are sent."""
    with Ledger(url) as ledger:
        wait_until(
            lambda: ledger.status().states.get(State.SENT, 0) >= number, f"{number} messages", told, pause=LOOK_AGAIN
        )
