"""The environment variables that point a client at a sandbox, in any language, and how shells write them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from spapi_messaging.credentials import ENVIRONMENT
from spapi_messaging.local_sandbox import LOCAL_CREDENTIALS, LWA_PATH
from spapi_messaging.marketplaces import Marketplace


def variables(url: str, marketplace: str = "DE", credentials: Mapping[str, str] = LOCAL_CREDENTIALS) -> dict[str, str]:
    """The variables that point a client at a sandbox.

    `SP_API_SANDBOX` is for the clients of this package: they take http:// on any machine then, and none of them writes
    to production by mistake. Other clients pass it over.

    Args:
        url: The sandbox's URL.
        marketplace: The marketplace of the orders: "DE", or "A1PA6795UKMFR9".
        credentials: `client_id`, `client_secret` and `refresh_token`; by default those that every sandbox accepts.

    Raises:
        ConfigurationError: The marketplace is unknown.
    """
    return {
        **{name: credentials[field] for field, name in ENVIRONMENT.items()},
        "SP_API_DEFAULT_MARKETPLACE": Marketplace.parse(marketplace).name,
        "SP_API_ENDPOINT": url,
        "LWA_ENDPOINT": url + LWA_PATH,
        "SP_API_SANDBOX": "local",
    }


def posix(values: Mapping[str, str]) -> str:
    """The lines that set variables in sh, bash or zsh."""
    # Between single quotes only the quote itself means something: end it, write one, begin again.
    return _lines(values, lambda value: value.replace("'", "'\\''"), "export {}='{}'")


def powershell(values: Mapping[str, str]) -> str:
    """The lines that set variables in PowerShell."""
    # It takes the typographic single quotes for quotes as well. Two stand for one.
    return _lines(values, lambda value: re.sub("(['‘’‚‛])", r"\1\1", value), "$env:{} = '{}'")


def cmd(values: Mapping[str, str]) -> str:
    """The lines that set variables in cmd.exe."""
    return _lines(values, lambda value: value, 'set "{}={}"')


SHELLS = {"posix": posix, "powershell": powershell, "cmd": cmd}
"""How each shell writes variables."""


def _lines(values: Mapping[str, str], quoted: Callable[[str], str], line: str) -> str:
    return "".join(f"{line.format(name, quoted(value))}\n" for name, value in values.items())
