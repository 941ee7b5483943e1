"""How long it takes to send what is pending, at Amazon's published usage plans. Does no I/O."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from spapi_messaging.bulk.states import TO_SEND
from spapi_messaging.messages import MESSAGE_TYPES, OPERATIONS

if TYPE_CHECKING:  # loaded on first use: the command line works without the extra `bulk`
    from spapi_messaging.bulk import Count

__all__ = ["Pace", "duration", "pace_of"]


@dataclass(frozen=True)
class Pace:
    """What takes longest.

    Attributes:
        seconds: how long.
        account: whose messages take longest.
        message_type: of which type.
        count: how many they are.
        rate: how many of them Amazon takes in a second.
    """

    seconds: float
    account: str | None
    message_type: str
    count: int
    rate: float

    @property
    def time(self) -> str:
        """How long, in words."""
        return duration(self.seconds)


def pace_of(counts: Iterable[Count]) -> Pace | None:
    """What takes longest to send, because each account has a plan of its own for each type.

    None: nothing is pending, or Amazon has published no plan for it.
    """
    pending: Counter[tuple[str | None, str]] = Counter()
    for each in counts:
        if each.state in TO_SEND:
            pending[each.account, each.message_type] += each.count
    paces = [
        Pace(count / rate, account, message_type, count, rate)
        for (account, message_type), count in pending.items()
        if (rate := _rate(message_type))
    ]
    return max(paces, key=lambda pace: pace.seconds, default=None)


def duration(seconds: float) -> str:
    """A duration in words, roughly."""
    if seconds < 90:
        return "about a minute" if seconds > 45 else "less than a minute"
    if seconds < 90 * 60:
        return f"about {seconds / 60:.0f} minutes"
    return f"about {seconds / 3600:,.1f} hours"


def _rate(message_type: str) -> float | None:
    operation = MESSAGE_TYPES.get(message_type) or OPERATIONS.get(message_type)
    return operation.rate if operation else None
