"""Login with Amazon: the token endpoint, and the access tokens that it gave out."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import parse_qs

from spapi_messaging.sandbox.answers import Answer, json_answer
from spapi_messaging.sandbox.local import LOCAL_CREDENTIALS, REFRESH_TOKEN_PREFIX

LIFETIME = 3600.0
FORM = "application/x-www-form-urlencoded"
REQUIRED = ("grant_type", "refresh_token", "client_id", "client_secret")
STATUS = {"invalid_client": 401, "server_error": 500, "temporarily_unavailable": 503}
"""Of LWA's errors; the others are 400."""
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
    """An error as LWA words it."""
    content = {"error": error, "error_description": description}
    return json_answer(STATUS.get(error, 400), content, headers={"cache-control": "no-store"})


@dataclass
class _Token:
    seller: str
    expires_at: float


class Tokens:
    """Gives out access tokens and remembers them.

    Args:
        now: The clock, in seconds.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._tokens: dict[str, _Token] = {}
        self.lifetime = LIFETIME

    def answer(self, content_type: str, body: bytes) -> Answer:
        """Answers a token request.

        Args:
            content_type: The request's `Content-Type`.
            body: Its form.
        """
        if content_type.partition(";")[0].strip().lower() != FORM:
            return lwa_error("invalid_request", f"The body must be {FORM}.")
        form = {name: values[-1] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}
        return self._refusal(form) or self._grant(form["refresh_token"])

    def _refusal(self, form: dict[str, str]) -> Answer | None:
        for name in REQUIRED:
            if not form.get(name):
                return lwa_error("invalid_request", f"The parameter {name} is missing.")
        if form["grant_type"] != "refresh_token":
            return lwa_error("unsupported_grant_type", "Only refresh_token is served here.")
        if any(form[name] != LOCAL_CREDENTIALS[name] for name in ("client_id", "client_secret")):
            return lwa_error("invalid_client", "Client id and secret do not belong together.")
        if not form["refresh_token"].startswith(REFRESH_TOKEN_PREFIX):
            return lwa_error("invalid_grant", "The refresh token is not one of this application's.")
        return None

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
        """Whose token this is; None when it was not given out here, or was revoked."""
        token = self._tokens.get(access_token)
        return token.seller if token else None

    def expired(self, access_token: str) -> bool:
        """Whether a token that was given out here is too old."""
        return self._tokens[access_token].expires_at <= self._now()

    def expire(self, access_token: str | None = None) -> None:
        """Makes one token, or all, too old from now on."""
        for value, token in self._tokens.items():
            if access_token in (None, value):
                token.expires_at = self._now()

    def revoke(self, access_token: str | None = None) -> None:
        """Forgets one token, or all."""
        if access_token is None:
            self._tokens.clear()
        else:
            self._tokens.pop(access_token, None)
