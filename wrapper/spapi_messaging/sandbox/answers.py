"""What goes back over the wire, and the shapes that SP-API's errors take."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field
from typing import Any

HAL = "application/hal+json"
JSON = "application/json"


@dataclass(frozen=True)
class Answer:
    """A status, headers and bytes."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether this is a 2xx."""
        return 200 <= self.status < 300


def new_request_id() -> str:
    """An id as `x-amzn-RequestId` carries it."""
    return str(uuid.uuid4())


def json_answer(status: int, content: Any, media_type: str = JSON, headers: dict[str, str] | None = None) -> Answer:
    """An answer with a JSON body."""
    return Answer(status, json.dumps(content).encode(), {"content-type": media_type, **(headers or {})})


def html_answer(status: int, title: str) -> Answer:
    """What a load balancer says when it speaks instead of the API."""
    body = f"<html><head><title>{status} {title}</title></head><body><h1>{status} {title}</h1></body></html>"
    return Answer(status, body.encode(), {"content-type": "text/html"})


def error(status: int, code: str, message: str, details: str = "") -> Answer:
    """SP-API's error document with one error."""
    return json_answer(
        status, {"errors": [{"code": code, "message": message, "details": details}]}, headers={"x-amzn-errortype": code}
    )


def invalid_input(details: str, message: str = "Invalid Input") -> Answer:
    """400: the request is wrong."""
    return error(400, "InvalidInput", message, details)


def access_denied(details: str = "") -> Answer:
    """403: the token, the role or the path."""
    return error(403, "Unauthorized", "Access to requested resource is denied.", details)


def not_available() -> Answer:
    """403: this message type is not available for the order as it stands."""
    return error(403, "Unauthorized", "Invalid amazonOrderId and template combination.")


def throttled() -> Answer:
    """429: faster than the usage plan."""
    return error(429, "QuotaExceeded", "The usage plan of this operation is used up for now.")


def internal_failure() -> Answer:
    """500, as the API itself says it."""
    return error(500, "InternalFailure", "The sandbox failed, as it was told to.")
