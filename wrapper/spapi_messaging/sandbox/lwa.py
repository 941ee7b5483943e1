"""Login with Amazon: the token endpoint, and the access tokens that it issued."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from urllib.parse import parse_qs

from spapi_messaging.credentials import ENVIRONMENT
from spapi_messaging.local_sandbox import LOCAL_CREDENTIALS, REFRESH_TOKEN_PREFIX
from spapi_messaging.sandbox.answers import JSON, Answer, json_answer
from spapi_messaging.sandbox.call import json_object
from spapi_messaging.sandbox.checks import A_YEAR, check_number
from spapi_messaging.sandbox.requests import media_type

LIFETIME_SECONDS = 3600.0
FORM = "application/x-www-form-urlencoded"
REQUIRED = ("grant_type", "refresh_token", "client_id", "client_secret")
ERROR_STATUS = {"invalid_client": 401, "server_error": 500, "temporarily_unavailable": 503}
"""The status of an LWA error, where it is not 400."""
ERRORS = {
    "access_denied",
    "invalid_client",
    "invalid_grant",
    "invalid_request",
    "invalid_scope",
    "server_error",
    "temporarily_unavailable",
    "unauthorized_client",
    "unsupported_grant_type",
}


def lwa_error(error: str, description: str) -> Answer:
    """An error document of LWA."""
    content = {"error": error, "error_description": description}
    return json_answer(ERROR_STATUS.get(error, 400), content, headers={"cache-control": "no-store"})


def accepted(address: str) -> str:
    """Says what would be right. None of it is a secret, but another client may hide it: then it is found elsewhere.

    Args:
        address: The address of the sandbox, where its page shows the values.
    """
    values = ", ".join(f"{name}={LOCAL_CREDENTIALS[field]}" for field, name in ENVIRONMENT.items())
    *others, last = ENVIRONMENT.values()
    return (
        f" The sandbox accepts what its page {address} and the documentation of spapi-messaging show"
        f" for {', '.join(others)} and {last}: {values}."
        " A hyphen and a name at the end of the refresh token mean another seller."
    )


def too_large() -> Answer:
    """413: the body is larger than the sandbox reads."""
    return replace(lwa_error("invalid_request", "The body is too large."), status=413)


def _fields(form: str, body: bytes) -> dict[str, str] | None:
    """The fields of a token request. None: the body is neither a form nor a JSON object.

    Args:
        form: The media type of the body.
        body: The body.
    """
    if form == FORM:
        return {name: values[-1] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}
    document = json_object(body) if form == JSON else None
    return document and {name: value for name, value in document.items() if isinstance(value, str)}


def _refusal(form: dict[str, str]) -> tuple[str, str] | None:
    """The error of LWA for a token request, and its reason. None: the request is right."""
    for name in REQUIRED:
        if not form.get(name):
            return "invalid_request", f"The parameter {name} is missing."
    if form["grant_type"] != "refresh_token":
        return "unsupported_grant_type", "The grant type must be refresh_token."
    if any(form[name] != LOCAL_CREDENTIALS[name] for name in ("client_id", "client_secret")):
        return "invalid_client", "The client id or the client secret is wrong."
    if not form["refresh_token"].startswith(REFRESH_TOKEN_PREFIX):
        return "invalid_grant", "The refresh token does not belong to this application."
    return None


@dataclass
class _Token:
    seller: str
    expires_at: float


class Tokens:
    """Issues access tokens and remembers them.

    Args:
        now: Returns the current time, in seconds.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._tokens: dict[str, _Token] = {}
        self._lifetime = LIFETIME_SECONDS

    @property
    def lifetime(self) -> float:
        """How many seconds a new token is valid; from one second to a year."""
        return self._lifetime

    @lifetime.setter
    def lifetime(self, seconds: float) -> None:
        check_number("lifetime", seconds, 1, A_YEAR)
        self._lifetime = seconds

    def answer(self, content_type: str, body: bytes, address: str) -> Answer:
        """Answers a token request.

        Args:
            content_type: The request's `Content-Type`.
            body: Its body, a form or JSON.
            address: The address of the sandbox, for the text of a refusal.
        """
        fields = _fields(media_type(content_type), body)
        if fields is None:
            return lwa_error("invalid_request", f"The body must be {FORM} or {JSON}.{accepted(address)}")
        refusal = _refusal(fields)
        if refusal:
            error, reason = refusal
            return lwa_error(error, reason + accepted(address))
        return self._grant(fields["refresh_token"])

    def _grant(self, refresh_token: str) -> Answer:
        access_token = f"Atza|{secrets.token_urlsafe(48)}"
        seller = refresh_token.removeprefix(REFRESH_TOKEN_PREFIX).partition("-")[2]
        self._tokens[access_token] = _Token(seller, self._now() + self.lifetime)
        content = {
            "access_token": access_token,
            "token_type": "bearer",
            "expires_in": int(self.lifetime),
            "refresh_token": refresh_token,
        }
        return json_answer(200, content, headers={"cache-control": "no-store"})

    def seller(self, access_token: str) -> str | None:
        """The seller of an access token. None: the token was revoked, or the sandbox did not issue it."""
        token = self._tokens.get(access_token)
        return token.seller if token else None

    def expired(self, access_token: str) -> bool:
        """Whether a token of this sandbox has expired."""
        return self._tokens[access_token].expires_at <= self._now()

    def expire(self, access_token: str | None = None) -> None:
        """Makes one token expire now, or all of them.

        Raises:
            ValueError: The token was revoked, or the sandbox did not issue it.
        """
        for value in self._named(access_token):
            self._tokens[value].expires_at = self._now()

    def revoke(self, access_token: str | None = None) -> None:
        """Revokes one token, or all of them.

        Raises:
            ValueError: The token was revoked before, or the sandbox did not issue it.
        """
        for value in self._named(access_token):
            del self._tokens[value]

    def _named(self, access_token: str | None) -> list[str]:
        if access_token is None:
            return list(self._tokens)
        if access_token not in self._tokens:
            raise ValueError("the sandbox does not know this access token")
        return [access_token]
