"""What a cassette holds: requests and answers without a secret, from one canonical origin, and where it came from.

The same functions scrub what is recorded and what is looked up on replay, so the two always meet.
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
"""Stands for wherever it was recorded: API, token endpoint and S3 alike. The name can never be looked up."""
MARKETPLACE = "ATVPDKIKX0DER"
LWA_PATH = "/auth/o2/token"
SCRUBBED = "scrubbed"
SCRUBBED_QUERY = f"X-Amz-Signature={SCRUBBED}"

MATCH_ON = ["method", "scheme", "host", "port", "path", "query", "body"]
KEPT_OF_REQUESTS = {"accept", "content-md5", "content-type", "x-amz-server-side-encryption"}
DROPPED_FROM_ANSWERS = {"content-length", "date", "server", "set-cookie", "via"}
SECRET_FIELDS = {"access_token", "client_id", "client_secret", "refresh_token"}

Answer = dict[str, Any]


class Scrubber:
    """Turns what went over the wire into what a cassette may hold.

    Args:
        origins: The origins that stand for `ORIGIN`.
        marketplace: The marketplace that stands for `MARKETPLACE`.
    """

    def __init__(self, origins: tuple[str, ...] = (), marketplace: str = MARKETPLACE) -> None:
        self._origins = origins
        self._marketplace = marketplace

    def request(self, request: Request) -> Request:
        """A request as a cassette holds it."""
        url = urlsplit(self._canonical(request.uri))
        body = request.body or b""
        if url.path == LWA_PATH:
            body = urlencode({name: _without_secret(name, value) for name, value in parse_qsl(body.decode())}).encode()
        kept = {name: value for name, value in request.headers.items() if name.lower() in KEPT_OF_REQUESTS}
        return Request(request.method, url._replace(query=self._query(url.query)).geturl(), body, kept)

    def answer(self, answer: Answer) -> Answer:
        """An answer as a cassette holds it; its length is that of what is left."""
        body = self._answer_body(answer["body"]["string"])
        headers = {name: value for name, value in answer["headers"].items() if name.lower() not in DROPPED_FROM_ANSWERS}
        headers["content-length"] = [str(len(body))]
        return {**answer, "headers": headers, "body": {"string": body}}

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
    """Writes YAML whose first lines say where it came from."""

    def __init__(self) -> None:
        self.source = ""
        self.today: Callable[[], datetime.date] = datetime.date.today

    def serialize(self, cassette: dict[str, Any]) -> str:
        """The text of a cassette."""
        interactions = yaml.safe_dump(cassette, allow_unicode=True, sort_keys=True, width=120)
        provenance = f"# Recorded by scripts/record on {self.today()} from {self.source}.\n"
        return f"{provenance}# Tokens, secrets and presigned queries are scrubbed.\n{interactions}"

    def deserialize(self, text: str) -> Any:
        """What a cassette's text says."""
        return yamlserializer.deserialize(text)
