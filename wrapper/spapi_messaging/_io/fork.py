"""Objects that a forked process must reset: their locks and connections belong to the parent process."""

from __future__ import annotations

import os
import weakref
from typing import Any

_objects: weakref.WeakSet[Any] = weakref.WeakSet()


def reset_in_child(aware: Any) -> None:
    """Calls ``in_child()`` of this object in every child process, just after the fork, as long as it lives."""
    _objects.add(aware)


def _after_fork() -> None:
    for aware in list(_objects):
        aware.in_child()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
