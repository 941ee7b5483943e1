"""The variables that point any client at a local sandbox, as a shell reads them."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping

from spapi_messaging.local_sandbox import LOCAL_CREDENTIALS

RENDERERS: dict[str, Callable[[str, str], str]] = {
    "posix": lambda name, value: "export {}='{}'".format(name, value.replace("'", r"'\''")),
    "powershell": lambda name, value: "$env:{} = '{}'".format(name, value.replace("'", "''")),
    "cmd": lambda name, value: f'set "{name}={value}"',
}
"""One line for each shell, in which no character of the value means anything to the shell."""

DEFAULT_SHELL = "powershell" if os.name == "nt" else "posix"


def variables(url: str, lwa_endpoint: str) -> dict[str, str]:
    """The environment in which any client talks to the sandbox at this URL."""
    return {
        "SP_API_REFRESH_TOKEN": LOCAL_CREDENTIALS["refresh_token"],
        "LWA_APP_ID": LOCAL_CREDENTIALS["client_id"],
        "LWA_CLIENT_SECRET": LOCAL_CREDENTIALS["client_secret"],
        "SP_API_DEFAULT_MARKETPLACE": "DE",
        "SP_API_ENDPOINT": url,
        "LWA_ENDPOINT": lwa_endpoint,
    }


def lines(environment: Mapping[str, str], shell: str) -> list[str]:
    """The commands of a shell that set these variables."""
    return [RENDERERS[shell](name, value) for name, value in environment.items()]
