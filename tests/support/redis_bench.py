"""A bench for the limiter on Redis, with one clock for the server and for the client."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

from spapi_messaging.limiters import RedisLimiter
from tests.support.clocks import FakeClock
from tests.support.limiter_contract import Bench

_prefixes = (f"test-{number}" for number in itertools.count())


class RedisBench(Bench):
    """A limiter on Redis whose server and client go by the bench's clock. It knows the server for long."""

    limiter: RedisLimiter

    def __init__(self, url: str, *, known_for: float = 10_000.0, **options: Any) -> None:
        self.clock = FakeClock()
        self.url = url
        self.options = {"prefix": next(_prefixes), "clock": self.clock, **options}
        self.clock.time = 1000.0
        super().__init__(RedisLimiter(url, **self.options))
        self.reserve().cancel(self.now)
        self.pass_time(known_for)

    @property
    def now(self) -> float:
        return self.clock.time

    @now.setter
    def now(self, time: float) -> None:
        self.clock.time = time

    def another(self) -> RedisLimiter:
        """The limiter of another process."""
        return RedisLimiter(self.url, **self.options)


#: Makes benches, for a server and with options.
NewBench = Callable[..., RedisBench]
