"""How a run ended: counts by state, and what a person has to do, as commands to type."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

import click

from spapi_messaging.cli.bulk.running.events import Events
from spapi_messaging.cli.bulk.running.wording import states_told
from spapi_messaging.cli.bulk.shown.typed import command, selecting

if TYPE_CHECKING:  # loaded on first use: the command line works without the extra `bulk`
    from spapi_messaging.bulk import Ledger, Status

__all__ = ["Ending", "show_summary"]

#: Commands that are written out, each for one order. Whoever has more of them looks at `bulk status`.
MAX_COMMANDS = 3


class Ending(NamedTuple):
    """How a run ended.

    Args:
        ledger: the ledger.
        url: what ``--ledger`` was given.
        batch: the messages of the file.
        interrupted: whether a person ended it.
    """

    ledger: Ledger
    url: str | None
    batch: str
    interrupted: bool


def show_summary(events: Events, ending: Ending) -> int:
    """Print how a run ended.

    Returns:
        The exit code: that of the worst message of the file.
    """
    status = ending.ledger.status(batch=ending.batch)
    events.tell(
        "summary",
        {
            "digest": ending.batch,
            **status.to_dict(),
            "interrupted": ending.interrupted,
            "ledger": ending.ledger.database.url_shown,
        },
    )
    total = sum(status.states.values())
    if set(status.states) == {"sent"}:
        told = "The message of this file is sent." if total == 1 else f"All {total:,} messages of this file are sent."
        events.say(click.style(told, fg="green"))
    else:
        events.say(f"Of {total:,} messages of this file: {states_told(status.states)}.")
    for line in things_to_do(status, ending):
        events.say(line)
    events.tell_failure()
    return status.exit_code


def things_to_do(status: Status, ending: Ending) -> Iterator[str]:
    """What a person has to do, a line each."""
    states = {state.value: count for state, count in status.states.items()}
    where = ending.url
    if count := states.get("unknown"):
        yield f"Unknown: {count:,}. Look in Seller Central whether the buyer got the message, then say so:"
        yield from unknown_ones(ending)
    if count := states.get("rejected", 0) + states.get("given_up", 0):
        why = command(where, "export", "--state", "rejected", "--state", "given_up")
        yield f"Rejected: {count:,}. {why} says why. Mend the file, then type the same command with --retry."
    for parked in status.parked:
        whose = f"The account {parked.account}" if parked.account else "The account"
        reason = " ".join((parked.reason or "").split())
        resume = command(where, "resume", *filter(None, [parked.account]))
        yield f"{whose} is parked: {reason} When that is mended, type {resume} and send the file again."
    if count := states.get("waiting"):
        yield f"Waiting: {count:,}. Amazon does not take them now. Send the file again later."
    if not ending.interrupted and (later := told_later(ending)):
        yield later
    if any(states.get(each) for each in ("pending", "claimed", "sending")):
        if status.senders:
            yield "Another sender runs on this ledger. It may send the rest."
        begin = "It was interrupted. " if ending.interrupted else ""
        yield f"{begin}Type the same command again to go on. What was sent is not sent again."


def told_later(ending: Ending) -> str:
    """That messages are not to be sent yet. Empty: all may be sent now."""
    now = datetime.now(UTC)
    pending = ending.ledger.outcomes(batch=ending.batch, state="pending")
    times = [at for each in pending if isinstance(at := each.job.not_before, datetime) and at > now]
    if not times:
        return ""
    first = min(times).astimezone()
    return f"Not to be sent yet: {len(times):,}. The first one may be sent from {first:%Y-%m-%d %H:%M %Z} on."


def unknown_ones(ending: Ending) -> Iterator[str]:
    """How to say of unknown messages whether they were sent."""
    found = list(islice(ending.ledger.export(batch=ending.batch, state="unknown"), MAX_COMMANDS + 1))
    for row in found[:MAX_COMMANDS]:
        yield f"  {command(ending.url, 'resolve', *selecting(row), '--sent')}   (or --not-sent)"
    if len(found) > MAX_COMMANDS:
        yield f"  {command(ending.url, 'resolve')} lists all of them."
