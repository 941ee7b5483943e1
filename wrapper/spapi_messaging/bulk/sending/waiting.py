"""When to look again at a message that Amazon does not offer for its order. Times are milliseconds."""

from __future__ import annotations

__all__ = ["GIVE_UP_AFTER", "LONG_OVER", "gives_up", "next_look"]

_MINUTE = 60_000
_HOUR = 60 * _MINUTE
_DAY = 24 * _HOUR

#: A message that has waited longer is given up.
GIVE_UP_AFTER = 7 * _DAY
#: A message is given up, too, when it was due longer ago than this.
LONG_OVER = 2 * _DAY

# Orders change when they are shipped or paid: often soon, and then rarely. (waited less than, look again after)
_STEPS = ((_HOUR, 15 * _MINUTE), (_DAY, _HOUR), (GIVE_UP_AFTER, 4 * _HOUR))


def next_look(waited: int) -> int:
    """How long to wait before the next look. ``waited``: how long the message has waited already."""
    return next((pause for limit, pause in _STEPS if waited < limit), _STEPS[-1][1])


def gives_up(waited: int, overdue: int) -> bool:
    """Whether a message waits no longer. ``overdue``: the time since it was due, negative before that."""
    return waited >= GIVE_UP_AFTER or overdue >= LONG_OVER
