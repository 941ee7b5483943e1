"""Numbers of messages, lines and the like, in words."""

from __future__ import annotations

__all__ = ["counted"]


def counted(count: int, one: str = "message") -> str:
    """A number and what it counts, such as ``1 message`` or ``2,000 messages``.

    Args:
        count: the number.
        one: what one of them is called. For several, it gets an s.
    """
    return f"{count:,} {one}" if count == 1 else f"{count:,} {one}s"
