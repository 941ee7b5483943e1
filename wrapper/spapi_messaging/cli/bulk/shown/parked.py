"""Accounts of which nothing is sent, as a person reads of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from spapi_messaging.bulk import State
from spapi_messaging.cli.bulk.shown.counted import counted
from spapi_messaging.cli.bulk.shown.counts import terminal_width
from spapi_messaging.cli.bulk.shown.messages import time_shown
from spapi_messaging.cli.bulk.shown.one_line import one_line
from spapi_messaging.cli.columns import wrapped

if TYPE_CHECKING:
    from spapi_messaging.bulk import ParkedAccount, Status

__all__ = ["parked_lines"]

MAX_REASON = 600  # characters


def parked_lines(status: Status, parked: Iterable[ParkedAccount]) -> Iterable[str]:
    """Which accounts are parked, since when, and why."""
    for each in parked:
        waiting = sum(
            count.count for count in status.counts if (count.account, count.state) == (each.account, State.PARKED)
        )
        since = time_shown(each.since.isoformat())
        name = one_line(each.account) if each.account else "(messages without an account)"
        yield f"  {name}: parked since {since}, {counted(waiting)}"
        told = one_line(f"{each.error or ''}: {each.reason or 'no reason is known'}", MAX_REASON)
        yield from (f"      {line}" for line in wrapped(told, max(20, terminal_width() - 6)))
