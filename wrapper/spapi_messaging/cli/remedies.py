"""What the command line says in place of errors that speak to those who write Python."""

from __future__ import annotations

import os

from spapi_messaging.credentials import ENVIRONMENT, can_be_exported, find_source
from spapi_messaging.errors import ApiError, ConfigurationError, MessageNotAvailableError

ELSEWHERE = ("SP_API_AWS_SECRET_ID",)
"""Where else the usual credentials may be."""


def own_message(error: Exception, profile: str | None) -> str | None:
    """What to say instead of an error's message. None: it fits."""
    if isinstance(error, ConfigurationError) and error.argument == "credentials":
        if error.operation is not None:  # they were enough for a client, and not for a call
            return no_seller(profile)
        return no_credentials() if profile is None and not any_credentials() else None
    if isinstance(error, MessageNotAvailableError) and not error.problems:  # which tell more
        return answered(error, "The order does not allow this message in its present state.")
    if isinstance(error, ApiError) and error.status_code == 407:
        return answered(error, "A proxy on the way wants a user name and a password: write them into HTTPS_PROXY.")
    return None


def any_credentials() -> bool:
    """Whether there is a part of the usual credentials in any of their places, or a file that cannot be read."""
    return any(os.environ.get(name) for name in (*ENVIRONMENT.values(), *ELSEWHERE)) or bool(find_source().place)


def no_credentials() -> str:
    """What to do if no place has credentials."""
    return (
        f"No credentials. Set {', '.join(ENVIRONMENT.values())} in the environment, or write an account 'default' into "
        "credentials.yml, in the folder python-sp-api of your configuration (~/.config)."
    )


def no_seller(profile: str | None) -> str:
    """There are an application's credentials, and no refresh token."""
    lacks = "The credentials lack a refresh token, which says for which seller they are. Nothing was sent."
    own = f"_{profile}" if profile and profile != "default" else ""
    if own and not can_be_exported(profile):
        return f"{lacks} Add refresh_token to the account in credentials.yml."
    return (
        f"{lacks} Set {ENVIRONMENT['refresh_token']}{own} in the environment, or add refresh_token to the account in "
        "credentials.yml."
    )


def answered(error: ApiError, remedy: str) -> str:
    """What Amazon, or a proxy, answered to a call, and a remedy."""
    said = ": ".join(part for part in (error.code, error.message, error.details) if part)
    asked = f"{error.operation} for order {error.amazon_order_id}" if error.amazon_order_id else str(error.operation)
    request = f" Request id {error.request_id}." if error.request_id else ""
    return (
        f"The answer to {asked} was {error.status_code}{f' ({said})' if said else ''}. Nothing was sent. "
        f"{remedy}{request}"
    )
