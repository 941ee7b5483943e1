"""What a deadline and the first byte mean for a request: the same for both drivers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import httpx

from spapi_messaging._call.effects import Exchange
from spapi_messaging._call.first_byte import FirstByte

MESSAGE = "the deadline passed"


def limit_timeout(effect: Exchange, now: Callable[[], float]) -> float | None:
    """Lets no phase of a request last beyond the deadline. Returns the seconds that are left, None for no limit."""
    if effect.until is None:
        return None
    left = effect.until - now()
    if left <= 0:
        raise httpx.ConnectTimeout(MESSAGE)
    timeout = effect.request.extensions.get("timeout") or httpx.Timeout(left).as_dict()
    effect.request.extensions["timeout"] = {
        phase: left if seconds is None else min(seconds, left) for phase, seconds in timeout.items()
    }
    return left


def begins_to_leave(event: str, info: Mapping[str, Any]) -> bool:
    """Whether an event of httpcore's says that the headers of the request itself come next: not those of a CONNECT."""
    return event.endswith(".send_request_headers.started") and info["request"].method != b"CONNECT"


def given_up(first_byte: FirstByte) -> httpx.TimeoutException:
    """The error of an exchange that was given up at the deadline."""
    return httpx.ConnectTimeout(MESSAGE) if first_byte.abandon() else httpx.ReadTimeout(MESSAGE)
