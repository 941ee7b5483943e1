"""Credentials in variables of the environment, an account's own ones included."""

from __future__ import annotations

import os
from collections.abc import Mapping

from spapi_messaging.errors import quoted

#: The names that sellers already use for other clients, by field.
ENVIRONMENT = {
    "refresh_token": "SP_API_REFRESH_TOKEN",
    "client_id": "LWA_APP_ID",
    "client_secret": "LWA_CLIENT_SECRET",
}
APPLICATION = ("client_id", "client_secret")
VARIABLES = ", ".join(ENVIRONMENT.values())


def is_set(account: str | None = None) -> bool:
    """Whether a variable holds a part of credentials: for an account, a variable that ends with its name."""
    return any(value_of(f"{name}_{account}" if account else name) for name in ENVIRONMENT.values())


def read(account: str | None = None, refresh_token: str | None = None) -> Mapping[str, str] | str:
    """What the variables hold, by field. An account's own variables come first, then those without a name.

    Args:
        account: such as ``shop``, for ``SP_API_REFRESH_TOKEN_shop``. Its refresh token must be its own: that of another
            account would send for another seller.
        refresh_token: used instead of the environment's.
    """
    found = {field: _first(name, account) for field, name in ENVIRONMENT.items()}
    if account is not None and account != "default":
        found["refresh_token"] = value_of(f"{ENVIRONMENT['refresh_token']}_{account}")
    if refresh_token is not None:
        found["refresh_token"] = refresh_token
    if missing := [name for name in APPLICATION if not found[name]]:
        there = " and ".join(ENVIRONMENT[field] for field, value in found.items() if value and field not in missing)
        known = f" ({there} {'are' if ' and ' in there else 'is'} set there)" if there and refresh_token is None else ""
        names = " and ".join(ENVIRONMENT[field] for field in missing)
        own = f", or with _{account} at the end of the name" if account and quoted(account) == repr(account) else ""
        return f"Set {names} in the environment{own}{known}."
    return found


def _first(name: str, account: str | None) -> str:
    return (account and value_of(f"{name}_{account}")) or value_of(name)


def value_of(variable: str) -> str:
    """What a variable holds, without the quotes that some tools leave around it."""
    return os.environ.get(variable, "").strip().strip("\"'").strip()
