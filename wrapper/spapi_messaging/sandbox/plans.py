"""Usage plans as the server keeps them: one token bucket per seller and operation. Reads no clock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

STATIC_RATE, STATIC_BURST = 5.0, 15
UNPUBLISHED_RATE, UNPUBLISHED_BURST = 1.0, 5
"""For an operation whose model names no plan."""


class Plan(NamedTuple):
    """`rate` requests per second, `burst` of them at once."""

    rate: float
    burst: int


@dataclass
class _Bucket:
    level: float
    at: float


class Level(NamedTuple):
    """How full a bucket is."""

    seller: str
    operation: str
    plan: Plan
    level: float


ANY = "*"


class Plans:
    """The plans in force and the buckets that they fill.

    Args:
        published: The plan of each operation, by operationId.
        overrides: Plans that replace them, by operationId or "*".
        shared: One plan for all operations together, as Amazon's static sandbox has it.
    """

    def __init__(
        self,
        published: Mapping[str, Plan],
        overrides: Mapping[str, tuple[float, int]] | None = None,
        shared: Plan | None = None,
    ) -> None:
        self._published = dict(published)
        self._shared = shared
        self._overrides: dict[str, Plan] = {}
        self._buckets: dict[tuple[str, str], _Bucket] = {}
        self.announced = True
        for operation, (rate, burst) in (overrides or {}).items():
            self.set(operation, rate=rate, burst=burst)

    def set(self, operation: str = ANY, *, rate: float, burst: int) -> None:
        """Puts another plan in force.

        Args:
            operation: An operationId, or "*" for each one without a plan of its own.
            rate: Requests per second.
            burst: Requests at once.
        """
        self._overrides[operation] = Plan(rate, burst)
        self._buckets.clear()

    def plan(self, operation: str) -> Plan:
        """The plan in force for an operation."""
        default = self._shared or self._published.get(operation, Plan(UNPUBLISHED_RATE, UNPUBLISHED_BURST))
        return self._overrides.get(operation) or self._overrides.get(ANY) or default

    def take(self, seller: str, operation: str, now: float) -> bool:
        """Takes one token; False when there is none."""
        bucket = self._filled(seller, operation, now)
        if bucket.level < 1:
            return False
        bucket.level -= 1
        return True

    def levels(self, operations: Iterable[str], now: float) -> list[Level]:
        """How full the buckets are, those that nobody used yet among them.

        Args:
            operations: The operations to tell of.
            now: The time, in seconds.
        """
        names = [ANY] if self._shared else list(operations)
        sellers = sorted({seller for seller, _ in self._buckets}) or [""]
        return [
            Level(seller, name, self.plan(name), self._filled(seller, name, now).level)
            for seller in sellers
            for name in names
        ]

    def _filled(self, seller: str, operation: str, now: float) -> _Bucket:
        plan = self.plan(operation)
        key = (seller, ANY if self._shared else operation)
        bucket = self._buckets.setdefault(key, _Bucket(plan.burst, now))
        bucket.level = min(plan.burst, bucket.level + plan.rate * max(0.0, now - bucket.at))
        bucket.at = now
        return bucket
