"""SigV4 query signing of upload URLs, by botocore. Reads no clock.

One function computes the signature, both when a URL is made and when a PUT comes back with it, so whatever changed
on the way shows.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import parse_qsl, quote, urlencode

from botocore.auth import S3SigV4QueryAuth  # type: ignore[import-untyped]
from botocore.awsrequest import AWSRequest  # type: ignore[import-untyped]
from botocore.credentials import Credentials  # type: ignore[import-untyped]

ALGORITHM = "AWS4-HMAC-SHA256"
REGION, SERVICE = "us-east-1", "s3"
TIMESTAMP = "%Y%m%dT%H%M%SZ"
REQUIRED = ("X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires", "X-Amz-SignedHeaders")


class Signer:
    """Signs with one pair of keys.

    Args:
        access_key: Its name, which shows in URLs.
        secret_key: Its secret.
    """

    def __init__(self, access_key: str, secret_key: str) -> None:
        self._access_key = access_key
        self._auth = S3SigV4QueryAuth(Credentials(access_key, secret_key), SERVICE, REGION)

    def presign(self, method: str, url: str, headers: Mapping[str, str], at: datetime, expires: int) -> str:
        """Adds the query that authorizes one request.

        Args:
            method: The HTTP method.
            url: The URL, percent-encoded, without a query.
            headers: What must come with the request, `host` included, by lower-case name.
            at: When the URL begins to be valid.
            expires: For how many seconds it is.

        Returns:
            The URL with its signature.
        """
        timestamp = at.astimezone(UTC).strftime(TIMESTAMP)
        query = urlencode(
            {
                "X-Amz-Algorithm": ALGORITHM,
                "X-Amz-Credential": f"{self._access_key}/{timestamp[:8]}/{REGION}/{SERVICE}/aws4_request",
                "X-Amz-Date": timestamp,
                "X-Amz-Expires": str(expires),
                "X-Amz-SignedHeaders": ";".join(sorted(headers)),
            },
            quote_via=quote,
            safe="-_.~",
        )
        return f"{url}?{query}&X-Amz-Signature={self._signature(method, f'{url}?{query}', headers, timestamp)}"

    def accepts(self, method: str, url: str, headers: Mapping[str, str]) -> bool:
        """Whether a request carries the signature that its own parts call for.

        Args:
            method: The HTTP method that arrived.
            url: The URL that arrived, byte for byte.
            headers: The headers that arrived, by lower-case name.
        """
        base, _, query = url.partition("?")
        parameters = dict(parse_qsl(query, keep_blank_values=True))
        unsigned = "&".join(pair for pair in query.split("&") if not pair.startswith("X-Amz-Signature="))
        signed = {name: headers.get(name, "") for name in parameters["X-Amz-SignedHeaders"].split(";")}
        expected = self._signature(method, f"{base}?{unsigned}", signed, parameters["X-Amz-Date"])
        return hmac.compare_digest(expected, parameters.get("X-Amz-Signature", ""))

    def _signature(self, method: str, url: str, headers: Mapping[str, str], timestamp: str) -> str:
        request = AWSRequest(method=method, url=url, headers=dict(headers))
        request.context["timestamp"] = timestamp
        canonical = self._auth.canonical_request(request)
        return str(self._auth.signature(self._auth.string_to_sign(request, canonical), request))


def expires_at(parameters: Mapping[str, str]) -> float:
    """When a presigned URL ends to be valid, in seconds since 1970.

    Args:
        parameters: Its query, decoded.
    """
    begin = datetime.strptime(parameters["X-Amz-Date"], TIMESTAMP).replace(tzinfo=UTC)
    return begin.timestamp() + int(parameters["X-Amz-Expires"])
