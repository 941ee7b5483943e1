"""One operation of a seller that is being served: its messages, and how many of them may be in work."""

from __future__ import annotations

import math
from collections import deque
from typing import TYPE_CHECKING

from spapi_messaging.bulk.sending.pace import most_in_work

if TYPE_CHECKING:
    from spapi_messaging.bulk.claiming.claims import ClaimedMessage
    from spapi_messaging.bulk.sending.accounts import Client

__all__ = ["HEAD_START", "Lane"]

#: Seconds that the others wait for the first message of an operation to leave. So the first messages of all sellers go
#: first, whose usage plans refill from then on; and credentials that are refused are refused once.
HEAD_START = 1.0


class Lane:
    """One operation of a seller.

    Args:
        client: the seller's.
        message_type: the operation's.
    """

    def __init__(self, client: Client, message_type: str) -> None:
        self.ready: deque[tuple[str, ClaimedMessage]] = deque()  # with the sender that claimed it
        self.active = 0
        self.dry = False  # whether the ledger has no more for it now
        self.most = most_in_work(client, message_type)
        self._opens_at = math.inf  # when the others follow the first message
        self._is_open = False

    def room(self, now: float) -> int:
        """How many more messages may be in work."""
        self._is_open = self._is_open or now >= self._opens_at
        return (self.most if self._is_open else 1) - self.active

    def begin(self, now: float) -> None:
        """One more message is in work."""
        self.active += 1
        self._opens_at = min(self._opens_at, now + HEAD_START)

    def open(self) -> None:
        """The first message has left, or is done: the others follow."""
        self._is_open = True

    def opens_in(self, now: float) -> float | None:
        """Seconds until the others follow anyway. None: they do already, or there is no first message."""
        return None if self._is_open or self._opens_at == math.inf else max(0.0, self._opens_at - now)
