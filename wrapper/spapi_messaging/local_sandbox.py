"""Where the local sandbox listens, and which credentials it accepts. Clients know it without the sandbox's extra."""

from __future__ import annotations

__all__ = [
    "DEFAULT_HOST",
    "DEFAULT_PORT",
    "LOCAL_CREDENTIALS",
    "LOCAL_LWA_ENDPOINT",
    "LOCAL_URL",
    "LWA_PATH",
    "REFRESH_TOKEN_PREFIX",
    "local_credentials",
]

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 8765
LOCAL_URL = f"http://{DEFAULT_HOST}:{DEFAULT_PORT}"
LWA_PATH = "/auth/o2/token"
LOCAL_LWA_ENDPOINT = f"{LOCAL_URL}{LWA_PATH}"

REFRESH_TOKEN_PREFIX = "Atzr|local-sandbox"
"""The sandbox accepts every refresh token that begins with this. A name after a "-" means another seller."""

LOCAL_CREDENTIALS = {
    "client_id": "amzn1.application-oa2-client.local-sandbox",
    "client_secret": "local-sandbox-secret",
    "refresh_token": REFRESH_TOKEN_PREFIX,
}
"""Keyword arguments of `spapi_messaging.Credentials`. They are not secret: only the local sandbox accepts them."""


def local_credentials(seller: str = "") -> dict[str, str]:
    """Those credentials, for another seller where a name is given."""
    return {**LOCAL_CREDENTIALS, "refresh_token": f"{REFRESH_TOKEN_PREFIX}-{seller}"} if seller else LOCAL_CREDENTIALS
