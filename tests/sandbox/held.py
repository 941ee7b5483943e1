"""Counts what a sandbox holds."""

from __future__ import annotations

import gc
import types
from typing import Any

from spapi_messaging.sandbox import Sandbox

LARGE = 1_000_000


def held(sandbox: Sandbox) -> int:
    """How many bytes the large pieces have that can be reached from a sandbox."""
    seen: set[int] = set()
    todo: list[Any] = [sandbox]
    total = 0
    while todo:
        item = todo.pop()
        if id(item) in seen or isinstance(item, types.ModuleType | type | types.FrameType):
            continue
        seen.add(id(item))
        if isinstance(item, bytes | bytearray | str) and len(item) >= LARGE // 10:
            total += len(item)
        todo += [item.__closure__] if isinstance(item, types.FunctionType) else gc.get_referents(item)
    return total
