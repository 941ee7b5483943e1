"""Whether and when to try again: a pure decision; whoever asks does the waiting. Does no I/O and reads no clock."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import NamedTuple

from spapi_messaging.errors import ConfigurationError


class Trouble(Enum):
    """What can go wrong with one attempt, sorted by what may be done about it."""

    NOT_CONNECTED = "not connected"  # nothing was sent
    THROTTLED = "throttled"  # Amazon looked at nothing but the rate
    EXPIRED_TOKEN = "expired token"
    UNKNOWN = "unknown"  # the request went out; what became of it, nobody knows
    FINAL = "final"  # Amazon, or a redirect, said no


class RetryPolicy(NamedTuple):
    """How often a call is tried and how long the pauses are: exponential back-off with full jitter.

    Args:
        attempts: how often a call is tried in all; 1 means no retry.
        base: the longest first pause, in seconds; it doubles from attempt to attempt.
        cap: the longest pause of all, in seconds.
    """

    attempts: int = 4
    base: float = 0.5
    cap: float = 20.0

    def checked(self) -> RetryPolicy:
        """The policy itself.

        Raises:
            ConfigurationError: when it is no policy.
        """
        try:
            usable = self.attempts >= 1 and 0 <= self.base < float("inf") and 0 <= self.cap < float("inf")
        except TypeError:
            usable = False
        if not usable:
            raise ConfigurationError(f"{self} makes no sense: attempts are one or more, base and cap not negative.")
        return self


def delay_before_retry(
    trouble: Trouble, *, is_send: bool, attempt: int, policy: RetryPolicy, random: Callable[[], float]
) -> float | None:
    """Seconds to wait before the next attempt, or None when there must be none.

    Args:
        trouble: what happened.
        is_send: whether a message was to be sent; one whose fate is unknown is never sent again.
        attempt: the number of the attempt that failed, from 1.
        policy: how often and how long.
        random: gives a number from 0 to 1.
    """
    if attempt >= policy.attempts or trouble is Trouble.FINAL or trouble is Trouble.EXPIRED_TOKEN:
        return None
    if trouble is Trouble.UNKNOWN and is_send:
        return None
    # The exponent is capped: a patient caller with a thousand attempts must not overflow a float.
    return random() * min(policy.cap, policy.base * 2.0 ** min(attempt - 1, 64))
