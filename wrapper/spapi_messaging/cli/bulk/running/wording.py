"""Counts, paces and times as the progress of a run tells them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from spapi_messaging.bulk.states import TO_SEND

if TYPE_CHECKING:  # loaded on first use: the command line works without the extra `bulk`
    from spapi_messaging.bulk import Outcome, State
    from spapi_messaging.cli.bulk.running.tally import Line

__all__ = ["as_sentence", "duration", "outcome_told", "pace_told", "states_told", "time_left"]

#: In which order states are told. What waits for a sender comes last.
ORDER = ("sent", "rejected", "given_up", "unknown", "waiting", "parked", "cancelled", "skipped")
#: What states are called, where it is not their own name.
NAMES = {"given_up": "given up", "pending": "left for later:"}
#: States of which each message is told.
TOLD = {"rejected": "red", "given_up": "red", "unknown": "yellow", "pending": "yellow"}


def states_told(states: Mapping[State, int], *, later: int = 0, unfinished: bool = True) -> str:
    """Counts by state, such as "sent 11, rejected 1".

    Args:
        states: how many messages there are, by state.
        later: how many of them may not be sent yet.
        unfinished: whether those are counted that are still to be sent.
    """
    by_name = {state.value: count for state, count in states.items()}
    counts = {NAMES.get(name, name): by_name.get(name, 0) for name in ORDER}
    if unfinished:
        counts["to send"] = sum(count for state, count in states.items() if state in TO_SEND) - later
    counts["dated later"] = later
    return ", ".join(f"{state} {count:,}" for state, count in counts.items() if count)


def duration(seconds: float) -> str:
    """About how long, such as "5 min"."""
    if seconds < 60:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min" if minutes % 60 else f"{minutes // 60} h"


def pace_told(line: Line) -> str:
    """How fast it goes. Empty: nobody knows yet."""
    return "" if line.pace is None else f"{line.pace:,.0f} a minute"


def time_left(line: Line) -> str:
    """How long it takes still. Empty: nothing is left that is sent now, or nobody can tell."""
    return f"about {duration(line.seconds)} left" if line.seconds else ""


def as_sentence(line: Line) -> str:
    """How far all has come, in one line. What must not be cut stands first."""
    parts = [f"{line.done:,} of {line.total:,} done"]
    states = states_told(line.states, later=line.later, unfinished=False)
    parts += filter(None, [time_left(line), states, pace_told(line)])
    return ", ".join(parts)


def outcome_told(outcome: Outcome) -> str:
    """A message that was not sent, and why, in one line."""
    job = outcome.job
    names = ", ".join(filter(None, [outcome.account, job.document]))
    why = " ".join(str(outcome.error).split()) if outcome.error else "nobody knows why."
    state = NAMES.get(outcome.state, outcome.state.value)
    return f"{state} {job.message_type} for order {job.order_id}{f' ({names})' if names else ''}: {why}"
