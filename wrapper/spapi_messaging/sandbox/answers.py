"""What the sandbox answers, and how SP-API writes its errors."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import h11

from spapi_messaging.sandbox.checks import check_count, check_text

HAL = "application/hal+json"
JSON = "application/json"
Body = bytes | str | dict[str, Any] | list[Any]
"""What the body of an answer of your own can be."""


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


def custom_answer(status: int, body: Body, headers: Mapping[str, str]) -> Answer:
    """An answer that HTTP allows.

    Args:
        status: The status code.
        body: The body. A dict or a list becomes JSON, with its `Content-Type` unless the headers have another.
        headers: The headers.

    Raises:
        TypeError: A value has the wrong type.
        ValueError: HTTP does not allow the answer.
    """
    check_count("status", status, 200, 599)
    content = _content(body)
    if content and status in (204, 304):
        raise ValueError(f"an answer with status {status} has no body")
    _check_headers(headers)
    sent = dict(headers)
    if isinstance(body, dict | list) and "content-type" not in map(str.lower, headers):
        sent["content-type"] = JSON
    return Answer(status, content, sent)


def _content(body: Body) -> bytes:
    if isinstance(body, bytes):
        return body
    if not isinstance(body, str | dict | list):
        raise TypeError(f"body must be bytes, a string, a dict or a list, not {type(body).__name__}")
    try:
        return (body if isinstance(body, str) else json.dumps(body, allow_nan=False)).encode()
    except (RecursionError, TypeError, ValueError) as wrong:
        raise ValueError("body must be text, or what JSON can hold") from wrong


def _check_headers(headers: Mapping[str, str]) -> None:
    if not isinstance(headers, Mapping):
        raise TypeError(f"headers must be a mapping, not {type(headers).__name__}")
    for name, value in headers.items():
        check_text("a header's name", name)
        check_text("a header's value", value)
        if name.lower() in ("content-length", "transfer-encoding"):
            raise ValueError(f"headers: the sandbox sets {name} itself")
    try:
        h11.Response(status_code=200, headers=[(n.encode("latin-1"), v.encode("latin-1")) for n, v in headers.items()])
    except (UnicodeEncodeError, h11.LocalProtocolError) as wrong:
        raise ValueError("headers: HTTP does not allow a character in a name or in a value") from wrong


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
