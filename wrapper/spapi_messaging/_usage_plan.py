"""Usage plans and the token bucket that keeps to them. Does no I/O and reads no clock: every call is given the time."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from spapi_messaging.errors import ConfigurationError

# Float arithmetic on times must not make a caller wait for a billionth of a token.
_ALMOST_ONE = 1.0 - 1e-9


class UsagePlan(NamedTuple):
    """How often Amazon lets one seller's application call one operation.

    Args:
        rate: calls per second in the long run, above zero.
        burst: calls that may come at once after a pause, one or more.
    """

    rate: float
    burst: int

    def checked(self) -> UsagePlan:
        """The plan itself.

        Raises:
            ConfigurationError: when it is no plan.
        """
        try:
            usable = math.isfinite(self.rate) and self.rate > 0 and self.burst >= 1
        except TypeError:
            usable = False
        if not usable:
            raise ConfigurationError(
                f"UsagePlan(rate={self.rate!r}, burst={self.burst!r}) allows nothing: "
                "the rate must be above zero, the burst one or more."
            )
        return self

    def smaller(self, other: UsagePlan) -> UsagePlan:
        """The plan that keeps to both."""
        return UsagePlan(min(self.rate, other.rate), min(self.burst, other.burst))


class Reservation:
    """A place in a bucket's queue, then a call in flight."""

    __slots__ = ("_bucket", "_number", "_over", "_wake", "granted_at")

    def __init__(self, bucket: TokenBucket, number: int, wake: Callable[[], None] | None) -> None:
        self._bucket = bucket
        self._number = number
        self._wake = wake
        self._over = False
        self.granted_at: float | None = None

    @property
    def granted(self) -> bool:
        """Whether the place is reached."""
        return self.granted_at is not None

    @property
    def ready_at(self) -> float:
        """When the call may go out, as things stand: a change of rate or a cancelled place ahead moves it."""
        return -math.inf if self.granted else self._bucket._ready_at(self._number)

    def cancel(self, now: float) -> None:
        """Gives the place back, whether it was reached already or not. Call it only if nothing was sent."""
        if not self._over:
            self._over = True
            self._bucket._give_back(self.granted, now)

    def answered(self, now: float) -> None:
        """Says that the call, which had its turn, is over: answered or lost."""
        if not self._over and self.granted_at is not None:
            self._over = True
            self._bucket._arrived(now, now - self.granted_at)


