"""How a run ended: counts by state, and what a person has to do, as commands to type."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

import click

from spapi_messaging.bulk.states import TO_SEND
from spapi_messaging.cli.bulk.running.events import Events
from spapi_messaging.cli.bulk.running.later import Later, later_of
from spapi_messaging.cli.bulk.running.wording import states_told
from spapi_messaging.cli.bulk.shown.typed import command, selecting

if TYPE_CHECKING:  # loaded on first use: the command line works without the extra `bulk`
    from spapi_messaging.bulk import Added, Ledger, Status

__all__ = ["Ending", "show_summary"]

#: Commands that are written out, each for one order. Whoever has more of them looks at `bulk status`.
MAX_COMMANDS = 3


class Ending(NamedTuple):
    """How a run ended.

    Args:
        ledger: the ledger.
        url: what ``--ledger`` was given.
        batch: the messages of the file.
        added: what the ledger had of the file when the run began.
        interrupted: whether a person ended it.
    """

    ledger: Ledger
    url: str | None
    batch: str
    added: Added
    interrupted: bool


def show_summary(events: Events, ending: Ending) -> int:
    """Print how a run ended.

    Returns:
        The exit code: that of the worst message of the file.
    """
    from spapi_messaging.bulk import State, exit_code

    status = ending.ledger.status(batch=ending.batch)
    # Another file that has the same messages takes them over when it is added: they are not sent here then.
    elsewhere = max(0, ending.added.standing - sum(status.states.values()))
    code = exit_code({*status.states, State.PENDING}) if elsewhere else status.exit_code
    events.tell(
        "summary",
        {
            "digest": ending.batch,
            **status.to_dict(),
            "exit_code": code,
            "elsewhere": elsewhere,
            "archived": ending.added.archived,
            "interrupted": ending.interrupted,
            "ledger": ending.ledger.database.url_shown,
        },
    )
    later = later_of(ending.ledger, status, ending.batch)
    events.say(told_in_short(status, elsewhere, later, ending.added))
    for line in things_to_do(status, ending, later):
        events.say(line)
    if elsewhere:
        events.say(
            f"Elsewhere: {elsewhere:,}. They were added with another file too, or archived, after this run began. Type "
            "the same command again to see to them."
        )
    events.tell_failure()
    return code


def told_in_short(status: Status, elsewhere: int, later: Later, added: Added) -> str:
    """How many messages are in which state, in one line."""
    archived = added.archived
    total = sum(status.states.values()) + elsewhere
    if set(status.states) == {"sent"} and not elsewhere:
        whose = "of this file" if not archived else f"of this file that {'is' if total == 1 else 'are'} not archived"
        told = f"The message {whose} is sent." if total == 1 else f"All {total:,} messages {whose} are sent."
        return click.style(told, fg="green")
    if not total:
        return told_of_earlier(added)
    counts = [states_told(status.states, later=later.total)] if status.states else []
    counts += [f"elsewhere {elsewhere:,}"] if elsewhere else []
    return f"Of {total:,} messages of this file: {', '.join(counts)}."


def told_of_earlier(added: Added) -> str:
    """That there was nothing to do: all had been finished before, and stands elsewhere in the ledger or is archived."""
    count = added.known + added.already_sent
    was = "finished" if added.known else "sent before"
    told = f"The message of this file was {was}." if count == 1 else f"All {count:,} messages of this file were {was}."
    if added.archived < count:
        return told
    return f"{told} {'It is' if count == 1 else 'They are'} archived."


def things_to_do(status: Status, ending: Ending, later: Later) -> Iterator[str]:
    """What a person has to do, a line each."""
    states = {state.value: count for state, count in status.states.items()}
    where = ending.url
    if count := states.get("unknown"):
        yield f"Unknown: {count:,}. Look in Seller Central whether the buyer got the message, then say so:"
        yield from unknown_ones(ending)
        yield "Where the buyer got nothing, type --not-sent instead of --sent."
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
    if sum(states.get(each, 0) for each in TO_SEND) > later.total:
        if status.senders:
            yield "Another sender runs on this ledger. It may send the rest."
        begin = "It was interrupted. " if ending.interrupted else ""
        yield f"{begin}Type the same command again to go on. What was sent is not sent again."
    if later.first is not None:
        first = later.first.astimezone()
        yield (
            f"Not to be sent yet: {later.total:,}. The first one may be sent from {first:%Y-%m-%d %H:%M %Z} on. Type "
            "the same command again then."
        )


def unknown_ones(ending: Ending) -> Iterator[str]:
    """How to say of unknown messages whether they were sent."""
    rows = list(islice(ending.ledger.export(batch=ending.batch, state="unknown"), MAX_COMMANDS + 1))
    for row in rows[:MAX_COMMANDS]:
        yield f"  {command(ending.url, 'resolve', *selecting(row), '--sent')}"
    if len(rows) > MAX_COMMANDS:
        yield f"  {command(ending.url, 'resolve')} lists all of them."
