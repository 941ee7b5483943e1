"""Login with Amazon: the token request, its answer and a token's lifetime. Does no I/O and reads no clock."""

from __future__ import annotations

import json
import math
from typing import NamedTuple
from urllib.parse import urlencode

from spapi_messaging._redaction import redact
from spapi_messaging.credentials import Credentials
from spapi_messaging.errors import AuthorizationError, NetworkError

DEFAULT_ENDPOINT = "https://api.amazon.com/auth/o2/token"
DEFAULT_LIFETIME = 3600.0

_LONGEST_MARGIN = 60.0
_RETRYABLE = frozenset({"server_error", "temporarily_unavailable"})
_REMEDIES = {
    "invalid_client": "Check client_id and client_secret; a client secret expires 180 days after it was made.",
    "invalid_grant": "The refresh token is wrong, revoked, or belongs to another application: authorise it anew.",
    "unauthorized_client": "The application may not use refresh tokens: check it in the developer console.",
    "access_denied": "The seller has withdrawn the authorisation: ask for it anew.",
}


class AccessToken(NamedTuple):
    """An access token and, on the clock that measured it, when to renew it and when it ends."""

    value: str
    renew_at: float
    expires_at: float

    def __repr__(self) -> str:
        return f"AccessToken([hidden], renew_at={self.renew_at}, expires_at={self.expires_at})"


class Retryable(Exception):
    """LWA is in trouble; asking again may help. Carries the error to raise when it does not."""

    def __init__(self, error: AuthorizationError) -> None:
        super().__init__(str(error))
        self.error = error


def token_request_body(credentials: Credentials) -> bytes:
    """The form to POST."""
    form = {
        "grant_type": "refresh_token",
        "refresh_token": credentials.refresh_token,
        "client_id": credentials.client_id,
        "client_secret": credentials.client_secret,
    }
    return urlencode(form).encode()


def read_token(status: int, content: bytes, asked_at: float, credentials: Credentials) -> AccessToken:
    """The token in LWA's answer.

    Args:
        status: the HTTP status.
        content: the body.
        asked_at: when the request went out; the lifetime counts from then, which is on the safe side.
        credentials: the secrets that an error must not show.

    Raises:
        AuthorizationError: when LWA refuses for good.
        Retryable: when it may answer another time.
        NetworkError: when the answer is a redirect.
    """
    if 300 <= status < 400:
        raise NetworkError(
            f"Login with Amazon redirected ({status}), which it never does; it was not followed and nothing was sent. "
            "Check lwa_endpoint and the proxy."
        )
    try:
        answer = json.loads(content)
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict):
        answer = {}
    token = answer.get("access_token")
    if 200 <= status < 300 and isinstance(token, str) and token and token.isascii() and token.isprintable():
        return _lived(token, answer.get("expires_in"), asked_at)
    error = _refusal(status, answer, credentials)
    if status >= 500 or status == 429 or error.error in _RETRYABLE:
        raise Retryable(error)
    raise error


def _lived(token: str, expires_in: object, asked_at: float) -> AccessToken:
    try:
        lifetime = float(expires_in)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        lifetime = DEFAULT_LIFETIME
    if not math.isfinite(lifetime) or lifetime < 0:
        lifetime = DEFAULT_LIFETIME
    # A tenth of a short lifetime, so that a token of ten seconds is used for nine and not renewed for every call.
    margin = min(_LONGEST_MARGIN, lifetime / 10)
    return AccessToken(token, asked_at + lifetime - margin, asked_at + lifetime)


def _refusal(status: int, answer: dict[str, object], credentials: Credentials) -> AuthorizationError:
    private = (credentials.client_secret, credentials.refresh_token)
    code = answer.get("error")
    error = redact(code, private) if isinstance(code, str) else None
    told = answer.get("error_description")
    description = redact(told, private) if isinstance(told, str) else None
    said = ": ".join(filter(None, (error, description))) or "an answer that is no token"
    remedy = _REMEDIES.get(error or "", "Check the credentials and the LWA endpoint.")
    return AuthorizationError(
        f"Login with Amazon answered {status} ({said}). No token, so nothing was sent. {remedy}",
        error=error,
        description=description,
    )
