"""The moment at which a request begins to leave: before it, nothing was sent; after it, nobody knows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class DeadlinePassed(Exception):
    """The deadline of a call passed before the flow's effect was done. If that was a request, no byte of it left."""


class HookFailed(Exception):
    """The hook raised an error, so the request must not leave."""


class FirstByte:
    """Remembers whether the first byte of a request left. A driver calls ``check``, the hook, ``leave``, and sends."""

    def __init__(self, hook: Callable[[], Any] | None = None, last_start: float | None = None) -> None:
        self.hook = hook
        self.last_start = last_start  # when it is too late to begin, on the driver's clock
        # What the hook raised. It travels here, because httpcore might swallow or translate it.
        self.refusal: BaseException | None = None
        # setdefault() is atomic: either the thread that sends is first, or the caller that gives up.
        self._fate: dict[str, str] = {}

    @property
    def left(self) -> bool:
        """Whether the first byte left, or may be leaving now."""
        return self._fate.get("fate") == "left"

    def check(self, now: float) -> None:
        """Raises DeadlinePassed if it is too late, or the caller gave up."""
        if self.last_start is not None and now >= self.last_start:
            self.abandon()
        if self._fate.get("fate") == "abandoned":
            raise DeadlinePassed

    def leave(self, now: float) -> None:
        """Lets the first byte leave, or raises DeadlinePassed."""
        self.check(now)
        if self._fate.setdefault("fate", "left") != "left":
            self.check(now)  # pragma: no cover - another thread gave up between the two lines

    def abandon(self) -> bool:
        """Gives the request up. True: nothing of it left, and nothing will leave."""
        return self._fate.setdefault("fate", "abandoned") == "abandoned"
