"""Saved token buckets: a process saves them when it gives a seller back, and the seller's next process restores them.

All times are spans of seconds, so that a process with another clock can go on. Does no I/O and reads no clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any, NamedTuple

from spapi_messaging._call.usage_plan import LONGEST_PAUSE, TokenBucket, UsagePlan, is_plausible, limit_pause

#: This key says that the buckets of all other operations were empty. Its value: the seconds since then, or True.
EMPTIED = "emptied"
# Seconds or tokens. No number that a bucket saves is larger.
MOST = 1e9


class SavedBucket(NamedTuple):
    """A saved bucket: what it lacked.

    Args:
        missing: tokens that the bucket lacked to be full; at most its size.
        debt: seconds that a bucket below empty needed to become just empty.
        pause: seconds that were left of the pause after a 429.
        rate: calls per second that Amazon announced; None: it announced no rate.
        plan: the plan that a user set; None: nobody set one.
        age: seconds since this was saved.
    """

    missing: float
    debt: float = 0.0
    pause: float = 0.0
    rate: float | None = None
    plan: UsagePlan | None = None
    age: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """What ``json.dumps`` takes; ``read`` reads it back."""
        written = {"missing": self.missing, "debt": self.debt, "pause": self.pause, "age": self.age, "rate": self.rate}
        kept: dict[str, Any] = {name: value for name, value in written.items() if value or name == "missing"}
        return kept if self.plan is None else {**kept, "plan": list(self.plan)}


#: A bucket that is empty, and of which nothing else is known.
EMPTY = SavedBucket(MOST)


def read(written: object) -> SavedBucket | None:
    """Reads what ``to_json`` wrote. None: this is something else."""
    try:
        return _read(written) if isinstance(written, Mapping) else None
    except ValueError:
        return None


def seconds(written: object) -> float | None:
    """A span of time. None: this is something else, such as a negative or an absurd number."""
    try:
        return _number(written)
    except ValueError:
        return None


class SavedSeller(NamedTuple):
    """The buckets of one seller that were written down, and are not in use yet.

    Args:
        buckets: by operation, each with the time at which it was like this.
        emptied: when all others were empty; None: they are full.
    """

    buckets: dict[str, tuple[SavedBucket, float]]
    emptied: float | None = None

    def take(self, operation: str) -> tuple[SavedBucket, float] | None:
        """The bucket of an operation, which is in use from now on. None: it is full."""
        found = self.buckets.pop(operation, None)
        return (EMPTY, self.emptied) if found is None and self.emptied is not None else found

    def to_json(self, now: float, used: Mapping[str, SavedBucket]) -> dict[str, Any]:
        """What ``read_seller`` reads, with the buckets that are in use."""
        waiting = {name: each._replace(age=max(0.0, now - since)) for name, (each, since) in self.buckets.items()}
        state: dict[str, Any] = {name: each.to_json() for name, each in {**waiting, **used}.items()}
        return state if self.emptied is None else {**state, EMPTIED: max(0.0, now - self.emptied)}


def read_seller(state: object, now: float, elapsed: float, *, emptied: bool) -> SavedSeller:
    """Reads what was saved ``elapsed`` seconds ago. What cannot be read counts as an empty bucket."""
    since = now - (seconds(elapsed) or 0.0)
    found = dict(state) if isinstance(state, Mapping) else {}
    mark = found.pop(EMPTIED, False) if isinstance(state, Mapping | None) else True
    empty_since = None
    if emptied or mark is not False:
        age = None if emptied else seconds(mark)
        empty_since = now if age is None else since - age
    saved = {name: read(written) for name, written in found.items()}
    buckets = {name: (EMPTY, now) if each is None else (each, since - each.age) for name, each in saved.items()}
    return SavedSeller(buckets, empty_since)


def save(bucket: TokenBucket, now: float, *, with_plan: bool) -> SavedBucket:
    """Saves a bucket. Calls in flight count as if Amazon took their tokens now."""
    bucket.settle(now)
    level = min(bucket._level, bucket._sure - bucket._in_flight)
    return SavedBucket(
        missing=min(bucket.burst - level, float(bucket.burst)),
        debt=max(0.0, -level) / bucket.rate,
        pause=limit_pause(bucket._opens - now),
        rate=bucket._announced,
        plan=bucket._explicit if with_plan else None,
    )


def restore(
    saved: SavedBucket, plan: UsagePlan, explicit: bool, since: float, lock: AbstractContextManager[object]
) -> TokenBucket:
    """A bucket that continues a saved one, as that was at ``since``. The saved plan can only make it smaller."""
    bucket = TokenBucket(plan, since, lock)
    if explicit:
        bucket.agree(plan, True, since)
    elif saved.plan is not None:
        smaller = UsagePlan(min(saved.plan.rate, plan.rate), min(saved.plan.burst, plan.burst))
        bucket.agree(smaller, True, since)
    if saved.rate is not None:
        bucket.announce(saved.rate, since)
    # No bucket is longer below empty than a pause and the slowest answers could make it.
    debt = min(saved.debt, LONGEST_PAUSE + bucket.burst / bucket.rate)
    bucket._level = bucket._sure = max(bucket.burst - saved.missing, 0.0) - debt * bucket.rate
    bucket._opens = since + saved.pause
    return bucket


def lower(bucket: TokenBucket, saved: SavedBucket, since: float, now: float) -> bool:
    """Takes from a bucket in use the tokens that a saved one lacked. Returns whether it now keeps to the saved plan."""
    explicit = bucket._explicit is not None
    rate = None if saved.rate is None else min(saved.rate, bucket.rate)
    other = restore(saved._replace(rate=rate), UsagePlan(bucket.rate, bucket.burst), explicit, since, bucket.lock)
    other.settle(now)
    bucket.settle(now)
    inherits = not explicit and other._explicit is not None
    if inherits and other._explicit is not None:
        bucket.agree(other._explicit, True, now)
    if rate is not None and rate < bucket.rate:
        bucket.announce(rate, now)
    bucket._level = min(bucket._level, other._level)
    bucket._sure = min(bucket._sure, other._sure + bucket._in_flight)
    bucket._opens = max(bucket._opens, other._opens)
    bucket.settle(now)
    bucket._wake_head()
    return inherits


def disown(bucket: TokenBucket) -> None:
    """Forgets the plan that was saved: a client of this process says which one it wants."""
    bucket._explicit = None


def _read(written: Mapping[str, Any]) -> SavedBucket:
    debt, age = (_number(written.get(name, 0.0)) for name in ("debt", "age"))
    pause, rate, plan = _number(written.get("pause", 0.0)), written.get("rate"), written.get("plan")
    if pause > LONGEST_PAUSE or (rate is not None and not is_plausible(_number(rate))):
        raise ValueError
    return SavedBucket(_number(written.get("missing")), debt, pause, rate, None if plan is None else _plan(plan), age)


def _plan(written: object) -> UsagePlan:
    if not isinstance(written, list | tuple) or len(written) != 2:
        raise ValueError
    rate, burst = map(_number, written)
    if rate <= 0 or burst < 1 or burst % 1:
        raise ValueError
    return UsagePlan(rate, int(burst))


def _number(written: object) -> float:
    if isinstance(written, bool) or not isinstance(written, int | float) or not 0 <= written <= MOST:
        raise ValueError
    return float(written)