class TokenBucket:
    """A token bucket that hands out reservations, first come first served.

    A token is taken when a place is reached, not when its holder notices, so a slow holder never slows the others down.
    Amazon takes its token when the request arrives, which is later than we book ours. Two things keep us from being
    early by that: while calls are in flight the bucket does not fill up to the brim, and the slowest answer since
    the bucket was full moves the refilling back, by no more than it takes to fill the bucket: more cannot be missing.

    Args:
        plan: the rate and the burst to keep to; the bucket starts full.
        now: the time, in seconds of any clock that only goes forward.
    """

    __slots__ = (
        "_ahead",
        "_behind",
        "_first",
        "_gone",
        "_in_flight",
        "_lag",
        "_level",
        "_queue",
        "_stamp",
        "burst",
        "rate",
    )

    def __init__(self, plan: UsagePlan, now: float) -> None:
        self.rate = plan.rate
        self.burst = plan.burst
        self._level = float(plan.burst)
        self._stamp = now
        self._lag = 0.0
        self._in_flight = 0
        self._queue: deque[Reservation] | None = None  # most buckets never have one, and an empty deque is not small
        self._first = 0  # number of the reservation at the head of the queue
        self._behind = 0  # number of the next reservation at its end
        self._ahead = 0  # reservations at the head that went ahead of the others
        self._gone = 0  # cancelled reservations that are still in the queue

    def reserve(
        self, now: float, *, wake: Callable[[], None] | None = None, within: float = math.inf, ahead: bool = False
    ) -> Reservation | None:
        """Books the next place.

        Args:
            now: the time.
            wake: called when the holder should look at ``ready_at`` again.
            within: seconds that the caller is prepared to wait.
            ahead: in front of everyone who waits, for a call that had its turn and was throttled.

        Returns:
            The reservation, or None when it would take longer than ``within``; then nothing is booked.
        """
        self.settle(now)
        queue = self._queue
        if not queue:
            if self._level >= _ALMOST_ONE:
                reservation = Reservation(self, 0, None)
                self._grant(reservation, now)
                return reservation
            ahead = False
        if self.wait_for(now, ahead=ahead) > within:
            return None
        if queue is None:
            queue = self._queue = deque()
        if ahead:
            reservation = Reservation(self, self._first + self._ahead - 1, wake)
            self._put_ahead(queue, reservation)
        else:
            reservation = Reservation(self, self._behind, wake)
            self._behind += 1
            queue.append(reservation)
        return reservation

    def wait_for(self, now: float, *, ahead: bool = False) -> float:
        """Seconds that a reservation made now would have to wait."""
        self.settle(now)
        before = self._ahead if ahead or not self._queue else len(self._queue) - self._gone
        return max(0.0, (before + 1 - self._level) / self.rate)

    def settle(self, now: float) -> None:
        """Brings the bucket up to date: hands out the tokens that have come since."""
        if now > self._stamp:
            self._level += (now - self._stamp) * self.rate
            self._stamp = now
        if self._queue:
            self._serve(self._queue)
        if not self._queue:
            brim = max(1, self.burst - self._in_flight)
            if self._level >= brim:
                self._level = float(brim)
                if brim == self.burst:
                    self._lag = 0.0

    def change_rate(self, rate: float, now: float) -> None:
        """Goes on at another rate; those who wait already are timed anew."""
        if rate != self.rate:
            self.settle(now)
            self.rate = rate
            self._wake_head()

    def change_burst(self, burst: int, now: float) -> None:
        """Caps the bucket elsewhere; what is missing to the brim stays the same."""
        if burst != self.burst:
            self.settle(now)
            self._level += burst - self.burst
            self.burst = burst
            self.settle(now)

    def push_back(self, now: float, seconds: float = 0.0) -> None:
        """Lets nobody through for so many seconds, and at least until the next token: Amazon said 429."""
        self.settle(now)
        self._level = min(self._level, 1.0 - max(1.0, seconds * self.rate))
        self._wake_head()

    def _arrived(self, now: float, late: float) -> None:
        self.settle(now)
        self._in_flight -= 1
        late = min(late, self.burst / self.rate)
        if late > self._lag:
            self._level -= (late - self._lag) * self.rate
            self._lag = late
            self._wake_head()

    def _give_back(self, granted: bool, now: float) -> None:
        if granted:
            self._level += 1.0
            self._in_flight -= 1
        else:
            self._gone += 1
        self.settle(now)

    def _ready_at(self, number: int) -> float:
        return self._stamp + (number - self._first + 1 - self._level) / self.rate

    def _grant(self, reservation: Reservation, at: float) -> None:
        self._level -= 1.0
        self._in_flight += 1
        reservation.granted_at = at

    def _put_ahead(self, queue: deque[Reservation], reservation: Reservation) -> None:
        """First come first served among those who go ahead, too."""
        for index in range(self._ahead):
            queue[index]._number -= 1
        queue.insert(self._ahead, reservation)
        self._first -= 1
        self._ahead += 1

    def _serve(self, queue: deque[Reservation]) -> None:
        head = queue[0]
        while queue and (queue[0]._over or self._level >= _ALMOST_ONE):
            reservation = queue.popleft()
            self._first = reservation._number + 1
            self._ahead = max(0, self._ahead - 1)
            if reservation._over:
                self._gone -= 1
                continue
            # Its token came before anyone looked, and it is from then on that the call is late.
            self._grant(reservation, self._stamp - (self._level - 1.0) / self.rate)
            if reservation._wake:
                reservation._wake()
        # Only the head's timer is exact, so whoever becomes the head is told.
        if queue and queue[0] is not head:
            self._wake_head()

    def _wake_head(self) -> None:
        if self._queue and (wake := self._queue[0]._wake):
            wake()
