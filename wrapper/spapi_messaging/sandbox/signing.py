"""Presigned upload URLs. They look like S3's, but only the sandbox that signed one can check it. Reads no clock."""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import parse_qsl

TIMESTAMP = "%Y%m%dT%H%M%SZ"
REQUIRED = [f"X-Amz-{name}" for name in ("Algorithm", "Credential", "Date", "Expires", "SignedHeaders", "Signature")]


class Signer:
    """Signs URLs and checks them.

    Args:
        key: The secret of one sandbox.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    def presign(self, method: str, url: str, headers: Mapping[str, str], start: datetime, seconds: int) -> str:
        """Adds the query that allows one request.

        Args:
            method: The HTTP method.
            url: The URL, percent-encoded, without a query.
            headers: The headers that the request must have, by lower-case name.
            start: When the URL becomes valid, in UTC.
            seconds: How long it stays valid.
        """
        url += (
            f"?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIASANDBOX%2F{start:%Y%m%d}%2Fus-east-1%2Fs3"
            f"%2Faws4_request&X-Amz-Date={start.strftime(TIMESTAMP)}&X-Amz-Expires={seconds}"
            f"&X-Amz-SignedHeaders={'%3B'.join(sorted(headers))}&X-Amz-Signature="
        )
        return url + self._signature(method, url, headers)

    def accepts(self, method: str, url: str, headers: Mapping[str, str]) -> bool:
        """Whether a request is the one that was signed. Takes the request as it arrived; does not look at the time."""
        query = query_of(url)
        signed = {name: headers.get(name, "") for name in query["X-Amz-SignedHeaders"].split(";")}
        signature = query["X-Amz-Signature"]
        expected = self._signature(method, url.replace(signature, "", 1), signed)
        return hmac.compare_digest(expected.encode(), signature.encode())

    def _signature(self, method: str, url: str, headers: Mapping[str, str]) -> str:
        base, _, query = url.partition("?")
        # Sorted, because S3 takes the parameters in any order.
        content = json.dumps([method, base, sorted(query.split("&")), sorted(headers.items())])
        return hmac.digest(self._key, content.encode(), "sha256").hex()


def query_of(url: str) -> dict[str, str]:
    """The query of a URL, decoded."""
    return dict(parse_qsl(url.partition("?")[2], keep_blank_values=True))


def expires_at(query: Mapping[str, str]) -> float:
    """When a presigned URL expires, in seconds since 1970. Raises an error if the query has no valid time."""
    start = datetime.strptime(query["X-Amz-Date"], TIMESTAMP).replace(tzinfo=UTC)
    return start.timestamp() + int(query["X-Amz-Expires"])
