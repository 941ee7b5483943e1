"""What a word does to messages: shown, asked about, done, told."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

import click

from spapi_messaging.bulk import State
from spapi_messaging.cli.bulk.asking import is_agreed, these
from spapi_messaging.cli.bulk.selection import narrowed
from spapi_messaging.cli.bulk.shown.counted import counted
from spapi_messaging.cli.bulk.shown.counts import table, terminal_width
from spapi_messaging.cli.bulk.shown.messages import listed
from spapi_messaging.cli.session import Session

if TYPE_CHECKING:
    from spapi_messaging.bulk import Count, Ledger

__all__ = ["MAX_EXAMPLES", "Deed", "Seen", "Word", "carry_out", "nothing_done", "seen"]

MAX_EXAMPLES = 10
HELD = (State.CLAIMED, State.SENDING)


@dataclass(frozen=True)
class Word:
    """A person's word on messages.

    Attributes:
        name: as it is typed.
        states: the states of the messages that it changes.
        question: what is asked; ``{these}`` are the messages.
        done: what is told afterwards; ``{messages}`` is how many.
        spares_held: whether a sender may hold messages that were meant too.
        others: what it changes besides the messages in these states.
    """

    name: str
    states: tuple[State, ...]
    question: str
    done: str
    spares_held: bool = False
    others: str = "{messages} of a sender that is gone"


@dataclass(frozen=True)
class Seen:
    """What a word would change, as it stood when it was looked at.

    Attributes:
        counts: messages by account, type and state.
        examples: the first of them, as `Ledger.export` gives them.
        held: how many messages a sender may hold besides.
        senders: how many senders run.
        fitting: all messages that fit what was chosen, by state, whatever the word changes.
    """

    counts: tuple[Count, ...] = ()
    examples: tuple[Mapping[str, Any], ...] = ()
    held: int = 0
    senders: int = 0
    fitting: Mapping[State, int] = field(default_factory=dict)

    def freed(self, count: int) -> int:
        """How many messages are changed that are in other states now, such as with a sender which is gone.

        Args:
            count: how many messages are changed.
        """
        return max(0, count - sum(each.count for each in self.counts))

    def kept(self, count: int) -> int:
        """How many messages are not touched, because a sender has them.

        Args:
            count: as of `freed`.
        """
        return max(0, self.held - self.freed(count)) if self.senders else 0


#: Does it, or tries it with True. Returns how many messages it changes.
Deed = Callable[[bool], int]


def seen(ledger: Ledger, word: Word, selection: Mapping[str, list[str]]) -> Seen:
    """What a word would change of a selection."""
    everything = ledger.status(**selection)
    counts = tuple(each for each in everything.counts if each.state in word.states)
    meant = narrowed(selection, word.states)
    rows = ledger.export(**meant) if meant else ()
    held = sum(everything.states.get(state, 0) for state in HELD) if word.spares_held else 0
    return Seen(counts, tuple(islice(rows, MAX_EXAMPLES)), held, everything.senders, everything.states)


def carry_out(session: Session, word: Word, look: Callable[[], Seen], do: Deed, *, yes: bool, dry_run: bool) -> None:
    """Shows what a word would do, asks, does it, and tells what was done.

    Args:
        session: the command's.
        word: the word.
        look: finds out what there is to show.
        do: the deed.
        yes: whether nobody is asked.
        dry_run: whether nothing is done.

    Raises:
        click.exceptions.Exit: a person said no.
        click.UsageError: nobody can be asked.
    """
    count = do(True)
    found = look()
    if not count:
        session.document(document(word.name, found, 0, 0, dry_run=dry_run))
        session.say(nothing_to_do(word, found))
        return
    for line in shown(word, found, count):
        session.say(line)
    if dry_run:
        session.document(document(word.name, found, count, 0, dry_run=True))
        session.say("Nothing was changed: --dry-run.")
        return
    if not is_agreed(session, word.question.format(these=these(count)), yes=yes):
        nothing_done(session)
    changed = do(False)
    session.document(document(word.name, found, count, changed, dry_run=False))
    session.say(word.done.format(messages=counted(changed)))
    if changed != count:
        session.say(f"It was {counted(count)} when this was shown. The others changed in the meantime.")


def nothing_done(session: Session) -> None:
    """Ends a command whose question was answered with no."""
    session.say("Nothing was changed.")
    raise click.exceptions.Exit(1)


def document(name: str, found: Seen, count: int, changed: int, *, dry_run: bool) -> dict[str, Any]:
    """What `--json` prints."""
    counts = [
        {"account": each.account, "message_type": each.message_type, "state": each.state.value, "count": each.count}
        for each in found.counts
    ]
    return {
        "word": name,
        "count": count,
        "changed": changed,
        "held": found.kept(count),
        "dry_run": dry_run,
        "counts": counts if count else [],
    }


def shown(word: Word, found: Seen, count: int) -> Iterable[str]:
    """What would be changed, in lines."""
    yield f"{word.name}: {counted(count)}"
    if found.counts:
        yield from table(found.counts, terminal_width())
    if freed := found.freed(count):
        yield f"  {word.others.format(messages=counted(freed))}"
    if found.examples:
        yield "The first ones:" if count > len(found.examples) else "In detail:"
        yield from listed(found.examples, terminal_width())
    if kept := found.kept(count):
        yield held_told(kept)


def nothing_to_do(word: Word, found: Seen) -> str:
    """Why nothing is done."""
    if not found.fitting:
        return "Nothing to do: no message of this ledger fits."
    states = ", ".join(f"{count:,} {state.value}" for state, count in found.fitting.items())
    kept = f" {held_told(found.kept(0))}" if found.kept(0) else ""
    wanted = " or ".join(state.value for state in word.states)
    return f"Nothing to do: no message that fits is {wanted}. There are: {states}.{kept}"


def held_told(held: int) -> str:
    """That a sender holds messages."""
    return f"Not touched, because a sender has them just now: {counted(held)}."
