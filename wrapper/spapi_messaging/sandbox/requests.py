"""What the sandbox received, for tests to look at."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import parse_qs


@dataclass
class ReceivedRequest:
    """One request, as it arrived.

    Attributes:
        service: "api", "token" or "s3".
        method: The HTTP method.
        path: The path as it stood on the wire, percent-encoding included.
        query: The raw query string.
        headers: Headers by lower-case name. They hold tokens, so they stay out of the repr.
        body: The body's bytes; empty for S3, whose files are in the inbox.
        body_size: How many bytes the body had.
        operation: The operationId, where the path names one.
        status: The status answered; None while unanswered, and when the connection was reset instead.
    """

    service: str
    method: str
    path: str
    query: str = field(default="", repr=False)
    headers: dict[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)
    body_size: int = 0
    operation: str | None = None
    status: int | None = None

    @property
    def parameters(self) -> dict[str, str]:
        """The query, decoded; a name that comes several times has its values joined by commas."""
        return {name: ",".join(values) for name, values in parse_qs(self.query, keep_blank_values=True).items()}
