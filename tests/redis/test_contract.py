"""A limiter on Redis does what any limiter must do."""

from __future__ import annotations

from tests.support.limiter_contract import LimiterContract


class TestRedisLimiter(LimiterContract):
    """With the fixture ``bench`` of this folder."""
