"""Login with Amazon: the token request, its answer and a token's lifetime. Does no I/O and reads no clock."""

from __future__ import annotations

import contextlib
import json
import math
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from spapi_messaging._call.outcome import Failure, FailureKind
from spapi_messaging._call.secrets import redact
from spapi_messaging.credentials import Credentials, is_one_word
from spapi_messaging.errors import AuthorizationError, NetworkError
from spapi_messaging.local_sandbox import REFRESH_TOKEN_PREFIX

DEFAULT_ENDPOINT = "https://api.amazon.com/auth/o2/token"

_DEFAULT_LIFETIME_SECONDS = 3600.0
_MAX_LIFETIME_SECONDS = 24 * 3600.0  # LWA's tokens last an hour: a longer time is a mistake
_MAX_MARGIN_SECONDS = 60.0
_RETRYABLE = frozenset({"server_error", "temporarily_unavailable"})
_REMEDIES = {
    "invalid_client": "Check client_id and client_secret; a client secret expires 180 days after it was made.",
    "invalid_grant": "The refresh token is wrong, revoked, or belongs to another application: authorise it anew.",
    "unauthorized_client": "The application may not use refresh tokens: check it in the developer console.",
    "access_denied": "The seller has withdrawn the authorisation: ask for it anew.",
}

# A sandbox on this machine knows no real seller, so there is nobody to authorise anything.
_IN_SANDBOX = (
    f"That was a server on this machine. The local sandbox takes the refresh tokens {REFRESH_TOKEN_PREFIX} and "
    f"{REFRESH_TOKEN_PREFIX}-NAME, with a NAME for each seller, and no real ones."
)


@dataclass(frozen=True, slots=True)
class AccessToken:
    """An access token, and when to renew it, on the clock that measured it. The repr does not show the token.

    It is not a tuple: tools that collect errors show what is in those, whatever their repr says.
    """

    value: str = field(repr=False)
    renew_at: float = math.inf


def token_request_body(credentials: Credentials) -> bytes:
    """The form to POST."""
    form = {
        "grant_type": "refresh_token",
        "refresh_token": credentials.refresh_token,
        "client_id": credentials.client_id,
        "client_secret": credentials.client_secret,
    }
    return urlencode(form).encode()


def secrets_of(credentials: Credentials | None) -> tuple[str, ...]:
    """What an error must not show of credentials."""
    return () if credentials is None else (credentials.client_secret, credentials.refresh_token)


def token_in(value: object) -> str | None:
    """The access token that somebody gave, without white space around it. None: this cannot be one."""
    token = value.strip() if isinstance(value, str) else ""
    return token if token and is_one_word(token) else None


def read_token(
    status: int, content: bytes, asked_at: float, credentials: Credentials, *, is_sandbox: bool = False
) -> AccessToken | Failure:
    """The token in LWA's answer, or what is wrong. That is returned, not raised: the frame here holds secrets."""
    if 300 <= status < 400:
        redirected = NetworkError(
            f"Login with Amazon redirected ({status}), which it never does; it was not followed and nothing was sent. "
            "Check lwa_endpoint and the proxy.",
            retryable=False,
        )
        return Failure(FailureKind.FINAL, redirected)
    seen = "an answer without a token"
    try:
        answer = json.loads(content)
    except (ValueError, RecursionError):
        answer, seen = None, "an answer that cannot be read"  # the page of a proxy, say
    if not isinstance(answer, dict):
        answer = {}
    token = token_in(answer.get("access_token"))
    if 200 <= status < 300 and token is not None:
        # Counted from the request, to be on the safe side. A token of ten seconds is used for nine.
        lifetime = _lifetime(answer.get("expires_in"))
        return AccessToken(token, asked_at + lifetime - min(_MAX_MARGIN_SECONDS, lifetime / 10))
    told = (answer.get(name) for name in ("error", "error_description"))
    error, description = (redact(each, secrets_of(credentials)) if isinstance(each, str) else None for each in told)
    said = ": ".join(filter(None, (error, description))) or seen
    refuses = 400 <= status < 500 and status != 429
    if error is None or error in _RETRYABLE or not refuses:
        trouble = (
            f"Something other than Login with Amazon answered {status} ({said}). No token, so nothing was sent. "
            "Check lwa_endpoint and the proxy."
            if error is None and refuses
            else f"Login with Amazon is in trouble: it answered {status} ({said}). No token, so nothing was sent. "
            "Try again later; if it stays, check the proxy and lwa_endpoint."
        )
        return Failure(FailureKind.UNKNOWN, NetworkError(trouble))
    remedy = _IN_SANDBOX if is_sandbox else _REMEDIES.get(error, "Check the credentials and the LWA endpoint.")
    refused = AuthorizationError(
        f"Login with Amazon answered {status} ({said}). No token, so nothing was sent. {remedy}",
        error=error,
        description=description,
    )
    return Failure(FailureKind.FINAL, refused)


def _lifetime(expires_in: Any) -> float:
    with contextlib.suppress(OverflowError, TypeError, ValueError):
        if 0 <= (lifetime := float(expires_in)) < math.inf:
            return min(lifetime, _MAX_LIFETIME_SECONDS)
    return _DEFAULT_LIFETIME_SECONDS
