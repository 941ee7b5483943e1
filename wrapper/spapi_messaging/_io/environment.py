"""What the environment says about a client. It is read as a whole or not at all."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Any

from spapi_messaging.credentials import Credentials, find_credentials
from spapi_messaging.errors import ConfigurationError

_VARIABLES = {
    "marketplace": "SP_API_DEFAULT_MARKETPLACE",
    "endpoint": "SP_API_ENDPOINT",
    "lwa_endpoint": "LWA_ENDPOINT",
}
_FLAG = "SP_API_SANDBOX"
_FLAGS = {
    **dict.fromkeys(("1", "true", "yes", "on"), True),
    **dict.fromkeys(("0", "false", "no", "off"), False),
}
_OTHER_CLIENTS_FLAG = "AWS_ENV"  # python-amazon-sp-api obeys it: SANDBOX or PRODUCTION
_NEARLY_SANDBOX = re.compile("(?:^|[^a-z])(?:san[db]|sbx)", re.IGNORECASE)  # whatever "SANBOX" means: not production


def completed(arguments: Mapping[str, Any], profile: str | None = None) -> dict[str, Any]:
    """A client's arguments, and what the environment says in place of those that are None.

    Args:
        arguments: the arguments that were given.
        profile: the account of ``credentials.yml`` whose credentials to use.

    Raises:
        ConfigurationError: the environment contradicts itself, or there are no credentials.
    """
    explicit = {name: value for name, value in arguments.items() if value is not None}
    found: dict[str, Any] = {name: value for name, variable in _VARIABLES.items() if (value := _value(variable))}
    sandbox = None if "sandbox" in explicit else _sandbox()
    if explicit.get("sandbox"):
        found.pop("endpoint", None)  # a production URL that was left over must not get what is meant for the sandbox
    # An endpoint that was given replaces a "no" of the environment. A "yes" is never overlooked.
    if sandbox or "endpoint" not in explicit:
        found["sandbox"] = sandbox
    if "credentials" not in explicit and (profile is not None or "token_provider" not in explicit):
        found["credentials"] = find_credentials() if profile is None else Credentials.from_profile(profile)
    return {**found, **explicit}


def sandbox_variable() -> str | None:
    """The variable with which the environment asks for a sandbox. None: it does not."""
    if not _sandbox():
        return None
    return _FLAG if _value(_FLAG) else _OTHER_CLIENTS_FLAG


def _sandbox() -> bool | None:
    """Whether the environment asks for a sandbox. None: it does not say."""
    flag, other = _value(_FLAG).lower(), bool(_NEARLY_SANDBOX.search(_value(_OTHER_CLIENTS_FLAG)))
    if not flag:
        return other or None
    if flag not in _FLAGS:
        raise ConfigurationError(f"{_FLAG} must be 1 or 0, or not set at all.")
    if other and not _FLAGS[flag]:
        raise ConfigurationError(
            f"{_OTHER_CLIENTS_FLAG} asks for a sandbox, and {_FLAG} says no: unset one of them in the environment."
        )
    return _FLAGS[flag]


def _value(variable: str) -> str:
    """What a variable holds, without the quotes that some tools leave around it."""
    return os.environ.get(variable, "").strip().strip("\"'").strip()
