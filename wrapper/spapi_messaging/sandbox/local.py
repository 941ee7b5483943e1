"""Where the local sandbox listens and what it accepts.

Imports the standard library only, so that a command line can read it cheaply.
"""

from __future__ import annotations

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 8765
LOCAL_URL = f"http://{DEFAULT_HOST}:{DEFAULT_PORT}"
LWA_PATH = "/auth/o2/token"
LOCAL_LWA_ENDPOINT = f"{LOCAL_URL}{LWA_PATH}"

REFRESH_TOKEN_PREFIX = "Atzr|local-sandbox"
"""Every refresh token that begins like this is accepted; what follows a "-" names another seller."""

LOCAL_CREDENTIALS = {
    "client_id": "amzn1.application-oa2-client.local-sandbox",
    "client_secret": "local-sandbox-secret",
    "refresh_token": REFRESH_TOKEN_PREFIX,
}
"""Keyword arguments of `spapi_messaging.Credentials`; well known, and worth nothing outside the local sandbox."""
