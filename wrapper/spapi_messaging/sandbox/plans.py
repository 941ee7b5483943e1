"""Usage plans on the server: each seller has one token bucket for each operation. Reads no clock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from spapi_messaging.sandbox.checks import MANY, check_count, check_number, check_text
from spapi_messaging.sandbox.operations import Operations, retired_hint


class Plan(NamedTuple):
    """`rate` is the number of requests per second, `burst` the number at once."""

    rate: float
    burst: int


LEAST_RATE = 0.000001
STATIC_PLAN = Plan(5.0, 15)
UNPUBLISHED_PLAN = Plan(1.0, 5)
"""The plan of an operation for which the published model gives no plan."""


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
    """The usage plans, and the token buckets.

    Args:
        published: The plan of each operation, by operationId.
        overrides: Plans that replace the published ones, by operationId, by message type or "*".
        shared: One plan for all operations together, as in Amazon's static sandbox.
        operations: The operations that can have a plan.

    Attributes:
        announced: Whether answers have the rate in `x-amzn-RateLimit-Limit`.
    """

    def __init__(
        self,
        published: Mapping[str, Plan],
        overrides: Mapping[str, tuple[float, int]] | None = None,
        shared: Plan | None = None,
        operations: Operations | None = None,
    ) -> None:
        self._operations = operations or Operations()
        self._published = dict(published)
        self._shared = shared
        self._overrides: dict[str, Plan] = {}
        self._buckets: dict[tuple[str, str], _Bucket] = {}
        self.announced = True
        for operation, plan in _pairs(overrides or {}):
            self.set(operation, rate=plan[0], burst=plan[1])

    def set(self, operation: str = ANY, *, rate: float, burst: int) -> None:
        """Sets a plan, and fills all buckets.

        Args:
            operation: An operationId, a message type, or "*" for all operations whose plan was not set by name.
            rate: Requests per second.
            burst: Requests at once.

        Raises:
            TypeError: A value has the wrong type.
            ValueError: The operation is unknown, or the rate or the burst is too small or too large.
        """
        name = self._named(operation)
        check_number("rate", rate, LEAST_RATE, MANY)
        check_count("burst", burst)
        self._overrides[name] = Plan(rate, burst)
        self._buckets.clear()

    def _named(self, operation: str) -> str:
        check_text("operation", operation)
        found = self._operations.find(operation)
        if found is None and operation != ANY:
            known = f"{ANY}, {self._operations.names}"
            raise ValueError(f"unknown operation {operation!r}; known: {known}. {retired_hint(operation)}".rstrip())
        return found.operation_id if found else ANY

    def plan(self, operation: str) -> Plan:
        """The plan of an operation.

        Args:
            operation: An operationId, a message type, or "*" for all operations whose plan was not set by name.

        Raises:
            TypeError: The operation is not a string.
            ValueError: The operation is unknown.
        """
        return self._plan(self._named(operation))

    def take(self, seller: str, operation: str, now: float) -> bool:
        """Takes one token from the bucket. False: the bucket is empty."""
        bucket = self._refilled(seller, operation, now)
        if bucket.level < 1:
            return False
        bucket.level -= 1
        return True

    def levels(self, operations: Iterable[str], now: float) -> list[Level]:
        """How full the buckets are, also those that were not used yet.

        Args:
            operations: The operations to list.
            now: The current time, in seconds.
        """
        names = [ANY] if self._shared else list(operations)
        sellers = sorted({seller for seller, _ in self._buckets}) or [""]
        return [
            Level(seller, name, self.plan(name), self._refilled(seller, name, now).level)
            for seller in sellers
            for name in names
        ]

    def _plan(self, name: str) -> Plan:
        default = self._shared or self._published.get(name, UNPUBLISHED_PLAN)
        return self._overrides.get(name) or self._overrides.get(ANY) or default

    def _refilled(self, seller: str, operation: str, now: float) -> _Bucket:
        name = self._named(operation)
        plan = self._plan(name)
        key = (seller, ANY if self._shared else name)
        bucket = self._buckets.setdefault(key, _Bucket(plan.burst, now))
        bucket.level = min(plan.burst, bucket.level + plan.rate * max(0.0, now - bucket.at))
        bucket.at = now
        return bucket


def _pairs(overrides: Mapping[str, tuple[float, int]]) -> Iterable[tuple[str, tuple[float, int]]]:
    if not isinstance(overrides, Mapping):
        raise TypeError(f"plans must be a mapping, not {type(overrides).__name__}")
    for operation, plan in overrides.items():
        if not isinstance(plan, tuple | list) or len(plan) != 2:
            raise TypeError(f"plans: {operation} must have a rate and a burst, such as (1.0, 5)")
    return overrides.items()
