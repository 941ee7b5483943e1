"""The states of a message in the ledger, and what each means."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["EXIT_CODES", "HELD", "REFUSED", "TO_SEND", "UNSENT", "WITHDRAWN", "State", "exit_code"]


class State(StrEnum):
    """Where a message stands.

    pending -> claimed -> sending -> sent | rejected | unknown
                  ^          |
                  +----------+   only with proof that Amazon did not accept it

    A sender that is gone leaves ``claimed`` messages, which become ``pending`` again, and ``sending`` ones, which
    become ``unknown``. A message is ``waiting`` while Amazon does not offer it for its order, and ``given_up`` when
    that takes too long. ``cancelled`` (not to be sent) and ``skipped`` (done elsewhere) are a person's word.
    """

    PENDING = "pending"
    CLAIMED = "claimed"
    SENDING = "sending"
    SENT = "sent"
    WAITING = "waiting"
    REJECTED = "rejected"
    GIVEN_UP = "given_up"
    UNKNOWN = "unknown"
    CANCELLED = "cancelled"
    SKIPPED = "skipped"
    #: Of a seller: its messages stay ``pending``, and none of them is sent until a person resumes it.
    PARKED = "parked"

    @property
    def is_finished(self) -> bool:
        """Whether no sender touches the message any more."""
        return self in _FINISHED


_FINISHED = frozenset({State.SENT, State.REJECTED, State.GIVEN_UP, State.UNKNOWN, State.CANCELLED, State.SKIPPED})

#: A sender has these messages just now.
HELD = (State.CLAIMED, State.SENDING)
#: Still to be sent, as far as anybody knows now.
TO_SEND = (State.PENDING, *HELD)
#: Not sent yet, and no sender has them.
UNSENT = (State.PENDING, State.WAITING)
#: Not sent, because Amazon refused them or did not offer them in time. A person decides.
REFUSED = (State.REJECTED, State.GIVEN_UP)
#: Not to be sent, as a person said.
WITHDRAWN = (State.CANCELLED, State.SKIPPED)

#: The exit code of a command for a message in this state.
EXIT_CODES = {
    State.PENDING: 6,
    State.CLAIMED: 6,
    State.SENDING: 6,
    State.SENT: 0,
    State.WAITING: 6,
    State.REJECTED: 1,
    State.GIVEN_UP: 1,
    State.UNKNOWN: 3,
    State.CANCELLED: 0,
    State.SKIPPED: 0,
    State.PARKED: 4,
}
# The worst first.
_SEVERITY = (3, 4, 1, 6, 0)


def exit_code(states: set[State]) -> int:
    """The exit code of a run that ended with messages in these states: that of the worst one."""
    codes = {EXIT_CODES[state] for state in states}
    return next((code for code in _SEVERITY if code in codes), 0)
