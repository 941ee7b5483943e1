"""Where the local sandbox listens, which credentials it accepts, and which hosts are this machine. Needs no extra."""

from __future__ import annotations

import re
from contextlib import suppress

from spapi_messaging._credentials.environment import value_of
from spapi_messaging.errors import ConfigurationError

__all__ = [
    "DEFAULT_HOST",
    "DEFAULT_PORT",
    "LOCAL_CREDENTIALS",
    "LOCAL_LWA_ENDPOINT",
    "LOCAL_URL",
    "LWA_PATH",
    "REFRESH_TOKEN_PREFIX",
    "is_asked_for",
    "is_local",
    "is_loopback",
    "is_of_local_sandbox",
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

DOES_IT_RUN = "Does the local sandbox run?"
"""How the advice for a sandbox begins that gives no answer."""

_LOOPBACK = re.compile(r"127(?:\.\d{1,3}){3}")


def local_credentials(seller: str = "") -> dict[str, str]:
    """Those credentials, for another seller where a name is given.

    Raises:
        ConfigurationError: the name cannot be a part of a refresh token.
    """
    if not seller:
        return LOCAL_CREDENTIALS
    if not (seller.isascii() and seller.isprintable() and " " not in seller):
        raise ConfigurationError("In the local sandbox, the name of a seller is of ASCII characters without spaces.")
    return {**LOCAL_CREDENTIALS, "refresh_token": f"{REFRESH_TOKEN_PREFIX}-{seller}"}


def is_of_local_sandbox(credentials: object) -> bool:
    """Whether these credentials are for the local sandbox alone, all of their parts, and so no secret."""
    application = all(
        getattr(credentials, name, None) == LOCAL_CREDENTIALS[name] for name in ("client_id", "client_secret")
    )
    return application and str(getattr(credentials, "refresh_token", "")).startswith(REFRESH_TOKEN_PREFIX)


def how_to_reach(port: int | None = DEFAULT_PORT) -> str:
    """What to do if the local sandbox gives no answer at a port."""
    option = "" if port in (None, DEFAULT_PORT) else f" --port {port}"
    return (
        f"{DOES_IT_RUN} `spapi-messaging sandbox serve{option}` starts it. "
        "If it has another port, set SP_API_ENDPOINT to its address, such as http://127.0.0.1:9000."
    )


def is_asked_for() -> bool:
    """Whether the environment asks for the local sandbox: ``SP_API_SANDBOX=local``."""
    return value_of("SP_API_SANDBOX").lower() == "local"


def is_local(url: str) -> bool:
    """Whether a URL leads to this machine itself."""
    from urllib.parse import urlsplit  # of no use to a client of Amazon's

    with suppress(ValueError):
        return is_loopback(urlsplit(url).hostname or "")
    return False


def is_loopback(host: str) -> bool:
    """Whether a host is this machine itself."""
    return host in ("localhost", "::1") or host.endswith(".localhost") or bool(_LOOPBACK.fullmatch(host))
