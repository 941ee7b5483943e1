"""The requests that the sandbox received. Tests can look at them."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import parse_qs


def media_type(content_type: str) -> str:
    """A `Content-Type` without its parameters, in lower case."""
    return content_type.partition(";")[0].strip().lower()


MAX_REQUESTS = 100_000
MAX_REQUEST_BYTES = 256 * 1024 * 1024
"""How many requests are kept, and how large they are together. Otherwise, a sandbox that runs for weeks would need more
and more memory."""


@dataclass
class ReceivedRequest:
    """One request, as it arrived.

    Attributes:
        service: "api", "token" or "s3".
        method: The HTTP method.
        path: The path as it was sent, percent-encoded.
        query: The raw query string.
        headers: The headers by lower-case name. The repr does not show them, because they hold tokens.
        body: The bytes of the body. Empty for S3: its files are in the inbox.
        body_size: How many bytes the body had.
        operation: The operationId. None: the request is not a call of an operation.
        status: The status of the answer. None: there is no answer yet, or a fault broke the connection.
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
    def size(self) -> int:
        """How many bytes of memory the request needs, roughly."""
        headers = sum(len(name) + len(value) for name, value in self.headers.items())
        return len(self.path) + len(self.query) + headers + len(self.body)

    @property
    def parameters(self) -> dict[str, str]:
        """The query, decoded. If a name is repeated, its values are joined by commas."""
        return {name: ",".join(values) for name, values in parse_qs(self.query, keep_blank_values=True).items()}


def drop_oldest(requests: list[ReceivedRequest]) -> int:
    """If requests are too large together, keeps the newest, so that they need half of what is allowed.

    Args:
        requests: The requests, oldest first.

    Returns:
        The size of those that are left.
    """
    sizes = [request.size for request in requests]
    total = sum(sizes)
    if total > MAX_REQUEST_BYTES:
        first = 0
        while total > MAX_REQUEST_BYTES // 2 and first < len(sizes) - 1:
            total -= sizes[first]
            first += 1
        del requests[:first]
    return total
