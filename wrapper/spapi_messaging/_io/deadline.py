"""What a deadline and the first byte mean for a request: the same for both drivers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx

from spapi_messaging._call.first_byte import DeadlinePassed, FirstByte


def limit_timeout(request: httpx.Request, left: float) -> None:
    """Limits each phase of a request to the time until the deadline: ``left`` seconds."""
    if left <= 0:
        raise DeadlinePassed
    timeout = request.extensions.get("timeout") or httpx.Timeout(left).as_dict()
    request.extensions["timeout"] = {
        phase: left if seconds is None else min(seconds, left) for phase, seconds in timeout.items()
    }


def begins_to_leave(event: str, info: Mapping[str, Any]) -> bool:
    """Whether an event of httpcore's says that the headers of the request itself come next: not those of a CONNECT."""
    return event.endswith(".send_request_headers.started") and info["request"].method != b"CONNECT"


def given_up(first_byte: FirstByte) -> Exception:
    """The error of an exchange that was given up at the deadline: DeadlinePassed if nothing of it left."""
    return DeadlinePassed() if first_byte.abandon() else httpx.ReadTimeout("the deadline passed")
