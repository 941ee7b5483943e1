"""What the sandbox answers, and how SP-API writes its errors."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field
from typing import Any

HAL = "application/hal+json"
JSON = "application/json"


@dataclass(frozen=True)
class Answer:
    """A status code, a body and headers."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether the status is 2xx."""
        return 200 <= self.status < 300


def new_request_id() -> str:
    """A new id for the header `x-amzn-RequestId`."""
    return str(uuid.uuid4())


def json_answer(status: int, content: Any, media_type: str = JSON, headers: dict[str, str] | None = None) -> Answer:
    """An answer with a JSON body."""
    return Answer(status, json.dumps(content).encode(), {"content-type": media_type, **(headers or {})})


def html_answer(status: int, title: str) -> Answer:
    """An HTML page, as a load balancer sends it when the API does not answer."""
    body = f"<html><head><title>{status} {title}</title></head><body><h1>{status} {title}</h1></body></html>"
    return Answer(status, body.encode(), {"content-type": "text/html"})


def error(status: int, code: str, message: str, details: str = "") -> Answer:
    """An error document of SP-API, with one error."""
    return json_answer(
        status, {"errors": [{"code": code, "message": message, "details": details}]}, headers={"x-amzn-errortype": code}
    )


def invalid_input(details: str, message: str = "Invalid Input") -> Answer:
    """400: the request is wrong."""
    return error(400, "InvalidInput", message, details)


def access_denied(details: str = "") -> Answer:
    """403: the token, the role or the path is wrong."""
    return error(403, "Unauthorized", "Access to requested resource is denied.", details)


def not_available() -> Answer:
    """403: the order does not allow this message type now."""
    return error(403, "Unauthorized", "Invalid amazonOrderId and template combination.")


def throttled() -> Answer:
    """429: the calls come faster than the usage plan allows."""
    return error(429, "QuotaExceeded", "The usage plan of this operation is used up for now.")
