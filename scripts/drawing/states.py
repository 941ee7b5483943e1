"""The states of a message in the ledger, and how it comes from one to another."""

from __future__ import annotations

from typing import NamedTuple

from drawing.svg import Picture
from spapi_messaging.bulk import State


class Change(NamedTuple):
    """A change of a message's state.

    Attributes:
        before: the state that it leaves.
        after: the state that it gets.
        why: what brings it there: a person's word, which is a method of Ledger, or what a sender saw.
    """

    before: State
    after: State
    why: str


_S = State
#: What senders do.
BY_SENDERS = [
    Change(_S.PENDING, _S.CLAIMED, "a sender takes the seller"),
    Change(_S.CLAIMED, _S.PENDING, "the seller is given back, or its sender is gone"),
    Change(_S.CLAIMED, _S.SENDING, "just before the first byte leaves"),
    Change(_S.SENDING, _S.CLAIMED, "Amazon certainly did not accept it, and this sender tries again"),
    Change(_S.SENDING, _S.PENDING, "the same, and it is left for later, or this sender has the seller no more"),
    Change(_S.SENDING, _S.SENT, "Amazon accepted it"),
    Change(_S.SENDING, _S.REJECTED, "Amazon refused it"),
    Change(_S.SENDING, _S.UNKNOWN, "no answer tells whether it arrived, or its sender is gone"),
    Change(_S.SENDING, _S.WAITING, "Amazon refuses nearly all of its type now"),
    Change(_S.SENDING, _S.GIVEN_UP, "the same, and it waited too long"),
    Change(_S.CLAIMED, _S.REJECTED, "it breaks a rule, or its file was changed"),
    Change(_S.CLAIMED, _S.WAITING, "with check=True: Amazon does not offer it for the order now"),
    Change(_S.CLAIMED, _S.GIVEN_UP, "it waited too long"),
    Change(_S.WAITING, _S.PENDING, "its time has come"),
    Change(_S.UNKNOWN, _S.SENT, "its sender was only slow, and has the answer after all"),
    Change(_S.REJECTED, _S.WAITING, "others of its type are refused in the same way: it is Amazon's side"),
]
#: What people say, by the method of Ledger.
_WORDS: dict[str, tuple[list[State], State]] = {
    "retry": ([_S.REJECTED, _S.GIVEN_UP, _S.CANCELLED, _S.SKIPPED], _S.PENDING),
    "cancel": ([_S.PENDING, _S.WAITING, _S.REJECTED, _S.GIVEN_UP], _S.CANCELLED),
    "skip": ([_S.PENDING, _S.WAITING, _S.REJECTED, _S.GIVEN_UP], _S.SKIPPED),
    "resolve(sent=True)": ([_S.UNKNOWN], _S.SENT),
    "resolve(sent=False)": ([_S.UNKNOWN], _S.PENDING),
    "recover": ([_S.PENDING, _S.WAITING], _S.UNKNOWN),
    "forget": ([_S.PENDING, _S.WAITING], _S.CANCELLED),
}
BY_PEOPLE = [Change(before, after, word) for word, (states, after) in _WORDS.items() for before in states]

#: The page that lists the changes, between marks.
PAGE, MARK = "design/ledger.md", "changes"

TITLE = "The states of a message in the ledger"
TOLD = (
    "A pending message is claimed by a sender, is sending while it is on its way, and is sent when Amazon accepted it. "
    "It goes back to claimed only with proof that Amazon did not accept it. Otherwise it is rejected, or unknown, or "
    "it waits and is given up in the end. Dashed arrows are a person's word: retry, resolve, cancel and skip."
)
_WIDTH = 150
_PLACES = {
    State.PENDING: (40, 150),
    State.CLAIMED: (290, 150),
    State.SENDING: (540, 150),
    State.SENT: (790, 30),
    State.UNKNOWN: (790, 150),
    State.REJECTED: (790, 270),
    State.WAITING: (290, 320),
    State.GIVEN_UP: (540, 320),
    State.CANCELLED: (290, 430),
    State.SKIPPED: (540, 430),
}
_KINDS = {State.SENT: "main", State.UNKNOWN: "care", State.REJECTED: "care", State.GIVEN_UP: "care"}
#: The arrows that are drawn. Those that would cross others are in the table beside the picture.
ARROWS: dict[tuple[State, State], tuple[str, tuple[float, float], str]] = {
    (_S.PENDING, _S.CLAIMED): ("M190 162 H288", (206, 154), "a sender"),
    (_S.CLAIMED, _S.PENDING): ("M290 186 H192", (206, 204), "given back"),
    (_S.CLAIMED, _S.SENDING): ("M440 162 H538", (450, 154), "first byte"),
    (_S.SENDING, _S.CLAIMED): ("M540 186 H442", (446, 204), "not accepted"),
    (_S.SENDING, _S.SENT): ("M690 160 C740 160 740 52 788 52", (716, 70), "201"),
    (_S.SENDING, _S.UNKNOWN): ("M690 172 H788", (706, 164), "no answer"),
    (_S.SENDING, _S.REJECTED): ("M690 184 C740 184 740 284 788 284", (696, 262), "refused"),
    (_S.CLAIMED, _S.WAITING): ("M365 194 V318", (373, 262), "not now"),
    (_S.WAITING, _S.PENDING): ("M290 342 C190 342 130 300 130 196", (152, 268), "its time has come"),
    (_S.CLAIMED, _S.GIVEN_UP): ("M420 194 C440 270 560 260 590 318", (508, 254), "too long"),
    (_S.UNKNOWN, _S.SENT): ("M880 150 V76", (888, 118), "resolve"),
    (_S.UNKNOWN, _S.PENDING): ("M830 150 C760 90 240 60 130 148", (420, 72), "resolve: it did not arrive"),
    (_S.REJECTED, _S.PENDING): ("M870 314 C870 640 60 660 80 196", (480, 534), "retry"),
    (_S.WAITING, _S.CANCELLED): ("M365 364 V428", (373, 402), "cancel"),
    (_S.GIVEN_UP, _S.SKIPPED): ("M615 364 V428", (623, 402), "skip"),
}


def table() -> str:
    """The changes as a table of Markdown: what senders do, then what people say."""
    lines = ["| from | to | why |", "|---|---|---|"]
    lines += [f"| `{each.before}` | `{each.after}` | {each.why} |" for each in BY_SENDERS]
    for word, (states, after) in _WORDS.items():
        lines.append(f"| {', '.join(f'`{state}`' for state in states)} | `{after}` | a person: `{word}` |")
    return "\n".join(lines)


def drawn() -> str:
    """The picture."""
    picture = Picture(960, 580, TITLE, TOLD)
    for state, corner in _PLACES.items():
        picture.box(*corner, _WIDTH, state.value, kind=_KINDS.get(state, "box"))
    people = {(each.before, each.after) for each in BY_PEOPLE}
    for ends, (path, (x, y), words) in ARROWS.items():
        picture.arrow(path, thin=ends in people)
        picture.words(x, y, words)
    return picture.svg()
