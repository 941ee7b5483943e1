"""What the environment says about a client. It is read as a whole or not at all."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from spapi_messaging._call.endpoints import checked_url, is_amazon, is_amazons_host, is_static_sandbox
from spapi_messaging._credentials.environment import ENVIRONMENT, value_of
from spapi_messaging.credentials import Credentials, find_credentials
from spapi_messaging.errors import ConfigurationError
from spapi_messaging.local_sandbox import (
    LOCAL_CREDENTIALS,
    LOCAL_URL,
    LWA_PATH,
    REFRESH_TOKEN_PREFIX,
    is_asked_for,
    is_loopback,
    is_of_local_sandbox,
    local_credentials,
)
from spapi_messaging.marketplaces import Marketplace

_VARIABLES = {
    "marketplace": "SP_API_DEFAULT_MARKETPLACE",
    "endpoint": "SP_API_ENDPOINT",
    "lwa_endpoint": "LWA_ENDPOINT",
}
_FLAG = "SP_API_SANDBOX"
_FLAGS = {
    **dict.fromkeys(("1", "true", "yes", "on", "local"), True),
    **dict.fromkeys(("0", "false", "no", "off"), False),
}
_OTHER_CLIENTS_FLAG = "AWS_ENV"  # python-amazon-sp-api obeys it: SANDBOX or PRODUCTION
_NEARLY_SANDBOX = re.compile("(?:^|[^a-z])(?:san[db]|sbx)", re.IGNORECASE)  # whatever "SANBOX" means: not production


def completed(arguments: Mapping[str, Any], profile: str | None = None) -> dict[str, Any]:
    """A client's arguments, and what the environment says in place of those that are None.

    Args:
        arguments: the arguments that were given.
        profile: the account whose credentials to use.

    Raises:
        ConfigurationError: the environment contradicts itself, or there are no credentials.
    """
    explicit = {name: value for name, value in arguments.items() if value is not None}
    sandbox = None if "sandbox" in explicit else _sandbox()
    if sandbox and is_asked_for():
        return _of_local_environment(explicit, profile)
    found: dict[str, Any] = {name: value for name, variable in _VARIABLES.items() if (value := value_of(variable))}
    if explicit.get("sandbox"):
        found.pop("endpoint", None)  # a production URL that was left over must not get what is meant for the sandbox
    # An endpoint that was given replaces a "no" of the environment. A "yes" is never overlooked.
    if sandbox or "endpoint" not in explicit:
        found["sandbox"] = sandbox
    for name in found.keys() & {"endpoint", "lwa_endpoint"} - explicit.keys():
        checked_url(_VARIABLES[name], found[name], allow_http=explicit.get("allow_http") is True)
    if sandbox:
        _refuse_production(explicit.get("endpoint"), found.get("endpoint"))
    if "marketplace" in found and "marketplace" not in explicit:
        _check_marketplace(found["marketplace"])
    if "credentials" not in explicit and (profile is not None or "token_provider" not in explicit):
        found["credentials"] = find_credentials(profile)
    return {**found, **explicit}


def for_local_sandbox(
    arguments: Mapping[str, Any], name: str = "endpoint", seller: Credentials | None = None
) -> dict[str, Any]:
    """A client's arguments, and the local sandbox in place of those that were not given.

    Args:
        arguments: the arguments that were given.
        name: what the user calls the endpoint: an argument, or a variable.
        seller: credentials that the local sandbox accepts, instead of its usual ones.

    Raises:
        ConfigurationError: the endpoint is Amazon's.
    """
    explicit = {name: value for name, value in arguments.items() if value is not None}
    endpoint = explicit.get("endpoint") or _local_endpoint()
    if is_amazons_host(str(checked_url(name, endpoint, allow_http=True))):
        raise ConfigurationError(
            f"This client is for the local sandbox, and {name} is Amazon's. Leave the endpoint out, or make a client "
            f"of another kind: if {_FLAG} asks for the local sandbox, unset it, or pass sandbox=True or sandbox=False."
        )
    found: dict[str, Any] = {
        "marketplace": "DE",
        "endpoint": endpoint,
        "lwa_endpoint": f"{str(endpoint).rstrip('/')}{LWA_PATH}",
    }
    if "token_provider" not in explicit:
        credentials = explicit.get("credentials") or seller or Credentials(**LOCAL_CREDENTIALS)
        found["credentials"] = credentials
        # The sandbox may run in a container. No secret of Amazon's goes there in clear, whatever the environment says.
        found["allow_http"] = is_of_local_sandbox(credentials)
    return {**found, **explicit}


def _local_endpoint() -> str:
    """Where the local sandbox is: an endpoint of this machine in the environment, or the usual port."""
    try:
        url = checked_url(_VARIABLES["endpoint"], value_of(_VARIABLES["endpoint"]))
    except ConfigurationError:
        return LOCAL_URL
    return str(url) if is_loopback(url.host) else LOCAL_URL


def _of_local_environment(explicit: Mapping[str, Any], profile: str | None) -> dict[str, Any]:
    """What SP_API_SANDBOX=local means: the other variables say where, and for which seller and marketplace."""
    given = {name: value for name in ("endpoint", "marketplace") if (value := value_of(_VARIABLES[name]))}
    if "marketplace" in given and "marketplace" not in explicit:
        _check_marketplace(given["marketplace"])
    seller = Credentials(**local_credentials(profile or ""))
    if profile is None and value_of(ENVIRONMENT["refresh_token"]).startswith(REFRESH_TOKEN_PREFIX):
        seller = seller.for_seller(value_of(ENVIRONMENT["refresh_token"]))
    name = "endpoint" if "endpoint" in explicit else _VARIABLES["endpoint"]
    return for_local_sandbox({**given, **explicit}, name, seller)


def sandbox_variable() -> str | None:
    """The variable with which the environment asks for a sandbox. None: it does not."""
    if not _sandbox():
        return None
    return _FLAG if value_of(_FLAG) else _OTHER_CLIENTS_FLAG


def _refuse_production(given: Any, of_environment: str | None) -> None:
    endpoint, name = (given, "endpoint") if given else (of_environment, _VARIABLES["endpoint"])
    base = str(checked_url(name, endpoint, allow_http=True)) if endpoint else ""
    if is_amazon(base) and not is_static_sandbox(base):
        raise ConfigurationError(
            f"A sandbox was asked for, by {sandbox_variable()} in the environment, but {name} {base} is production: "
            "messages would reach real buyers. Unset one of them, or pass sandbox=False."
        )


def _check_marketplace(name: str) -> None:
    try:
        Marketplace.parse(name)
    except ConfigurationError as unknown:
        raise ConfigurationError(
            f"{_VARIABLES['marketplace']} in the environment: {unknown}", argument="marketplace"
        ) from None


def _sandbox() -> bool | None:
    """Whether the environment asks for a sandbox. None: it does not say."""
    flag, other = value_of(_FLAG).lower(), bool(_NEARLY_SANDBOX.search(value_of(_OTHER_CLIENTS_FLAG)))
    if not flag:
        return other or None
    if flag not in _FLAGS:
        raise ConfigurationError(f"{_FLAG} must be 1, 0 or local, or not set at all.")
    if other and not _FLAGS[flag]:
        raise ConfigurationError(
            f"{_OTHER_CLIENTS_FLAG} asks for a sandbox, and {_FLAG} says no: unset one of them in the environment."
        )
    return _FLAGS[flag]
