"""What a cassette holds: requests and answers without a secret, from one origin, and a note of where they come from.

The same functions clean a request when it is recorded and when it is looked up on replay, so the two can be compared.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import yaml
from vcr.request import Request  # type: ignore[import-untyped]
from vcr.serializers import yamlserializer  # type: ignore[import-untyped]

ORIGIN = "https://sandbox.invalid"
"""Replaces the origin of the API, of the token endpoint and of S3. No machine can have this name."""
MARKETPLACE = "ATVPDKIKX0DER"
LWA_PATH = "/auth/o2/token"
SCRUBBED = "scrubbed"
SCRUBBED_QUERY = f"X-Amz-Signature={SCRUBBED}"

MATCH_ON = ["method", "scheme", "host", "port", "path", "query", "headers", "body"]
TRANSPORT_HEADERS = {"accept-encoding", "connection", "content-length", "host"}
"""The HTTP library chooses these. All other request headers are recorded, and compared on replay."""
TOKEN_HEADER = "x-amz-access-token"
DROPPED_FROM_ANSWERS = {"content-length", "date", "server", "set-cookie", "via"}
SECRET_FIELDS = {"client_id", "client_secret", "refresh_token"}

Answer = dict[str, Any]


class Scrubber:
    """Replaces what a cassette must not hold.

    An access token becomes `scrubbed-1`, the next one `scrubbed-2`, and so on: a replay then also checks which of the
    tokens each request carries.

    Args:
        origins: The origins that become `ORIGIN`.
        marketplace: The marketplace that becomes `MARKETPLACE`.
    """

    def __init__(self, origins: tuple[str, ...] = (), marketplace: str = MARKETPLACE) -> None:
        self._origins = origins
        self._marketplace = marketplace
        self._tokens: dict[str, str] = {}

    def request(self, request: Request) -> Request:
        """The request as a cassette holds it."""
        url = urlsplit(self._canonical(request.uri))
        body = request.body or b""
        if url.path == LWA_PATH:
            body = urlencode({name: _without_secret(name, value) for name, value in parse_qsl(body.decode())}).encode()
        lowered = ((name.lower(), value) for name, value in request.headers.items())
        headers = {name: self._header(name, value) for name, value in lowered if name not in TRANSPORT_HEADERS}
        return Request(request.method, url._replace(query=self._query(url.query)).geturl(), body, headers)

    def answer(self, answer: Answer) -> Answer:
        """The answer as a cassette holds it, with the length of its new body."""
        body = self._answer_body(answer["body"]["string"])
        headers = {name: value for name, value in answer["headers"].items() if name.lower() not in DROPPED_FROM_ANSWERS}
        headers["content-length"] = [str(len(body))]
        return {**answer, "headers": headers, "body": {"string": body}}

    def _header(self, name: str, value: str) -> str:
        if name == "user-agent":
            return value.partition(" (")[0]  # what follows names this machine's Python
        if name == TOKEN_HEADER and not value.startswith(SCRUBBED):
            return self._tokens.get(value, SCRUBBED)
        return value

    def _answer_body(self, body: bytes) -> bytes:
        try:
            document = json.loads(body)
        except ValueError:
            return body
        return json.dumps(self._scrubbed("", document), ensure_ascii=False).encode()

    def _scrubbed(self, name: str, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: self._scrubbed(key, inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [self._scrubbed(name, inner) for inner in value]
        if name == "url" and isinstance(value, str):
            return f"{self._canonical(value).partition('?')[0]}?{SCRUBBED_QUERY}"
        if name == "access_token" and isinstance(value, str) and not value.startswith(SCRUBBED):
            return self._tokens.setdefault(value, f"{SCRUBBED}-{len(self._tokens) + 1}")
        return _without_secret(name, value)

    def _query(self, query: str) -> str:
        if "X-Amz-" in query:
            return SCRUBBED_QUERY
        parameters = parse_qsl(query, keep_blank_values=True)
        return urlencode([(name, MARKETPLACE if value == self._marketplace else value) for name, value in parameters])

    def _canonical(self, url: str) -> str:
        for origin in self._origins:
            if url.startswith(f"{origin}/"):
                return ORIGIN + url[len(origin) :]
        return url


def _without_secret(name: str, value: Any) -> Any:
    return SCRUBBED if name in SECRET_FIELDS else value


class Serializer:
    """Writes YAML whose first line says when and from which sandbox it was recorded."""

    def __init__(self) -> None:
        self.source = ""
        self.today: Callable[[], datetime.date] = datetime.date.today

    def serialize(self, cassette: dict[str, Any]) -> str:
        """A cassette as text."""
        interactions = yaml.safe_dump(cassette, allow_unicode=True, sort_keys=True, width=120)
        provenance = f"# Recorded by scripts/record on {self.today()} from {self.source}.\n"
        return f"{provenance}# Tokens, secrets and presigned queries are scrubbed.\n{interactions}"

    def deserialize(self, text: str) -> Any:
        """A cassette from its text."""
        return yamlserializer.deserialize(text)
