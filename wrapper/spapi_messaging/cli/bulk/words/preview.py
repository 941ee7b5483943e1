"""What a word would change, as it is shown before anybody is asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

from spapi_messaging.bulk.states import HELD, State
from spapi_messaging.cli.bulk.selection import narrowed
from spapi_messaging.cli.bulk.shown.counted import counted
from spapi_messaging.cli.bulk.shown.counts import table, terminal_width
from spapi_messaging.cli.bulk.shown.messages import listed
from spapi_messaging.cli.bulk.words.word import Word

if TYPE_CHECKING:
    from spapi_messaging.bulk import Count, Ledger

__all__ = ["MAX_EXAMPLES", "Preview", "lines_of", "nothing_to_do", "preview_of"]

MAX_EXAMPLES = 10


@dataclass(frozen=True)
class Preview:
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


def preview_of(ledger: Ledger, word: Word, selection: Mapping[str, list[str]]) -> Preview:
    """What a word would change of a selection."""
    everything = ledger.status(**selection)
    counts = tuple(each for each in everything.counts if each.state in word.states)
    meant = narrowed(selection, word.states)
    rows = ledger.export(**meant) if meant else ()
    held = sum(everything.states.get(state, 0) for state in HELD) if word.spares_held else 0
    return Preview(counts, tuple(islice(rows, MAX_EXAMPLES)), held, everything.senders, everything.states)


def lines_of(word: Word, preview: Preview, count: int) -> Iterable[str]:
    """What would be changed, in lines."""
    yield f"{word.name}: {counted(count)}"
    if preview.counts:
        yield from table(preview.counts, terminal_width())
    if freed := preview.freed(count):
        yield f"  {word.others.format(messages=counted(freed))}"
    if preview.examples:
        yield "The first ones:" if count > len(preview.examples) else "In detail:"
        yield from listed(preview.examples, terminal_width())
    if kept := preview.kept(count):
        yield held_told(kept)


def nothing_to_do(word: Word, preview: Preview) -> str:
    """Why nothing is done."""
    if not preview.fitting:
        return "Nothing to do: no message of this ledger fits."
    states = ", ".join(f"{count:,} {state.value}" for state, count in preview.fitting.items())
    kept = f" {held_told(preview.kept(0))}" if preview.kept(0) else ""
    wanted = " or ".join(state.value for state in word.states)
    return f"Nothing to do: no message that fits is {wanted}. There are: {states}.{kept}"


def held_told(held: int) -> str:
    """That a sender holds messages."""
    return f"Not touched, because a sender has them just now: {counted(held)}."
