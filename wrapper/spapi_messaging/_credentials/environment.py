"""Credentials in variables of the environment, an account's own ones included."""

from __future__ import annotations

import os
from collections.abc import Mapping

from spapi_messaging.errors import is_shown_as_it_is

#: The names that sellers already use for other clients, by field.
ENVIRONMENT = {
    "refresh_token": "SP_API_REFRESH_TOKEN",
    "client_id": "LWA_APP_ID",
    "client_secret": "LWA_CLIENT_SECRET",
}
APPLICATION = ("client_id", "client_secret")
VARIABLES = ", ".join(ENVIRONMENT.values())
#: Names a secret of AWS Secrets Manager that holds all of them.
SECRET_VARIABLE = "SP_API_AWS_SECRET_ID"


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
    names = names_of(account)
    own = [names[field] for field in APPLICATION if names[field] != ENVIRONMENT[field]]
    if len(own) == 1:
        (other,) = (f"{ENVIRONMENT[field]}_{account}" for field in APPLICATION if names[field] == ENVIRONMENT[field])
        return f"{own[0]} is set in the environment, and {other} is not: id and secret are those of one application."
    found = {field: value_of(name) for field, name in names.items()}
    if refresh_token is not None:
        found["refresh_token"] = refresh_token
    if missing := [ENVIRONMENT[field] for field in APPLICATION if not found[field]]:
        there = [
            names[field] for field, value in found.items() if value and (field in APPLICATION or not refresh_token)
        ]
        known = f" ({' and '.join(there)} {'are' if len(there) > 1 else 'is'} set there)" if there else ""
        suffix = f", or with _{account} at the end of the name" if can_be_exported(account) else ""
        return f"Set {' and '.join(missing)} in the environment{suffix}{known}."
    return found


def names_of(account: str | None = None) -> dict[str, str]:
    """The variables that are read, by field."""
    names = {field: _name_of(name, account) for field, name in ENVIRONMENT.items()}
    if account not in (None, "default"):
        names["refresh_token"] = f"{ENVIRONMENT['refresh_token']}_{account}"
    return names


def _name_of(name: str, account: str | None) -> str:
    """The account's own variable, if it is set, or else the one without a name."""
    return f"{name}_{account}" if account and value_of(f"{name}_{account}") else name


def can_be_exported(account: str | None) -> bool:
    """Whether a shell can export variables that end with the account's name, and an error may show the name."""
    return bool(account) and f"_{account}".isidentifier() and is_shown_as_it_is(str(account))


def value_of(variable: str) -> str:
    """What a variable holds, without the quotes that some tools leave around it."""
    return os.environ.get(variable, "").strip().strip("\"'").strip()
