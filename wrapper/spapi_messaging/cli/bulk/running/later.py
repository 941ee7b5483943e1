"""Messages whose own time has not come: no command sends them sooner."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:  # loaded on first use: the command line works without the extra `bulk`
    from spapi_messaging.bulk import Ledger, Status

__all__ = ["Later", "later_of"]


class Later(NamedTuple):
    """Messages that may not be sent yet.

    Args:
        counts: how many there are, by account and type.
        first: when the first of them may be sent; None: there are no such messages.
    """

    counts: Counter[tuple[str | None, str]]
    first: datetime | None

    @property
    def total(self) -> int:
        """How many there are."""
        return self.counts.total()


def later_of(ledger: Ledger, status: Status, batch: str) -> Later:
    """The messages of a batch that have a `not_before` of their own. Those that wait after trouble are tried at once.

    Args:
        ledger: the ledger.
        status: how the batch stands. Where it knows of no such message, none is looked for.
        batch: the batch.
    """
    now, first = datetime.now(UTC), None
    counts: Counter[tuple[str | None, str]] = Counter()
    for row in ledger.export(batch=batch, state="pending") if status.later else ():
        if row["not_before"] is None or row["error_type"] is not None:
            continue
        if (moment := datetime.fromisoformat(row["not_before"])) > now:
            counts[row["account"], row["message_type"]] += 1
            first = min(first or moment, moment)
    return Later(counts, first)
