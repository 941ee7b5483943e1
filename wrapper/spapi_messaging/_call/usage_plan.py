"""Usage plans and the token bucket that keeps to them. Does no I/O and reads no clock: every call is given the time."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from itertools import islice
from typing import NamedTuple

# Float arithmetic on times must not make a caller wait for a billionth of a token.
_ALMOST_ONE = 1.0 - 1e-9
_NO_LOCK = nullcontext()
#: Seconds. Whatever a server asks for, no pause is longer, and no announced rate is slower than one call in this time.
LONGEST_PAUSE = 900.0
#: Calls per second. Amazon grants nobody a higher rate.
FASTEST_RATE = 1e5


def limit_pause(seconds: float) -> float:
    """The pause to make if ``seconds`` are asked for: not too long. NaN and negative numbers become 0."""
    return min(max(0.0, seconds), LONGEST_PAUSE)


def is_plausible(rate: float) -> bool:
    """Whether an announced rate may be true."""
    return 1.0 / LONGEST_PAUSE <= rate <= FASTEST_RATE


class UsagePlan(NamedTuple):
    """How often Amazon lets one seller's application call one operation.

    Args:
        rate: calls per second in the long run, above zero.
        burst: calls that may go out at once after a pause, one or more.
    """

    rate: float
    burst: int


class BucketTicket:
    """A call's turn in a bucket, waited for in its queue. Once it is granted, the call is in flight."""

    __slots__ = ("_bucket", "_granted_at", "_number", "_over", "_wake")

    def __init__(self, bucket: TokenBucket, number: int, wake: Callable[[], None] | None) -> None:
        self._bucket = bucket
        self._number = number
        self._wake = wake
        self._over = False
        self._granted_at: float | None = None

    def remaining(self, now: float) -> float:
        """Seconds until the call has its turn; 0: now. A change of rate or a cancelled ticket ahead moves it."""
        if self._granted_at is not None:
            return 0.0
        with self._bucket.lock:
            self._bucket.settle(now)
            if self._granted_at is not None:
                return 0.0
            # Never 0 for a turn that is not granted, not even by rounding: a call that goes out must be counted.
            return max(self._bucket._ready_at(self._number) - now, math.ulp(now))

    def cancel(self, now: float) -> None:
        """Gives the turn back, whether it was granted or not. Call it only if nothing was sent."""
        with self._bucket.lock:
            if not self._over:
                self._over = True
                self._bucket._give_back(self._granted_at is not None, now)

    def answered(self, now: float, *, announced_rate: float | None = None, pause: float | None = None) -> None:
        """Tells the bucket that the call is over: answered or lost."""
        with self._bucket.lock:
            if announced_rate is not None:
                self._bucket.announce(announced_rate, now)
            self._bucket.settle(now)  # its turn may have come since anyone looked
            if not self._over:
                self._over = True
                if self._granted_at is None:
                    self._bucket._give_back(False, now)
                else:
                    self._bucket._arrived(now - self._granted_at)
            if pause is not None:
                self._bucket.push_back(now, pause)


