"""The limiter that keeps its token buckets in the memory of the process."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from spapi_messaging._call.limiting import BucketKey, Ticket, no_room
from spapi_messaging._call.usage_plan import TokenBucket, UsagePlan
from spapi_messaging._io.fork import reset_in_child

if TYPE_CHECKING:  # loaded on first use: few programs save their buckets
    from spapi_messaging._call.saved_buckets import SavedSeller

# A bucket's key without its operation.
_Seller = tuple[str, str, str]


class InProcessLimiter:
    """Token buckets in the memory of this process, for any number of threads, event loops, clients and sellers.

    A forked child process begins with full buckets of its own.

    Whoever hands a seller over to another process, or to another machine, saves its buckets and restores them there::

        state = limiter.save(client.bucket_key("invoice"), clock.now())  # goes into a database, as JSON
        limiter.restore(client.bucket_key("invoice"), state, clock.now(), elapsed=seconds_since_then)

    Then both together send no faster than one of them would. ``clock`` is that of the client, by default ``Clock()``.
    """

    blocking = False

    def __init__(self) -> None:
        self.in_child()
        reset_in_child(self)

    def in_child(self) -> None:
        """Begins anew: after a fork, those who wait or hold the lock are in the parent process."""
        # Re-entrant: the garbage collector may close an abandoned call, which gives its turn back, at any time.
        self._lock = threading.RLock()
        self._buckets: dict[BucketKey, TokenBucket] = {}
        self._operations: dict[_Seller, list[str]] = {}  # which buckets each seller has
        self._restored: dict[_Seller, SavedSeller] = {}
        self._inherited: set[BucketKey] = set()  # buckets with a plan that was saved, and that nobody here has set

    def reserve(
        self,
        key: BucketKey,
        plan: UsagePlan,
        now: float,
        *,
        explicit: bool = False,
        within: float | None = None,
        push_back: float | None = None,
        wake: Callable[[], None] | None = None,
    ) -> Ticket:
        """Puts a call into the queue; see Limiter.reserve."""
        with self._lock:
            bucket = self._buckets.get(key)
            if bucket is None:
                bucket = self._make(key, plan, explicit, now)
            elif self._inherited and explicit:
                self._disown(key, bucket)
            bucket.agree(plan, explicit, now)
            ahead = push_back is not None
            if push_back is not None:
                bucket.push_back(now, push_back)
            patience = math.inf if within is None else within
            ticket = bucket.reserve(now, wake=wake, within=patience, ahead=ahead)
            if ticket is not None:
                return ticket
            wait = bucket.wait_for(now, ahead=ahead)
            raise no_room(key, UsagePlan(bucket.rate, bucket.burst), wait, within)

    def save(self, key: BucketKey, now: float) -> dict[str, Any]:
        """Writes down the buckets of one seller, so that another process goes on where this one stops.

        Calls in flight count as used. Saving changes nothing here.

        Args:
            key: any bucket of the seller; its operation does not matter.
            now: the time, on the clock that the calls go by.

        Returns:
            What ``json.dumps`` takes and ``restore`` reads: by operation, how many tokens are missing, the rest of a
            pause after a 429, the rate that Amazon announced, and the plan that a user set. Times in it are spans of
            seconds.
        """
        from spapi_messaging._call.saved_buckets import SavedSeller, save

        seller = key[:3]
        with self._lock:
            used = {}
            for name in self._operations.get(seller, ()):
                own_key = key._replace(operation=name)
                used[name] = save(self._buckets[own_key], now, with_plan=own_key not in self._inherited)
            # What was restored and not used yet belongs to the next process as well.
            return self._restored.get(seller, SavedSeller({})).to_json(now, used)

    def restore(
        self, key: BucketKey, state: object, now: float, *, elapsed: float = 0.0, emptied: bool = False
    ) -> None:
        """Goes on with the buckets of one seller where another process stopped.

        A bucket that is in use here already is only lowered, never raised. What ``save`` did not write is ignored, and
        its bucket begins empty. A plan that a user had set counts until a client here sets one; it never raises
        anything, and is not saved again.

        Args:
            key: any bucket of the seller; its operation does not matter.
            state: what ``save`` returned, or None. ``{"emptied": True}`` means the same as ``emptied``.
            now: the time, on the clock that the calls go by.
            elapsed: seconds since it was saved, for which the buckets have filled up.
            emptied: whether the buckets that were not saved are empty now, because nobody knows how they were used.
        """
        from spapi_messaging._call.saved_buckets import lower, read_seller

        saved = read_seller(state, now, elapsed, emptied=emptied)
        with self._lock:
            self._restored[key[:3]] = saved
            for name in self._operations.get(key[:3], ()):
                own_key = key._replace(operation=name)
                found = saved.take(name)
                if found is not None and lower(self._buckets[own_key], *found, now):
                    self._inherited.add(own_key)

    def _make(self, key: BucketKey, plan: UsagePlan, explicit: bool, now: float) -> TokenBucket:
        """Makes a bucket: a full one, or as it was saved."""
        seller = key[:3]
        self._operations.setdefault(seller, []).append(key.operation)
        saved = self._restored.get(seller)
        found = None if saved is None else saved.take(key.operation)
        if found is None:
            bucket = TokenBucket(plan, now, self._lock)
        else:
            from spapi_messaging._call.saved_buckets import restore

            bucket = restore(found[0], plan, explicit, found[1], self._lock)
            if found[0].plan is not None and not explicit:
                self._inherited.add(key)
        self._buckets[key] = bucket
        return bucket

    def _disown(self, key: BucketKey, bucket: TokenBucket) -> None:
        """A plan that a client sets takes the place of one that was saved."""
        if key in self._inherited:
            from spapi_messaging._call.saved_buckets import disown

            self._inherited.discard(key)
            disown(bucket)
