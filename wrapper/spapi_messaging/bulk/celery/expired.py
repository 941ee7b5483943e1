"""Ticks that were dropped because they were too old when a worker got them."""

from __future__ import annotations

import logging

from spapi_messaging.bulk.celery.plan import Plan

log = logging.getLogger("spapi_messaging.bulk")

#: How many ticks may be dropped in a row before it is said, besides those of one slice.
MOST_UNNOTICED = 5


class Expired:
    """Counts the ticks that a worker drops. A few are normal while all processes are busy.

    Args:
        plan: how many ticks are published while a slice is served.
    """

    def __init__(self, plan: Plan) -> None:
        self._limit = MOST_UNNOTICED + int(plan.expires / (plan.every or plan.expires))
        self._plan = plan
        self._in_a_row = 0

    def received(self) -> None:
        """A worker got a tick in time."""
        self._in_a_row = 0

    def dropped(self) -> None:
        """A worker dropped one."""
        self._in_a_row += 1
        if self._in_a_row == self._limit:
            log.warning(
                "%d ticks in a row were older than %g s and were dropped, so nothing is sent. After a time without "
                "workers this is normal, and ends by itself. If it goes on, other tasks hold up the queue (use a queue "
                "of its own), or the clocks of this machine and of the one where beat runs differ.",
                self._in_a_row, self._plan.expires,
            )  # fmt: skip