class TokenBucket:
    """A token bucket that hands out tickets, first come first served.

    A token is taken when a ticket is granted, not when its holder notices, so a slow holder never slows the others.
    Amazon takes its token when the request arrives, which is later than we take ours. Two things keep us from being
    early by that time: while calls are in flight the bucket does not fill up to the brim, and the slowest answer since
    the bucket was full moves the refilling back, by at most the time that it takes to fill the bucket.

    We should not be later than necessary, either. ``_sure`` is the level of a server that takes each token as late as
    possible: when it answers. No server with this plan has less, unless others call it too: then it says 429. So there
    is room for ``_sure - _in_flight`` more calls, and a slow answer never takes the level below that.

    The bucket starts full. Times are seconds of any clock that only goes forward. The lock guards it among threads.
    """

    __slots__ = (
        "_ahead", "_announced", "_behind", "_explicit", "_first", "_gone", "_in_flight", "_lag", "_level", "_opens",
        "_published", "_queue", "_stamp", "_sure", "burst", "lock", "rate",
    )  # fmt: skip

    def __init__(self, plan: UsagePlan, now: float, lock: AbstractContextManager[object] = _NO_LOCK) -> None:
        self.lock = lock
        self.rate = plan.rate
        self.burst = plan.burst
        self._published = plan
        self._explicit: UsagePlan | None = None
        self._announced: float | None = None
        self._level = self._sure = float(plan.burst)
        self._stamp = now
        self._opens = -math.inf  # when the pause ends that followed a 429
        self._lag = 0.0  # seconds by which slow answers have moved the refilling back
        self._in_flight = 0
        self._queue: deque[BucketTicket] | None = None  # most buckets never have one, and an empty deque is not small
        self._first = 0  # number of the ticket at the head of the queue
        self._behind = 0  # number of the next ticket at its end
        self._ahead = 0  # tickets at the head that went ahead of the others
        self._gone = 0  # cancelled tickets that are still in the queue

    @property
    def outstanding(self) -> int:
        """How many calls wait or are in flight."""
        return self._in_flight + len(self._queue or ()) - self._gone

    def agree(self, plan: UsagePlan, explicit: bool, now: float) -> None:
        """Takes a client's plan into account. Of two explicit plans the smaller applies."""
        if explicit:
            if plan == self._explicit:
                return
            other = self._explicit or plan
            self._explicit = UsagePlan(min(plan.rate, other.rate), min(plan.burst, other.burst))
        elif plan == self._published:
            return
        else:
            self._published = plan
        self._adjust(now)

    def announce(self, rate: float, now: float) -> None:
        """Takes the rate into account that Amazon announced. Nonsense is ignored."""
        if rate != self._announced and is_plausible(rate):
            self._announced = rate
            self._adjust(now)

    def reserve(
        self, now: float, *, wake: Callable[[], None] | None = None, within: float = math.inf, ahead: bool = False
    ) -> BucketTicket | None:
        """Books the next turn, or for a call that was throttled one before everyone who waits (``ahead``).

        ``wake`` is called when ``remaining`` should be asked again. None: it would take longer than ``within``, and
        nothing is booked.
        """
        self.settle(now)
        if not self._queue and self._level >= _ALMOST_ONE:
            ticket = BucketTicket(self, 0, None)
            self._grant(ticket, now)
            return ticket
        if self.wait_for(now, ahead=ahead) > within:
            return None
        if self._queue is None:
            self._queue = deque()
        ticket = BucketTicket(self, self._behind, wake)
        if ahead:
            self._put_ahead(self._queue, ticket)
        else:
            self._behind += 1
            self._queue.append(ticket)
        return ticket

    def wait_for(self, now: float, *, ahead: bool = False) -> float:
        """Seconds that a ticket booked now would have to wait."""
        self.settle(now)
        queue = self._queue or ()
        before = sum(not ticket._over for ticket in islice(queue, self._ahead)) if ahead else len(queue) - self._gone
        return max(0.0, (before + 1 - self._level) / self.rate)

    def settle(self, now: float) -> None:
        """Brings the bucket up to date: hands out the tokens that have come since."""
        paused = self._stamp < self._opens
        if now > self._stamp:
            gained = (now - self._stamp) * self.rate
            self._level += gained
            self._sure += gained
            self._stamp = now
        # No more than the burst goes at once, however late anyone looks.
        self._level = min(self._level, self.burst)
        self._sure = min(self._sure, self.burst)
        if paused:  # there will be one token when the pause ends, whatever the rate is until then
            self._level = min(self._level, 1.0 - (self._opens - self._stamp) * self.rate)
        if self._queue:
            self._serve(self._queue)
        if not self._queue:
            brim = max(1, self.burst - self._in_flight)
            if self._level >= brim:
                self._level = float(brim)
                if brim == self.burst:
                    self._lag = 0.0

    def push_back(self, now: float, seconds: float) -> None:
        """Lets nobody through for ``seconds``, and at least until the next token: Amazon said 429."""
        self.settle(now)
        self._level = min(self._level, 0.0)
        self._opens = max(self._opens, now + limit_pause(seconds))
        self.settle(now)
        self._wake_head()

    def _adjust(self, now: float) -> None:
        plan = self._explicit or self._published
        rate = plan.rate if self._announced is None else self._announced
        if self._explicit is not None:
            rate = min(rate, self._explicit.rate)
        self.settle(now)
        if rate != self.rate:  # those who wait already are timed anew
            if self._level < 0:  # a debt stays a span of time, but takes away nothing that is certain
                self._level = max(self._level * rate / self.rate, min(self._level, self._sure - self._in_flight))
            self.rate = rate
            self._wake_head()
        self._level = self._resized(self._level, plan.burst)
        self._sure = self._resized(self._sure, plan.burst)
        if plan.burst != self.burst:
            self.burst = plan.burst
            self._wake_head()
        self.settle(now)

    def _resized(self, level: float, burst: int) -> float:
        """The level with another burst: what is missing to the brim stays the same."""
        changed = level + burst - self.burst
        # No bucket misses more than it holds. But only an explicit plan, which stays, may forget the rest: published
        # ones that come and go would let more calls through each time.
        return changed if self._explicit is None else max(changed, min(level, 0.0))

    def _arrived(self, late: float) -> None:
        self._in_flight -= 1
        self._sure -= 1.0
        late = min(late, self.burst / self.rate)
        uncertain = self._level - (self._sure - self._in_flight)
        if (charge := min((late - self._lag) * self.rate, uncertain)) > 0:
            self._level -= charge
            self._lag += charge / self.rate
            self._wake_head()

    def _give_back(self, granted: bool, now: float) -> None:
        if granted:
            self._level += 1.0
            self._in_flight -= 1
            self._wake_head()  # its turn comes earlier
        else:
            self._gone += 1
        self.settle(now)

    def _ready_at(self, number: int) -> float:
        return self._stamp + (number - self._first + 1 - self._level) / self.rate

    def _grant(self, ticket: BucketTicket, at: float) -> None:
        self._level -= 1.0
        self._in_flight += 1
        ticket._granted_at = at

    def _put_ahead(self, queue: deque[BucketTicket], ticket: BucketTicket) -> None:
        """First come first served among those who go ahead, too."""
        for before in islice(queue, self._ahead):
            before._number -= 1
        ticket._number = self._first + self._ahead - 1
        queue.insert(self._ahead, ticket)
        self._first -= 1
        self._ahead += 1

    def _serve(self, queue: deque[BucketTicket]) -> None:
        head = queue[0]
        while queue and (queue[0]._over or self._level >= _ALMOST_ONE):
            ticket = queue.popleft()
            self._first = ticket._number + 1
            self._ahead = max(0, self._ahead - 1)
            if ticket._over:
                self._gone -= 1
                continue
            # Its token came before anyone looked, and the call has been late since then.
            self._grant(ticket, self._stamp - (self._level - 1.0) / self.rate)
            if ticket._wake:
                ticket._wake()
        # Only the head's timer is exact, so whoever becomes the head is told.
        if queue and queue[0] is not head:
            self._wake_head()

    def _wake_head(self) -> None:
        if self._queue and (wake := self._queue[0]._wake):
            wake()
