"""What a person's word on messages is: how it is typed, asked and told."""

from __future__ import annotations

from dataclasses import dataclass

from spapi_messaging.bulk import State

__all__ = ["Word"]


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
