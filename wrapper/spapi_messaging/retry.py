"""How often a call is tried, and how long the pauses are."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

__all__ = ["RetryPolicy"]


class RetryPolicy(NamedTuple):
    """How often a call is tried and how long the pauses are: exponential back-off with full jitter.

    A message that may have reached the buyer is never sent again, whatever the policy says.

    Args:
        attempts: how often a call is tried in all; 1 means no retry.
        base: the longest first pause, in seconds. It doubles from attempt to attempt.
        cap: the longest pause of all, in seconds.
    """

    attempts: int = 4
    base: float = 0.5
    cap: float = 20.0

    def delay(self, attempt: int, random: Callable[[], float]) -> float | None:
        """Seconds to wait after attempt number ``attempt`` (from 1), None after the last. ``random`` gives 0 to 1."""
        if attempt >= self.attempts:
            return None
        # The exponent is capped: with a thousand attempts the float would overflow.
        return random() * min(self.cap, self.base * 2.0 ** min(attempt - 1, 64))
