"""The environment variables that point a client at a sandbox, in any language, and how shells write them."""

from __future__ import annotations

from collections.abc import Mapping

from spapi_messaging.local_sandbox import LOCAL_CREDENTIALS, LWA_PATH
from spapi_messaging.marketplaces import Marketplace

CREDENTIAL_VARIABLES = {
    "refresh_token": "SP_API_REFRESH_TOKEN",
    "client_id": "LWA_APP_ID",
    "client_secret": "LWA_CLIENT_SECRET",
}
"""The variable of each field of the credentials."""


def variables(url: str, marketplace: str = "DE", credentials: Mapping[str, str] = LOCAL_CREDENTIALS) -> dict[str, str]:
    """The variables that point a client at a sandbox.

    Args:
        url: The sandbox's URL.
        marketplace: The marketplace of the orders: "DE", or "A1PA6795UKMFR9".
        credentials: `client_id`, `client_secret` and `refresh_token`; by default those that every sandbox accepts.

    Raises:
        ConfigurationError: The marketplace is unknown.
    """
    return {
        **{name: credentials[field] for field, name in CREDENTIAL_VARIABLES.items()},
        "SP_API_DEFAULT_MARKETPLACE": Marketplace.parse(marketplace).name,
        "SP_API_ENDPOINT": url,
        "LWA_ENDPOINT": url + LWA_PATH,
    }


def posix(values: Mapping[str, str]) -> str:
    """The lines that set variables in sh, bash or zsh."""
    return "".join(f"export {name}={_quoted_for_posix(value)}\n" for name, value in values.items())


def powershell(values: Mapping[str, str]) -> str:
    """The lines that set variables in PowerShell."""
    return "".join(f"$env:{name} = {_quoted_for_powershell(value)}\n" for name, value in values.items())


def _quoted_for_posix(value: str) -> str:
    # Between single quotes only the quote itself means something: end it, write one, begin again.
    return "'" + value.replace("'", "'\\''") + "'"


def _quoted_for_powershell(value: str) -> str:
    # PowerShell takes the typographic single quotes for quotes as well. Two stand for one.
    return "'" + "".join(character * 2 if character in "'‘’‚‛" else character for character in value) + "'"
