"""Makes the wall clock of this process wrong, as on a host whose clock nobody sets. Its monotonic clock stays right."""

from __future__ import annotations

import datetime
import time
from typing import Self

# They are compiled for the real class, and warn of any other one.
import psycopg  # noqa: F401
import sqlalchemy  # noqa: F401

_time, _time_ns, _monotonic = time.time, time.time_ns, time.monotonic
#: Seconds between two jumps of a clock that jumps.
JUMPS_EVERY = 0.3


def install(wrong_by: float, jumps: float = 0.0) -> None:
    """Makes it wrong, for all modules that are loaded from now on.

    Args:
        wrong_by: seconds that it is ahead; below zero: behind.
        jumps: seconds that it jumps ahead, and back again, every JUMPS_EVERY seconds. 0: it does not.
    """
    if not wrong_by and not jumps:
        return

    def wrong() -> float:
        is_ahead = int(_monotonic() / JUMPS_EVERY) % 2
        return wrong_by + (jumps if is_ahead else 0.0)

    class WrongDatetime(datetime.datetime):
        @classmethod
        def now(cls, tz: datetime.tzinfo | None = None) -> Self:
            return cls.fromtimestamp(_time() + wrong(), tz)

        @classmethod
        def utcnow(cls) -> Self:
            return cls.now(datetime.UTC).replace(tzinfo=None)

    time.time = lambda: _time() + wrong()
    time.time_ns = lambda: _time_ns() + int(wrong() * 1e9)
    datetime.datetime = WrongDatetime  # type: ignore[misc]
